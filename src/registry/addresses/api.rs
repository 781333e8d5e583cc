//! `/v1/residents/{id}/addresses`.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{AddressKind, Located, NewAddress};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::whole_page_of;
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::kernel::time::Timestamp;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AddressQuery {
    /// Only what the office believed at this instant; without it, everything it ever believed.
    known_at: Option<DateTime<Utc>>,
}

/// An address as it was or is believed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResidentAddress, example = json!({
    "kind": "residence", "text": "丙岭三号镇一号村12号", "valid_from": "2022-03-01", "valid_to": null,
    "recorded_at": "2022-03-01T01:00:00.000000Z", "superseded_at": null
}))]
pub struct AddressBody {
    kind: AddressKind,
    text: String,
    valid_from: NaiveDate,
    /// The first day it no longer holds.
    valid_to: Option<NaiveDate>,
    #[schema(value_type = DateTime<Utc>)]
    recorded_at: Timestamp,
    #[schema(value_type = Option<DateTime<Utc>>)]
    superseded_at: Option<Timestamp>,
}

impl From<Located> for AddressBody {
    fn from(located: Located) -> Self {
        Self {
            kind: located.kind,
            text: located.text.as_str().to_owned(),
            valid_from: located.period.from,
            valid_to: located.period.to,
            recorded_at: located.recorded_at,
            superseded_at: located.superseded_at,
        }
    }
}

whole_page_of!(AddressPage, AddressBody);

/// A resident's addresses and what the office believed of them
#[utoipa::path(
    operation_id = "list_addresses", tag = "registry", params(("id" = uuid::Uuid, Path), AddressQuery),
    extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "By kind, then by the day from which each holds", body = AddressPage), ReadErrors)
)]
#[get("/v1/residents/{id}/addresses")]
async fn list_addresses(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    Params(query): Params<AddressQuery>,
) -> Result<web::Json<AddressPage>> {
    let known_at = query.known_at.map(Timestamp::from);
    let all = store
        .look(permit.reach(), move |db| {
            service::list(db, &permit, *id, known_at)
        })
        .await?;
    let items = all.into_iter().map(Into::into).collect();
    Ok(web::Json(AddressPage::whole(items)))
}

/// Record an address
///
/// Supersedes what is believed of its kind for the same days; earlier days keep theirs. Staff who live there
/// take no step of the resident's cases.
#[utoipa::path(
    operation_id = "record_address", tag = "registry",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The resident's ETag"),
        IdempotencyKey),
    request_body = NewAddress, extensions(("x-permit" = json!("resident.write"))),
    responses(
        (status = 201, description = "Recorded", body = AddressBody,
            headers(("Location" = String, description = "The list of addresses"), ("ETag" = String, description = "The resident's version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/residents/{id}/addresses")]
async fn record_address(
    permit: Permit<acts::ResidentWrite>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    seen: IfMatch,
    new: Creation<NewAddress>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::record(tx, &permit, *id, seen, &new)?.try_map(|(resident, located)| {
            Answer::created(
                format!("/v1/residents/{id}/addresses"),
                resident.version,
                &AddressBody::from(located),
            )
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_addresses).service(record_address);
}
