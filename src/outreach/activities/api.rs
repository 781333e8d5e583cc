//! `/v1/activities`: plan, hold, correct, cancel; who came, and what it counts for.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::counting::ActivityCounts;
use super::model::{
    Activity, ActivityAttendance, ActivityKind, ActivityState, NewActivity, NewActivityTransition,
    NewAttendances, NewWithdrawal,
};
use super::service::{self, Filter};
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
use crate::kernel::id::{ActivityAttendanceId, ActivityId};

page_of!(ActivityPage, Activity);
page_of!(ActivityAttendancePage, ActivityAttendance);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ActivityQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    kind: Option<ActivityKind>,
    #[param(inline)]
    state: Option<ActivityState>,
    /// Held on this day or later.
    #[serde(default, deserialize_with = "date::maybe")]
    held_from: Option<NaiveDate>,
    /// Held on this day or earlier.
    #[serde(default, deserialize_with = "date::maybe")]
    held_to: Option<NaiveDate>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ActivityAttendanceQuery {
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
struct ActivityCountQuery {
    /// The first day that counts.
    #[param(example = "2022-01-01")]
    #[serde(deserialize_with = "date::written")]
    from_date: NaiveDate,
    /// The last day that counts.
    #[param(example = "2022-12-31")]
    #[serde(deserialize_with = "date::written")]
    to_date: NaiveDate,
    /// Only activities of this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
}

/// Whoever was named at once.
#[derive(Debug, Serialize, ToSchema)]
struct ActivityAttendances {
    items: Vec<ActivityAttendance>,
}

/// List activities, newest first
#[utoipa::path(
    operation_id = "list_activities", tag = "outreach", params(ActivityQuery), extensions(("x-permit" = json!("activity.read"))),
    responses((status = 200, description = "A page of activities", body = ActivityPage), ReadErrors)
)]
#[get("/v1/activities")]
async fn list_activities(
    permit: Permit<acts::ActivityRead>,
    store: web::Data<Store>,
    Params(query): Params<ActivityQuery>,
) -> Result<web::Json<ActivityPage>> {
    date::in_order(("held_from", query.held_from), ("held_to", query.held_to))?;
    let paging = Paging::of(
        store.keys(),
        "activities",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        id: None,
        kind: query.kind,
        state: query.state,
        held_from: query.held_from,
        held_to: query.held_to,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(ActivityPage { items, next }))
}

/// Plan an activity
#[utoipa::path(
    operation_id = "create_activity", tag = "outreach", params(IdempotencyKey), request_body = NewActivity,
    extensions(("x-permit" = json!("activity.write"))),
    responses(
        (status = 201, description = "Planned", body = Activity,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/activities")]
async fn create_activity(
    permit: Permit<acts::ActivityWrite>,
    store: web::Data<Store>,
    new: Creation<NewActivity>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::plan(tx, &permit, &new)?.try_map(|one| {
            let place = format!("/v1/activities/{}", one.id);
            Answer::created(place, one.version, &one)
        })
    })
    .await
}

/// Count what was held, by kind
///
/// Sessions (场), person-times (人次), persons (人) and households (户) are units of their own and never summed. A person
/// counts once whatever records they have, a household once a calendar year; what was cancelled or is only planned, and
/// who was taken off again, never. Each figure names the list of the very activities.
#[utoipa::path(
    operation_id = "count_activities", tag = "outreach", params(ActivityCountQuery), extensions(("x-permit" = json!("activity.read"))),
    responses((status = 200, description = "All kinds", body = ActivityCounts), ReadErrors)
)]
#[get("/v1/activities/counts")]
async fn count_activities(
    permit: Permit<acts::ActivityRead>,
    store: web::Data<Store>,
    Params(query): Params<ActivityCountQuery>,
) -> Result<web::Json<ActivityCounts>> {
    let counts = store
        .read(permit.reach(), move |db| {
            let days = (query.from_date, query.to_date);
            service::count(db, &permit, days, query.division_code)
        })
        .await?;
    Ok(web::Json(counts))
}

/// Read an activity with its history
#[utoipa::path(
    operation_id = "get_activity", tag = "outreach", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("activity.read"))),
    responses((status = 200, description = "The activity", body = Activity, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/activities/{id}")]
async fn get_activity(
    permit: Permit<acts::ActivityRead>,
    store: web::Data<Store>,
    id: web::Path<ActivityId>,
) -> Result<HttpResponse> {
    let one = store
        .read(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(one.version)))
        .json(one))
}

/// Reschedule, hold, correct or cancel an activity
///
/// Held on no day to come; what was held may be corrected, or cancelled where it was not held after all. 409
/// `activity.transition_not_allowed` when the state does not allow it.
#[utoipa::path(
    operation_id = "create_activity_transition", tag = "outreach",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewActivityTransition, extensions(("x-permit" = json!("activity.write"))),
    responses(
        (status = 201, description = "The activity as it now is", body = Activity,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/activities/{id}/transitions")]
async fn create_activity_transition(
    permit: Permit<acts::ActivityWrite>,
    store: web::Data<Store>,
    id: web::Path<ActivityId>,
    seen: IfMatch,
    asked: Creation<NewActivityTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            let place = format!("/v1/activities/{id}");
            service::act(tx, &permit, *id, seen, &asked)?
                .try_map(|one| Answer::created(place, one.version, &one))
        })
        .await
}

/// List who came to an activity, oldest first
///
/// Of residents in your sight, with those who were taken off again and why; the look is recorded.
#[utoipa::path(
    operation_id = "list_activity_attendances", tag = "outreach", params(("id" = uuid::Uuid, Path), ActivityAttendanceQuery),
    extensions(("x-permit" = json!("activity.read"))),
    responses((status = 200, description = "A page of attendances", body = ActivityAttendancePage), ReadErrors)
)]
#[get("/v1/activities/{id}/attendances")]
async fn list_activity_attendances(
    permit: Permit<acts::ActivityRead>,
    store: web::Data<Store>,
    id: web::Path<ActivityId>,
    Params(query): Params<ActivityAttendanceQuery>,
) -> Result<web::Json<ActivityAttendancePage>> {
    let paging = Paging::of(
        store.keys(),
        "activity_attendances",
        &(*id, &query),
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let id = *id;
    let rows = store
        .look(permit.reach(), move |db| {
            service::attendances(db, &permit, id, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(ActivityAttendancePage { items, next }))
}

/// Put down who came to an activity that was held
///
/// All of them or none; each person once a session, whatever records they have: 409 `activity.attended`. Of what is done at
/// home the household of that day counts. Whoever lives outside the county, or city, whose activity it is counts among
/// the others. 409 `activity.not_held` before it is held and after it is cancelled.
#[utoipa::path(
    operation_id = "create_activity_attendances", tag = "outreach", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewAttendances, extensions(("x-permit" = json!("activity.write"))),
    responses(
        (status = 201, description = "Kept", body = ActivityAttendances,
            headers(("Location" = String, description = "Where they are"), ("ETag" = String, description = "Always 1"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/activities/{id}/attendances")]
async fn create_activity_attendances(
    permit: Permit<acts::ActivityWrite>,
    store: web::Data<Store>,
    id: web::Path<ActivityId>,
    new: Creation<NewAttendances>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::attend(tx, &permit, *id, &new)?.try_map(|items| {
            let place = format!("/v1/activities/{id}/attendances");
            Answer::created(place, 1, &ActivityAttendances { items })
        })
    })
    .await
}

/// Take somebody off an activity again
///
/// What was written stays, with the reason, and counts no more. 409 `activity.withdrawn` for a second time.
#[utoipa::path(
    operation_id = "withdraw_activity_attendance", tag = "outreach", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewWithdrawal, extensions(("x-permit" = json!("activity.write"))),
    responses(
        (status = 201, description = "Taken off", body = ActivityAttendance,
            headers(("Location" = String, description = "Where they are"), ("ETag" = String, description = "Always 2"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/activity-attendances/{id}/withdrawal")]
async fn withdraw_activity_attendance(
    permit: Permit<acts::ActivityWrite>,
    store: web::Data<Store>,
    id: web::Path<ActivityAttendanceId>,
    new: Creation<NewWithdrawal>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::withdraw(tx, &permit, *id, &new)?.try_map(|one| {
            let place = format!("/v1/activities/{}/attendances", one.activity_id);
            Answer::created(place, 2, &one)
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_activities)
        .service(create_activity)
        // Before what is named by its id.
        .service(count_activities)
        .service(get_activity)
        .service(create_activity_transition)
        .service(list_activity_attendances)
        .service(create_activity_attendances)
        .service(withdraw_activity_attendance);
}
