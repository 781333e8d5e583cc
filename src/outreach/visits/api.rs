//! `/v1/visits`, `/v1/visit-plans`: plan, report what came of it, count.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{NewVisit, NewVisitTransition, Visit, VisitState};
use super::plan::{NewVisitPlan, VisitPlan};
use super::service::{self, Filter, VisitCounts, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{ResidentId, VisitId};

page_of!(VisitPage, Visit);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct VisitQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121103201")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<VisitState>,
    /// Due on this day or later.
    #[serde(default, deserialize_with = "date::maybe")]
    due_from: Option<NaiveDate>,
    /// Due on this day or earlier.
    #[serde(default, deserialize_with = "date::maybe")]
    due_to: Option<NaiveDate>,
    /// Only what is planned and was due before today.
    #[serde(default)]
    overdue: bool,
    /// Only where what was found asks for something, or for nothing.
    in_need: Option<bool>,
    /// Only where something was begun from the day of the visit on, or nothing was.
    taken_into_service: Option<bool>,
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

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct VisitCountQuery {
    /// The first day on which they were due.
    #[param(example = "2022-01-01")]
    #[serde(deserialize_with = "date::written")]
    from_date: NaiveDate,
    /// The last day on which they were due.
    #[param(example = "2022-12-31")]
    #[serde(deserialize_with = "date::written")]
    to_date: NaiveDate,
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
}

/// List visits, newest first
#[utoipa::path(
    operation_id = "list_visits", tag = "outreach", params(VisitQuery), extensions(("x-permit" = json!("visit.read"))),
    responses((status = 200, description = "A page of visits", body = VisitPage), ReadErrors)
)]
#[get("/v1/visits")]
async fn list_visits(
    permit: Permit<acts::VisitRead>,
    store: web::Data<Store>,
    Params(query): Params<VisitQuery>,
) -> Result<web::Json<VisitPage>> {
    date::in_order(("due_from", query.due_from), ("due_to", query.due_to))?;
    let paging = Paging::of(
        store.keys(),
        "visits",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let window = Window {
        filter: Filter {
            id: None,
            state: query.state,
            due_from: query.due_from,
            due_to: query.due_to,
            overdue: query.overdue,
            in_need: query.in_need,
            taken: query.taken_into_service,
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
    Ok(web::Json(VisitPage { items, next }))
}

/// Plan a visit to somebody
///
/// It waits on the desk of the village's liaison. A person is not planned for twice: 409 `visit.open`.
#[utoipa::path(
    operation_id = "create_visit", tag = "outreach", params(IdempotencyKey), request_body = NewVisit,
    extensions(("x-permit" = json!("visit.write"))),
    responses(
        (status = 201, description = "Planned", body = Visit,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/visits")]
async fn create_visit(
    permit: Permit<acts::VisitWrite>,
    store: web::Data<Store>,
    new: Creation<NewVisit>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::plan(tx, &permit, &new)?.try_map(|one| {
            let place = format!("/v1/visits/{}", one.id);
            Answer::created(place, one.version, &one)
        })
    })
    .await
}

/// Plan visits to those most in need, from the list
///
/// The highest score first, so many at the most; who comes before the last of them and is left out is told with the reason.
/// 409 `need_assessment.missing` where nobody was assessed yet.
#[utoipa::path(
    operation_id = "create_visit_plan", tag = "outreach", params(IdempotencyKey), request_body = NewVisitPlan,
    extensions(("x-permit" = json!("visit.plan"))),
    responses(
        (status = 201, description = "Planned", body = VisitPlan,
            headers(("Location" = String, description = "Where they are"), ("ETag" = String, description = "Always 1"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/visit-plans")]
async fn create_visit_plan(
    permit: Permit<acts::VisitPlan>,
    store: web::Data<Store>,
    new: Creation<NewVisitPlan>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::plan_many(tx, &permit, &new)?.try_map(|plan| {
            let place = format!(
                "/v1/visits?state=planned&division_code={}",
                new.division_code
            );
            Answer::created(place, 1, &plan)
        })
    })
    .await
}

/// Count what came of the visits that were due from one day to another
///
/// Each figure names the list of the very visits.
#[utoipa::path(
    operation_id = "count_visits", tag = "outreach", params(VisitCountQuery), extensions(("x-permit" = json!("visit.read"))),
    responses((status = 200, description = "The counts", body = VisitCounts), ReadErrors)
)]
#[get("/v1/visits/counts")]
async fn count_visits(
    permit: Permit<acts::VisitRead>,
    store: web::Data<Store>,
    Params(query): Params<VisitCountQuery>,
) -> Result<web::Json<VisitCounts>> {
    let counts = store
        .read(permit.reach(), move |db| {
            let days = (query.from_date, query.to_date);
            service::counts(db, &permit, days, query.division_code)
        })
        .await?;
    Ok(web::Json(counts))
}

/// Read a visit with its history, and what was begun for the person after it
#[utoipa::path(
    operation_id = "get_visit", tag = "outreach", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("visit.read"))),
    responses((status = 200, description = "The visit", body = Visit, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/visits/{id}")]
async fn get_visit(
    permit: Permit<acts::VisitRead>,
    store: web::Data<Store>,
    id: web::Path<VisitId>,
) -> Result<HttpResponse> {
    let one = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(one.version)))
        .json(one))
}

/// Write down what came of a visit
///
/// `complete` with what was found, which becomes known of the person from that day on; `miss` where nobody was met;
/// `correct` what was found; `cancel`. Whoever is tied to the person does not find out about them: 403
/// `case.recusal_required`. 409 `visit.transition_not_allowed` when the state does not allow it.
#[utoipa::path(
    operation_id = "create_visit_transition", tag = "outreach",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewVisitTransition, extensions(("x-permit" = json!("visit.write"))),
    responses(
        (status = 201, description = "The visit as it now is", body = Visit,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/visits/{id}/transitions")]
async fn create_visit_transition(
    permit: Permit<acts::VisitWrite>,
    store: web::Data<Store>,
    id: web::Path<VisitId>,
    seen: IfMatch,
    asked: Creation<NewVisitTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            let place = format!("/v1/visits/{id}");
            service::act(tx, &permit, *id, seen, &asked)?
                .try_map(|one| Answer::created(place, one.version, &one))
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_visits)
        .service(create_visit)
        .service(create_visit_plan)
        // Before what is named by its id.
        .service(count_visits)
        .service(get_visit)
        .service(create_visit_transition);
}
