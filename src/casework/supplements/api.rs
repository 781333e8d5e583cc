//! `/v1/cases/{id}/supplement-requests` and their answers.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{NewAnswer, NewSupplement, Supplement, SupplementOutcome};
use super::service;
use crate::access::{Permit, acts};
use crate::casework::Desk;
use crate::casework::cases::api::current;
use crate::db::Store;
use crate::http::page::whole_page_of;
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, ReadErrors, Routes, WriteErrors, or_current,
};
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, SupplementRequestId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SupplementRequest, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "what": "请补充近三个月的护理证明", "due_date": "2022-07-18", "remaining_working_days": 8,
    "requested_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "requested_at": "2022-07-04T01:00:00.000000Z",
    "outcome": null, "ended_at": null, "answered_by": null, "answer": null
}))]
pub struct SupplementBody {
    #[schema(value_type = uuid::Uuid)]
    id: SupplementRequestId,
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    what: String,
    /// Until the end of this day there may be an answer.
    due_date: NaiveDate,
    /// What is left of the step's limit when its clock goes on.
    remaining_working_days: usize,
    #[schema(value_type = uuid::Uuid)]
    requested_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    requested_at: Timestamp,
    /// Null while it waits.
    outcome: Option<SupplementOutcome>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    ended_at: Option<Timestamp>,
    #[schema(value_type = Option<uuid::Uuid>)]
    answered_by: Option<UserId>,
    answer: Option<String>,
}

impl From<Supplement> for SupplementBody {
    fn from(supplement: Supplement) -> Self {
        Self {
            id: supplement.id,
            case_id: supplement.case_id,
            what: supplement.what,
            due_date: supplement.due_date,
            remaining_working_days: supplement.remaining_days,
            requested_by: supplement.requested_by,
            requested_at: supplement.requested_at,
            outcome: supplement.outcome,
            ended_at: supplement.ended_at,
            answered_by: supplement.answered_by,
            answer: supplement.answer,
        }
    }
}

whole_page_of!(SupplementPage, SupplementBody);

/// What reviewers asked for
#[utoipa::path(
    operation_id = "list_supplement_requests", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "All of them, oldest first", body = SupplementPage), ReadErrors)
)]
#[get("/v1/cases/{id}/supplement-requests")]
async fn list_supplement_requests(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
) -> Result<web::Json<SupplementPage>> {
    let all = store
        .look(permit.reach(), move |db| service::list(db, &permit, *id))
        .await?;
    let items = all.into_iter().map(Into::into).collect();
    Ok(web::Json(SupplementPage::whole(items)))
}

/// Ask for supplements
///
/// By whoever takes the present review step. Its clock stands still until the answer; where none comes
/// by the end of `due_date`, the case goes back by itself (`lapse`).
#[utoipa::path(
    operation_id = "request_supplement", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The case's ETag you saw"), IdempotencyKey),
    request_body = NewSupplement, extensions(("x-permit" = json!("case.act"))),
    responses(
        (status = 201, description = "Asked for", body = SupplementBody,
            headers(("Location" = String, description = "All that was asked for"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/cases/{id}/supplement-requests")]
async fn request_supplement(
    permit: Permit<acts::CaseAct>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    id: web::Path<CaseId>,
    seen: IfMatch,
    new: Creation<NewSupplement>,
) -> Result<HttpResponse> {
    let (id, sent, reading) = (*id, new.sent(), permit.also());
    let origin = permit.origin().clone();
    let requested = new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::request(tx, &permit, &desk, id, seen, &new)?.try_map(|supplement| {
            let body = SupplementBody::from(supplement);
            Answer::created(format!("/v1/cases/{id}/supplement-requests"), 1, &body)
        })
    });
    or_current(requested.await, &sent, async || {
        current(&store, reading?, id).await
    })
    .await
}

/// Answer a request for supplements
///
/// By whoever files there. The step's clock goes on with the working days that were left.
#[utoipa::path(
    operation_id = "answer_supplement_request", tag = "casework", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewAnswer, extensions(("x-permit" = json!("case.file"))),
    responses(
        (status = 201, description = "Answered", body = SupplementBody,
            headers(("Location" = String, description = "All that was asked for"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/supplement-requests/{id}/answer")]
async fn answer_supplement_request(
    permit: Permit<acts::CaseFile>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    id: web::Path<SupplementRequestId>,
    new: Creation<NewAnswer>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::answer(tx, &permit, &desk, *id, &new)?.try_map(|supplement| {
            let place = format!("/v1/cases/{}/supplement-requests", supplement.case_id);
            Answer::created(place, 2, &SupplementBody::from(supplement))
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_supplement_requests)
        .service(request_supplement)
        .service(answer_supplement_request);
}
