//! `/v1/rehabilitation-services`: note a need, take it step by step, list, and count persons.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::counts::{Asked, Count};
use super::model::{
    NewService, NewServiceTransition, RehabilitationService, RehabilitationServiceKind,
    RehabilitationServiceState,
};
use super::service::{self, Window};
use super::store::Filter;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{CaseId, RehabilitationServiceId, ResidentId};

page_of!(RehabilitationServicePage, RehabilitationService);
whole_page_of!(RehabilitationServiceCounts, Count);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ServiceQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(example = "targeted_rehabilitation")]
    program_code: Option<String>,
    #[param(inline)]
    kind: Option<RehabilitationServiceKind>,
    #[param(inline)]
    state: Option<RehabilitationServiceState>,
    #[param(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    /// With all records that were merged into this one.
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    /// Only what was provided on this day or later.
    #[serde(default, deserialize_with = "date::maybe")]
    delivered_from: Option<NaiveDate>,
    /// Only what was provided on this day or before.
    #[serde(default, deserialize_with = "date::maybe")]
    delivered_to: Option<NaiveDate>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List rehabilitation services, newest first
///
/// Without what was written of the person's need: who looks at that reads the service.
#[utoipa::path(
    operation_id = "list_rehabilitation_services", tag = "rehabilitation", params(ServiceQuery),
    extensions(("x-permit" = json!("rehabilitation_service.read"))),
    responses((status = 200, description = "A page of services", body = RehabilitationServicePage), ReadErrors)
)]
#[get("/v1/rehabilitation-services")]
async fn list_rehabilitation_services(
    permit: Permit<acts::RehabilitationServiceRead>,
    store: web::Data<Store>,
    Params(query): Params<ServiceQuery>,
) -> Result<web::Json<RehabilitationServicePage>> {
    date::in_order(
        ("delivered_from", query.delivered_from),
        ("delivered_to", query.delivered_to),
    )?;
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "rehabilitation-services",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let window = Window {
        filter: Filter {
            id: None,
            program_code: query.program_code,
            kind: query.kind,
            state: query.state,
            case: query.case_id,
            residents: None,
            delivered_from: query.delivered_from,
            delivered_to: query.delivered_to,
        },
        resident: query.resident_id,
        after,
        count,
    };
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, &scope, &window)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(RehabilitationServicePage { items, next }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CountQuery {
    #[param(value_type = String, example = "990121000000")]
    division_code: DivisionCode,
    #[param(example = "targeted_rehabilitation")]
    program_code: Option<String>,
    /// The first day of the period.
    #[serde(deserialize_with = "date::written")]
    from_date: NaiveDate,
    /// Its last day.
    #[serde(deserialize_with = "date::written")]
    to_date: NaiveDate,
}

/// Count the persons who were helped in a period
///
/// Of a division as a whole and by kind, and of what lies right beneath it. A person counts once in each figure,
/// however many services and records they have; so figures of persons are never added. `list` is the address of the
/// services that a figure counts.
#[utoipa::path(
    operation_id = "count_rehabilitation_services", tag = "rehabilitation", params(CountQuery),
    extensions(("x-permit" = json!("rehabilitation_service.read"))),
    responses((status = 200, description = "All figures; `next` is null", body = RehabilitationServiceCounts), ReadErrors)
)]
#[get("/v1/rehabilitation-services/counts")]
async fn count_rehabilitation_services(
    permit: Permit<acts::RehabilitationServiceRead>,
    store: web::Data<Store>,
    Params(query): Params<CountQuery>,
) -> Result<web::Json<RehabilitationServiceCounts>> {
    date::in_order(("from_date", query.from_date), ("to_date", query.to_date))?;
    // A figure of which a part is out of sight would be taken for the whole.
    if !permit.scope().sees(query.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    let scope = permit.scope_in(Some(query.division_code))?;
    let asked = Asked {
        division: query.division_code,
        program_code: query.program_code,
        from: query.from_date,
        to: query.to_date,
    };
    let items = store
        .read(permit.reach(), move |db| service::count(db, &scope, &asked))
        .await?;
    Ok(web::Json(RehabilitationServiceCounts::whole(items)))
}

/// Note what a case's resident needs
///
/// Of an approved rehabilitation case (409 `rehabilitation_service.case_not_running` of any other), which may hold
/// several; of one kind no second one before the first is met (409 `rehabilitation_service.need_open`). The first one
/// begins the case's service.
#[utoipa::path(
    operation_id = "create_rehabilitation_service", tag = "rehabilitation", params(IdempotencyKey), request_body = NewService,
    extensions(("x-permit" = json!("rehabilitation_service.act"))),
    responses(
        (status = 201, description = "Noted", body = RehabilitationService,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/rehabilitation-services")]
async fn create_rehabilitation_service(
    permit: Permit<acts::RehabilitationServiceAct>,
    store: web::Data<Store>,
    new: Creation<NewService>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::open(tx, &permit, &new)?.try_map(|one| {
            let place = format!("/v1/rehabilitation-services/{}", one.id);
            Answer::created(place, one.version, &one)
        })
    })
    .await
}

/// Read a rehabilitation service with its history
#[utoipa::path(
    operation_id = "get_rehabilitation_service", tag = "rehabilitation", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("rehabilitation_service.read"))),
    responses((status = 200, description = "The service", body = RehabilitationService, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/rehabilitation-services/{id}")]
async fn get_rehabilitation_service(
    permit: Permit<acts::RehabilitationServiceRead>,
    store: web::Data<Store>,
    id: web::Path<RehabilitationServiceId>,
) -> Result<HttpResponse> {
    let one = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(one.version)))
        .json(one))
}

/// Assess a need, provide for it, judge the result, or call it off
///
/// In this order: `assess`, `deliver`, `conclude`; `cancel` before anything is provided. Whoever assessed does not
/// provide (409 `rehabilitation_service.assessor_supplies`), and who is related to the resident writes nothing down
/// (403 `case.recusal_required`). 409 `rehabilitation_service.transition_not_allowed` when the state does not allow it.
#[utoipa::path(
    operation_id = "create_rehabilitation_service_transition", tag = "rehabilitation",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewServiceTransition, extensions(("x-permit" = json!("rehabilitation_service.act"))),
    responses(
        (status = 201, description = "The service as it now is", body = RehabilitationService,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/rehabilitation-services/{id}/transitions")]
async fn create_rehabilitation_service_transition(
    permit: Permit<acts::RehabilitationServiceAct>,
    store: web::Data<Store>,
    id: web::Path<RehabilitationServiceId>,
    seen: IfMatch,
    asked: Creation<NewServiceTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            let place = format!("/v1/rehabilitation-services/{id}");
            service::act(tx, &permit, *id, seen, &asked)?
                .try_map(|one| Answer::created(place, one.version, &one))
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_rehabilitation_services)
        .service(count_rehabilitation_services)
        .service(create_rehabilitation_service)
        .service(get_rehabilitation_service)
        .service(create_rehabilitation_service_transition);
}
