//! `/v1/screenings`: record what was found, and what followed.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{
    NewScreening, NewScreeningTransition, Screening, ScreeningResult, ScreeningState,
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
use crate::kernel::id::{ResidentId, ScreeningId};
use crate::rehabilitation::deadlines::ScreeningKind;

page_of!(ScreeningPage, Screening);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ScreeningQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    kind: Option<ScreeningKind>,
    #[param(inline)]
    result: Option<ScreeningResult>,
    #[param(inline)]
    state: Option<ScreeningState>,
    /// Only those whose diagnosis or intervention was due before today.
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

/// List screenings, newest first
#[utoipa::path(
    operation_id = "list_screenings", tag = "rehabilitation", params(ScreeningQuery), extensions(("x-permit" = json!("screening.read"))),
    responses((status = 200, description = "A page of screenings", body = ScreeningPage), ReadErrors)
)]
#[get("/v1/screenings")]
async fn list_screenings(
    permit: Permit<acts::ScreeningRead>,
    store: web::Data<Store>,
    Params(query): Params<ScreeningQuery>,
) -> Result<web::Json<ScreeningPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "screenings",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let window = Window {
        filter: Filter {
            id: None,
            kind: query.kind,
            result: query.result,
            state: query.state,
            overdue: query.overdue,
            residents: None,
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
    Ok(web::Json(ScreeningPage { items, next }))
}

/// Record what a screening found
///
/// Where the result is not negative, a diagnosis is due within the days that are laid down (409
/// `screening.no_deadline` where none are), and whoever was found may be referred at once by a case of theirs. 409
/// `screening.known` for a second one of the kind, person and day.
#[utoipa::path(
    operation_id = "create_screening", tag = "rehabilitation", params(IdempotencyKey), request_body = NewScreening,
    extensions(("x-permit" = json!("screening.write"))),
    responses(
        (status = 201, description = "Recorded", body = Screening,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/screenings")]
async fn create_screening(
    permit: Permit<acts::ScreeningWrite>,
    store: web::Data<Store>,
    new: Creation<NewScreening>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::record(tx, &permit, &new)?.try_map(|one| {
            let place = format!("/v1/screenings/{}", one.id);
            Answer::created(place, one.version, &one)
        })
    })
    .await
}

/// Read a screening with its history
#[utoipa::path(
    operation_id = "get_screening", tag = "rehabilitation", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("screening.read"))),
    responses((status = 200, description = "The screening", body = Screening, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/screenings/{id}")]
async fn get_screening(
    permit: Permit<acts::ScreeningRead>,
    store: web::Data<Store>,
    id: web::Path<ScreeningId>,
) -> Result<HttpResponse> {
    let one = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(one.version)))
        .json(one))
}

/// Write down what followed of a screening
///
/// A diagnosis first: `confirm`, from which on an intervention is due, or `rule_out`; then `begin_intervention` with
/// the case or rehabilitation service by which the person is helped. `end` where nothing will follow. 409
/// `screening.transition_not_allowed` when the state does not allow it.
#[utoipa::path(
    operation_id = "create_screening_transition", tag = "rehabilitation",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewScreeningTransition, extensions(("x-permit" = json!("screening.write"))),
    responses(
        (status = 201, description = "The screening as it now is", body = Screening,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/screenings/{id}/transitions")]
async fn create_screening_transition(
    permit: Permit<acts::ScreeningWrite>,
    store: web::Data<Store>,
    id: web::Path<ScreeningId>,
    seen: IfMatch,
    asked: Creation<NewScreeningTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            let place = format!("/v1/screenings/{id}");
            service::act(tx, &permit, *id, seen, &asked)?
                .try_map(|one| Answer::created(place, one.version, &one))
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_screenings)
        .service(create_screening)
        .service(get_screening)
        .service(create_screening_transition);
}
