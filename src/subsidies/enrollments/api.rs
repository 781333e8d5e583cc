//! `/v1/enrollments`: list, read, and what is done to them.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::{EnrollmentBody, EntryBody};
use super::service::{self, AsOf, Filter};
use super::{EnrollmentState, NewTransition};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, EnrollmentId, ResidentId};
use crate::kernel::time::Timestamp;

page_of!(EnrollmentPage, EnrollmentBody);
whole_page_of!(EnrollmentTransitionPage, EntryBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EnrollmentQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<EnrollmentState>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    #[param(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List enrollments
#[utoipa::path(
    operation_id = "list_enrollments", tag = "subsidies", params(EnrollmentQuery), extensions(("x-permit" = json!("enrollment.read"))),
    responses((status = 200, description = "A page of enrollments, oldest first", body = EnrollmentPage), ReadErrors)
)]
#[get("/v1/enrollments")]
async fn list_enrollments(
    permit: Permit<acts::EnrollmentRead>,
    store: web::Data<Store>,
    Params(query): Params<EnrollmentQuery>,
) -> Result<web::Json<EnrollmentPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "enrollments",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        state: query.state,
        program_code: query.program_code,
        resident: query.resident_id,
        case: query.case_id,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &permit, &scope, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.enrollment.id)?;
    let items = rows.into_iter().map(EnrollmentBody::from).collect();
    Ok(web::Json(EnrollmentPage { items, next }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EnrollmentAsOfQuery {
    /// What held in the month of this day; today's, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    valid_at: Option<NaiveDate>,
    /// As known to the office at this instant; now, unless given.
    known_at: Option<DateTime<Utc>>,
}

/// Read an enrollment
///
/// With `valid_at` or `known_at`, `then` says what held in a month, as the office knew it at an instant.
#[utoipa::path(
    operation_id = "get_enrollment", tag = "subsidies", params(("id" = uuid::Uuid, Path), EnrollmentAsOfQuery),
    extensions(("x-permit" = json!("enrollment.read"))),
    responses((status = 200, description = "The enrollment", body = EnrollmentBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/enrollments/{id}")]
async fn get_enrollment(
    permit: Permit<acts::EnrollmentRead>,
    store: web::Data<Store>,
    id: web::Path<EnrollmentId>,
    Params(query): Params<EnrollmentAsOfQuery>,
) -> Result<HttpResponse> {
    let at = AsOf {
        valid_at: query.valid_at,
        known_at: query.known_at.map(Timestamp::from),
    };
    let found = store
        .read(permit.reach(), move |db| service::get(db, &permit, *id, at))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(found.enrollment.version)))
        .json(EnrollmentBody::from(found)))
}

/// What was done to an enrollment, from the beginning
///
/// An entry counts from its month on and overrides the entries before it; what holds in a month is the last entry
/// that reaches it.
#[utoipa::path(
    operation_id = "list_enrollment_transitions", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("enrollment.read"))),
    responses((status = 200, description = "All entries, oldest first", body = EnrollmentTransitionPage), ReadErrors)
)]
#[get("/v1/enrollments/{id}/transitions")]
async fn list_enrollment_transitions(
    permit: Permit<acts::EnrollmentRead>,
    store: web::Data<Store>,
    id: web::Path<EnrollmentId>,
) -> Result<web::Json<EnrollmentTransitionPage>> {
    let all = store
        .look(permit.reach(), move |db| service::told(db, &permit, *id))
        .await?;
    let items = all.into_iter().map(EntryBody::from).collect();
    Ok(web::Json(EnrollmentTransitionPage::whole(items)))
}

/// Hold a benefit back, pay it again, or end it
///
/// From a month on: the next, unless given; none before the first and none after the next. A stop terminates the
/// case, and issues the notice of that; what stopped may be found to have stopped earlier, never later. What
/// stops with its first month was never paid. 409 `enrollment.transition_not_allowed` when its state does not
/// allow the action; 409 `resident.in_transfer` while a transfer is offered; 403 `case.recusal_required` for who
/// is related to the resident.
#[utoipa::path(
    operation_id = "create_enrollment_transition", tag = "subsidies",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewTransition, extensions(("x-permit" = json!("enrollment.act"))),
    responses(
        (status = 201, description = "The enrollment as it now is", body = EnrollmentBody,
            headers(("Location" = String, description = "Its history"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/enrollments/{id}/transitions")]
async fn create_enrollment_transition(
    permit: Permit<acts::EnrollmentAct>,
    store: web::Data<Store>,
    id: web::Path<EnrollmentId>,
    seen: IfMatch,
    asked: Creation<NewTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, &asked)?.try_map(|shown| {
                let version = shown.enrollment.version;
                Answer::created(
                    format!("/v1/enrollments/{id}/transitions"),
                    version,
                    &EnrollmentBody::from(shown),
                )
            })
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_enrollments)
        .service(get_enrollment)
        .service(list_enrollment_transitions)
        .service(create_enrollment_transition);
}
