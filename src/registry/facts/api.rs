//! `/v1/residents/{id}/certificates` and `…/circumstances`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Belief, Certificate, CertificateState, NewCertificate, NewCircumstance};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::whole_page_of;
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Params, ReadErrors, Routes, WriteErrors, or_current,
};
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::kernel::impairment::{Component, ImpairmentType, SeverityLevel};
use crate::kernel::time::Timestamp;
use crate::registry::residents::api::{ResidentBody, current};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HistoryQuery {
    /// Only what the office believed at this instant; without it, everything it ever believed.
    known_at: Option<DateTime<Utc>>,
}

/// A certificate as it was or is believed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "number_masked": "990121********0010**", "impairment_type": "physical", "severity_level": 1,
    "components": [{"impairment_type": "physical", "severity_level": 1}],
    "issued_date": "2019-05-06", "expires_date": "2029-05-06", "state": "valid",
    "valid_from": "2019-05-06", "valid_to": null, "recorded_at": "2022-01-05T01:00:00.000000Z", "superseded_at": null
}))]
pub struct CertificateHistory {
    number_masked: String,
    impairment_type: ImpairmentType,
    severity_level: SeverityLevel,
    components: Vec<Component>,
    issued_date: NaiveDate,
    expires_date: NaiveDate,
    state: CertificateState,
    valid_from: NaiveDate,
    /// The first day it no longer holds.
    valid_to: Option<NaiveDate>,
    #[schema(value_type = DateTime<Utc>)]
    recorded_at: Timestamp,
    #[schema(value_type = Option<DateTime<Utc>>)]
    superseded_at: Option<Timestamp>,
}

impl From<Certificate> for CertificateHistory {
    fn from(certificate: Certificate) -> Self {
        Self {
            number_masked: certificate.number.masked(),
            impairment_type: certificate.impairment_type,
            severity_level: certificate.severity_level,
            components: certificate.components,
            issued_date: certificate.issued_date,
            expires_date: certificate.expires_date,
            state: certificate.state,
            valid_from: certificate.period.from,
            valid_to: certificate.period.to,
            recorded_at: certificate.recorded_at,
            superseded_at: certificate.superseded_at,
        }
    }
}

whole_page_of!(CertificatePage, CertificateHistory);

whole_page_of!(CircumstancePage, Belief);

/// A resident's certificates and what the office believed of them
#[utoipa::path(
    operation_id = "list_certificates", tag = "registry", params(("id" = uuid::Uuid, Path), HistoryQuery),
    extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "By the day from which each holds", body = CertificatePage), ReadErrors)
)]
#[get("/v1/residents/{id}/certificates")]
async fn list_certificates(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    Params(query): Params<HistoryQuery>,
) -> Result<web::Json<CertificatePage>> {
    let known_at = query.known_at.map(Timestamp::from);
    let all = store
        .look(permit.reach(), move |db| {
            service::certificates(db, &permit, *id, known_at)
        })
        .await?;
    Ok(web::Json(CertificatePage::whole(
        all.into_iter().map(Into::into).collect(),
    )))
}

/// Record a certificate: issued, reissued, frozen, cancelled
///
/// Supersedes what is believed from `valid_from` on.
#[utoipa::path(
    operation_id = "record_certificate", tag = "registry",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The resident's ETag"),
        IdempotencyKey),
    request_body = NewCertificate, extensions(("x-permit" = json!("resident.write"))),
    responses(
        (status = 201, description = "The resident as now known", body = ResidentBody,
            headers(("Location" = String, description = "The list of certificates"), ("ETag" = String, description = "The resident's version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/residents/{id}/certificates")]
async fn record_certificate(
    permit: Permit<acts::ResidentWrite>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    seen: IfMatch,
    new: Creation<NewCertificate>,
) -> Result<HttpResponse> {
    let (id, sent, reading) = (*id, new.sent(), permit.also());
    let origin = permit.origin().clone();
    let changed = new.once(&store, permit.reach(), &origin, move |tx, new| {
        let changed = service::certify(tx, &permit, id, seen, &new)?;
        let shown = ResidentBody::now(tx, changed.value())?;
        changed.try_map(|resident| {
            Answer::created(
                format!("/v1/residents/{id}/certificates"),
                resident.version,
                &shown,
            )
        })
    });
    or_current(changed.await, &sent, async || {
        let resident = current(&store, reading?, id).await?;
        Ok(resident.against(|shown| shown.get("certificate").cloned().unwrap_or_default()))
    })
    .await
}

/// A resident's circumstances and what the office believed of them
#[utoipa::path(
    operation_id = "list_circumstances", tag = "registry", params(("id" = uuid::Uuid, Path), HistoryQuery),
    extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "By kind, then by the day from which each holds", body = CircumstancePage), ReadErrors)
)]
#[get("/v1/residents/{id}/circumstances")]
async fn list_circumstances(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    Params(query): Params<HistoryQuery>,
) -> Result<web::Json<CircumstancePage>> {
    let known_at = query.known_at.map(Timestamp::from);
    let items = store
        .look(permit.reach(), move |db| {
            service::circumstances(db, &permit, *id, known_at)
        })
        .await?;
    Ok(web::Json(CircumstancePage::whole(items)))
}

/// Record a circumstance
///
/// Supersedes what is believed of its kind for the same days; earlier and later days keep theirs. A death
/// supersedes whichever was recorded before. `value: null` takes back what was recorded by mistake.
#[utoipa::path(
    operation_id = "record_circumstance", tag = "registry",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The resident's ETag"),
        IdempotencyKey),
    request_body = NewCircumstance, extensions(("x-permit" = json!("resident.write"))),
    responses(
        (status = 201, description = "The resident as now known", body = ResidentBody,
            headers(("Location" = String, description = "The list of circumstances"), ("ETag" = String, description = "The resident's version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/residents/{id}/circumstances")]
async fn record_circumstance(
    permit: Permit<acts::ResidentWrite>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    seen: IfMatch,
    new: Creation<NewCircumstance>,
) -> Result<HttpResponse> {
    let (id, sent, reading) = (*id, new.sent(), permit.also());
    let kind = new.kind;
    let origin = permit.origin().clone();
    let changed = new.once(&store, permit.reach(), &origin, move |tx, new| {
        let changed = service::state(tx, &permit, id, seen, &new)?;
        let shown = ResidentBody::now(tx, changed.value())?;
        changed.try_map(|resident| {
            Answer::created(
                format!("/v1/residents/{id}/circumstances"),
                resident.version,
                &shown,
            )
        })
    });
    or_current(changed.await, &sent, async || {
        let resident = current(&store, reading?, id).await?;
        Ok(resident.against(
            |shown| serde_json::json!({"value": shown.pointer(&format!("/circumstances/{kind}"))}),
        ))
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_certificates)
        .service(record_certificate)
        .service(list_circumstances)
        .service(record_circumstance);
}
