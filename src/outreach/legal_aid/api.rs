//! `/v1/legal-aid-applications`: file, list, read, and take step by step.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{
    LegalAidApplication, LegalAidMatter, LegalAidState, NewLegalAidApplication,
    NewLegalAidTransition,
};
use super::service::{self, Window};
use super::store::Filter;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{LegalAidApplicationId, ResidentId};

page_of!(LegalAidApplicationPage, LegalAidApplication);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LegalAidQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<LegalAidState>,
    #[param(inline)]
    matter: Option<LegalAidMatter>,
    /// Only those with which the office was late at least once, or never.
    late: Option<bool>,
    /// Only those with which the office is late.
    #[serde(default)]
    overdue: bool,
    /// With all records that were merged into this one.
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List applications for legal aid, newest first
///
/// Without what they are about and what means were judged by: who looks at that reads the application.
#[utoipa::path(
    operation_id = "list_legal_aid_applications", tag = "outreach", params(LegalAidQuery),
    extensions(("x-permit" = json!("legal_aid.read"))),
    responses((status = 200, description = "A page of applications", body = LegalAidApplicationPage), ReadErrors)
)]
#[get("/v1/legal-aid-applications")]
async fn list_legal_aid_applications(
    permit: Permit<acts::LegalAidRead>,
    store: web::Data<Store>,
    Params(query): Params<LegalAidQuery>,
) -> Result<web::Json<LegalAidApplicationPage>> {
    let keys = store.keys();
    let cursor = query.cursor.as_deref();
    let paging = Paging::of(keys, "legal-aid", &query, query.limit, cursor)?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let window = Window {
        filter: Filter {
            id: None,
            state: query.state,
            matter: query.matter,
            late: query.late,
            overdue: query.overdue,
            residents: None,
        },
        resident: query.resident_id,
        after,
        count,
    };
    let rows = store
        .read(permit.reach(), move |db| service::page(db, &scope, &window))
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(LegalAidApplicationPage { items, next }))
}

/// Apply for legal aid
///
/// Disabled people without fixed income, and who receives social assistance, are not asked for their means; `means_basis` keeps
/// what that was judged by. It is decided within seven days.
#[utoipa::path(
    operation_id = "create_legal_aid_application", tag = "outreach", params(IdempotencyKey), request_body = NewLegalAidApplication,
    extensions(("x-permit" = json!("legal_aid.file"))),
    responses(
        (status = 201, description = "Taken down", body = LegalAidApplication,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/legal-aid-applications")]
async fn create_legal_aid_application(
    permit: Permit<acts::LegalAidFile>,
    store: web::Data<Store>,
    new: Creation<NewLegalAidApplication>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::file(tx, &permit, &new)?.try_map(|one| {
            let place = format!("/v1/legal-aid-applications/{}", one.id);
            Answer::created(place, one.version, &one)
        })
    })
    .await
}

/// Read an application for legal aid with its history
///
/// The look is recorded.
#[utoipa::path(
    operation_id = "get_legal_aid_application", tag = "outreach", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("legal_aid.read"))),
    responses((status = 200, description = "The application", body = LegalAidApplication, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/legal-aid-applications/{id}")]
async fn get_legal_aid_application(
    permit: Permit<acts::LegalAidRead>,
    store: web::Data<Store>,
    id: web::Path<LegalAidApplicationId>,
) -> Result<HttpResponse> {
    let one = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(one.version)))
        .json(one))
}

/// Decide an application for legal aid, assign a lawyer, close it, or put down an objection
///
/// Decided within seven days by somebody else than who filed it (403 `legal_aid.separation_of_duties`), assigned within three of
/// the grant; what comes late is taken down as late and counted. A refusal may be objected to with the judicial bureau, whose
/// decision is kept with its document: upheld, or overturned and granted.
#[utoipa::path(
    operation_id = "create_legal_aid_transition", tag = "outreach",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewLegalAidTransition, extensions(("x-permit" = json!("legal_aid.act"))),
    responses(
        (status = 201, description = "The application as it now is", body = LegalAidApplication,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/legal-aid-applications/{id}/transitions")]
async fn create_legal_aid_transition(
    permit: Permit<acts::LegalAidAct>,
    store: web::Data<Store>,
    id: web::Path<LegalAidApplicationId>,
    seen: IfMatch,
    asked: Creation<NewLegalAidTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            let place = format!("/v1/legal-aid-applications/{id}");
            service::act(tx, &permit, *id, seen, &asked)?
                .try_map(|one| Answer::created(place, one.version, &one))
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_legal_aid_applications)
        .service(create_legal_aid_application)
        .service(get_legal_aid_application)
        .service(create_legal_aid_transition);
}
