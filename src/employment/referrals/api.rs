//! `/v1/job-referrals` and `/v1/job-seekers/{id}/referrals`: send, list, read, and what came of it.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{JobReferral, JobReferralState, NewJobReferral, NewJobReferralTransition};
use super::service::{self, Filter};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{JobReferralId, JobSeekerId, VacancyId};

page_of!(JobReferralPage, JobReferral);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct JobReferralQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<JobReferralState>,
    #[param(value_type = Option<uuid::Uuid>)]
    job_seeker_id: Option<JobSeekerId>,
    #[param(value_type = Option<uuid::Uuid>)]
    vacancy_id: Option<VacancyId>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List referrals to vacancies, newest first
///
/// Of job seekers in your sight.
#[utoipa::path(
    operation_id = "list_job_referrals", tag = "employment", params(JobReferralQuery), extensions(("x-permit" = json!("job_seeker.read"))),
    responses((status = 200, description = "A page of referrals", body = JobReferralPage), ReadErrors)
)]
#[get("/v1/job-referrals")]
async fn list_job_referrals(
    permit: Permit<acts::JobSeekerRead>,
    store: web::Data<Store>,
    Params(query): Params<JobReferralQuery>,
) -> Result<web::Json<JobReferralPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_job_referrals",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        state: query.state,
        job_seeker: query.job_seeker_id,
        vacancy: query.vacancy_id,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(JobReferralPage { items, next }))
}

/// Read a referral to a vacancy with its history
///
/// The look is recorded.
#[utoipa::path(
    operation_id = "get_job_referral", tag = "employment", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("job_seeker.read"))),
    responses((status = 200, description = "The referral", body = JobReferral, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/job-referrals/{id}")]
async fn get_job_referral(
    permit: Permit<acts::JobSeekerRead>,
    store: web::Data<Store>,
    id: web::Path<JobReferralId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.version)))
        .json(shown))
}

/// Send a job seeker to a vacancy
///
/// Of whatever county; one open referral a vacancy: 409 `job_referral.open`.
#[utoipa::path(
    operation_id = "create_job_referral", tag = "employment",
    params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewJobReferral, extensions(("x-permit" = json!("job_seeker.write"))),
    responses(
        (status = 201, description = "Referred", body = JobReferral,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/job-seekers/{id}/referrals")]
async fn create_job_referral(
    permit: Permit<acts::JobSeekerWrite>,
    store: web::Data<Store>,
    id: web::Path<JobSeekerId>,
    new: Creation<NewJobReferral>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::refer(tx, &permit, *id, &new)?.try_map(|shown| {
            Answer::created(
                format!("/v1/job-referrals/{}", shown.id),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

/// Put down what came of a referral
///
/// Interviewed, offered, accepted; declined, rejected or withdrawn with a reason. What was accepted leads to a
/// placement. 409 `job_referral.transition_not_allowed` when its state does not allow the action.
#[utoipa::path(
    operation_id = "create_job_referral_transition", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewJobReferralTransition, extensions(("x-permit" = json!("job_seeker.write"))),
    responses(
        (status = 201, description = "As it now is", body = JobReferral,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/job-referrals/{id}/transitions")]
async fn create_job_referral_transition(
    permit: Permit<acts::JobSeekerWrite>,
    store: web::Data<Store>,
    id: web::Path<JobReferralId>,
    seen: IfMatch,
    new: Creation<NewJobReferralTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::act(tx, &permit, *id, seen, &new)?.try_map(|shown| {
            Answer::created(format!("/v1/job-referrals/{id}"), shown.version, &shown)
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_job_referrals)
        .service(get_job_referral)
        .service(create_job_referral)
        .service(create_job_referral_transition);
}
