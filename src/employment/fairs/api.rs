//! `/v1/job-fairs`: plan, list, read, change and cancel; who came.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{
    FairAttendance, FairKind, JobFair, JobFairPatch, JobFairReport, NewFairAttendance, NewJobFair,
};
use super::service::{self, Filter};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::JobFairId;

page_of!(JobFairPage, JobFair);
page_of!(FairAttendancePage, FairAttendance);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct JobFairQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    kind: Option<FairKind>,
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
struct FairAttendanceQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List job fairs and assistance months, newest first
///
/// Of all counties.
#[utoipa::path(
    operation_id = "list_job_fairs", tag = "employment", params(JobFairQuery), extensions(("x-permit" = json!("vacancy.read"))),
    responses((status = 200, description = "A page of fairs", body = JobFairPage), ReadErrors)
)]
#[get("/v1/job-fairs")]
async fn list_job_fairs(
    _permit: Permit<acts::VacancyRead>,
    store: web::Data<Store>,
    Params(query): Params<JobFairQuery>,
) -> Result<web::Json<JobFairPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_job_fairs",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let filter = Filter {
        division: query.division_code,
        kind: query.kind,
    };
    let rows = store
        .read(Reach::NOTHING, move |db| {
            service::page(db, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(JobFairPage { items, next }))
}

/// Read a job fair with what came of it
///
/// Persons and person-times of those in your sight, counted apart.
#[utoipa::path(
    operation_id = "get_job_fair", tag = "employment", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("vacancy.read"))),
    responses((status = 200, description = "The fair", body = JobFairReport, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/job-fairs/{id}")]
async fn get_job_fair(
    permit: Permit<acts::VacancyRead>,
    store: web::Data<Store>,
    id: web::Path<JobFairId>,
) -> Result<HttpResponse> {
    let shown = store
        .read(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.fair.version)))
        .json(shown))
}

/// Plan a job fair or an assistance month
#[utoipa::path(
    operation_id = "create_job_fair", tag = "employment",
    params(IdempotencyKey),
    request_body = NewJobFair, extensions(("x-permit" = json!("vacancy.write"))),
    responses(
        (status = 201, description = "Planned", body = JobFairReport,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/job-fairs")]
async fn create_job_fair(
    permit: Permit<acts::VacancyWrite>,
    store: web::Data<Store>,
    new: Creation<NewJobFair>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::plan(tx, &permit, &new)?.try_map(|shown| {
            Answer::created(
                format!("/v1/job-fairs/{}", shown.fair.id),
                shown.fair.version,
                &shown,
            )
        })
    })
    .await
}

/// Change or cancel a job fair
///
/// Of your own divisions. What was offered there stays; a `cancel_reason` cancels it for good.
#[utoipa::path(
    operation_id = "update_job_fair", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = JobFairPatch, extensions(("x-permit" = json!("vacancy.write"))),
    responses(
        (status = 200, description = "As it now is", body = JobFairReport, headers(("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[patch("/v1/job-fairs/{id}")]
async fn update_job_fair(
    permit: Permit<acts::VacancyWrite>,
    store: web::Data<Store>,
    id: web::Path<JobFairId>,
    seen: IfMatch,
    change: Creation<JobFairPatch>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    change
        .once(&store, permit.reach(), &origin, move |tx, change| {
            service::change(tx, &permit, *id, seen, &change)?
                .try_map(|shown| Answer::changed(shown.fair.version, &shown))
        })
        .await
}

/// List who came to a job fair, oldest first
///
/// Of job seekers in your sight; the look is recorded.
#[utoipa::path(
    operation_id = "list_fair_attendances", tag = "employment", params(("id" = uuid::Uuid, Path), FairAttendanceQuery), extensions(("x-permit" = json!("job_seeker.read"))),
    responses((status = 200, description = "A page of attendances", body = FairAttendancePage), ReadErrors)
)]
#[get("/v1/job-fairs/{id}/attendances")]
async fn list_fair_attendances(
    permit: Permit<acts::JobSeekerRead>,
    store: web::Data<Store>,
    id: web::Path<JobFairId>,
    Params(query): Params<FairAttendanceQuery>,
) -> Result<web::Json<FairAttendancePage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_fair_attendances",
        &query,
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
    Ok(web::Json(FairAttendancePage { items, next }))
}

/// Put down that a job seeker came to a fair
///
/// Once a day: 409 `job_fair.attended`; on a day on which it is held: 409 `job_fair.not_held`.
#[utoipa::path(
    operation_id = "create_fair_attendance", tag = "employment",
    params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewFairAttendance, extensions(("x-permit" = json!("job_seeker.write"))),
    responses(
        (status = 201, description = "Kept", body = FairAttendance,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/job-fairs/{id}/attendances")]
async fn create_fair_attendance(
    permit: Permit<acts::JobSeekerWrite>,
    store: web::Data<Store>,
    id: web::Path<JobFairId>,
    new: Creation<NewFairAttendance>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::attend(tx, &permit, *id, &new)?
            .try_map(|shown| Answer::created(format!("/v1/job-fairs/{id}/attendances"), 1, &shown))
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_job_fairs)
        .service(create_job_fair)
        .service(get_job_fair)
        .service(update_job_fair)
        .service(list_fair_attendances)
        .service(create_fair_attendance);
}
