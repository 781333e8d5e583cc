//! `/v1/enrollment-reviews` and `/v1/enrollments/{id}/reviews`: what is due, and how it came out.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{NewReview, Review, ReviewOutcome};
use super::service;
use crate::access::{Permit, acts};
use crate::casework::cases::api::Staff;
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{EnrollmentId, EnrollmentReviewId, ResidentId};
use crate::kernel::time::Timestamp;
use crate::subsidies::enrollments::{Enrollment, EnrollmentState};

page_of!(DueReviewPage, DueReview);
whole_page_of!(EnrollmentReviewPage, ReviewBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DueReviewQuery {
    /// Due before this day; by today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    due_before: Option<NaiveDate>,
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// A benefit that runs and is to be reviewed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "enrollment_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "program_code": "nursing_subsidy", "division_code": "990121103201", "state": "active", "due_date": "2023-07-01", "version": 1
}))]
pub struct DueReview {
    #[schema(value_type = uuid::Uuid)]
    enrollment_id: EnrollmentId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    program_code: String,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    state: EnrollmentState,
    due_date: Option<NaiveDate>,
    /// Of the enrollment, for `If-Match`.
    version: i32,
}

impl From<Enrollment> for DueReview {
    fn from(enrollment: Enrollment) -> Self {
        Self {
            enrollment_id: enrollment.id,
            resident_id: enrollment.resident_id,
            program_code: enrollment.program_code,
            division_code: enrollment.division_code,
            state: enrollment.state,
            due_date: enrollment.review_due_date,
            version: enrollment.version,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnrollmentReview, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0f", "enrollment_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "due_date": "2023-07-01", "outcome": "passed", "comment": "入户核查，仍需长期照护", "at": "2023-06-20T01:00:00.000000Z",
    "decided_by": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "username": "county.990121", "display_name": "丙岭县残联经办人"}
}))]
pub struct ReviewBody {
    #[schema(value_type = uuid::Uuid)]
    id: EnrollmentReviewId,
    #[schema(value_type = uuid::Uuid)]
    enrollment_id: EnrollmentId,
    /// When it was to be; null where somebody looked of their own accord.
    due_date: Option<NaiveDate>,
    outcome: ReviewOutcome,
    comment: Option<String>,
    decided_by: Staff,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Review> for ReviewBody {
    fn from(review: Review) -> Self {
        Self {
            id: review.id,
            enrollment_id: review.enrollment_id,
            due_date: review.due_date,
            outcome: review.outcome,
            comment: review.comment,
            decided_by: review.decided_by.into(),
            at: review.at,
        }
    }
}

/// List what is to be reviewed
///
/// The longest overdue first.
#[utoipa::path(
    operation_id = "list_due_reviews", tag = "subsidies", params(DueReviewQuery), extensions(("x-permit" = json!("enrollment.read"))),
    responses((status = 200, description = "A page of enrollments that run, by the day their review is due", body = DueReviewPage), ReadErrors)
)]
#[get("/v1/enrollment-reviews")]
async fn list_due_reviews(
    permit: Permit<acts::EnrollmentRead>,
    store: web::Data<Store>,
    Params(query): Params<DueReviewQuery>,
) -> Result<web::Json<DueReviewPage>> {
    let keys = store.keys();
    let paging: Paging<(NaiveDate, EnrollmentId)> = Paging::of(
        keys,
        "enrollment_reviews",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let before = query.due_before;
    let rows = store
        .read(permit.reach(), move |db| {
            service::due(db, &scope, before, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |one| {
        (one.review_due_date.unwrap_or(NaiveDate::MAX), one.id)
    })?;
    let items = rows.into_iter().map(DueReview::from).collect();
    Ok(web::Json(DueReviewPage { items, next }))
}

/// How the reviews of an enrollment came out
#[utoipa::path(
    operation_id = "list_enrollment_reviews", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("enrollment.read"))),
    responses((status = 200, description = "All of them, oldest first", body = EnrollmentReviewPage), ReadErrors)
)]
#[get("/v1/enrollments/{id}/reviews")]
async fn list_enrollment_reviews(
    permit: Permit<acts::EnrollmentRead>,
    store: web::Data<Store>,
    id: web::Path<EnrollmentId>,
) -> Result<web::Json<EnrollmentReviewPage>> {
    let all = store
        .look(permit.reach(), move |db| {
            service::of_enrollment(db, &permit, *id)
        })
        .await?;
    let items = all.into_iter().map(ReviewBody::from).collect();
    Ok(web::Json(EnrollmentReviewPage::whole(items)))
}

/// Say how a review came out
///
/// The next is due so many months later as the program's version in force says (`review_months`). What failed is
/// stopped from the month after, which terminates the case and issues the notice of that. The `ETag` is the
/// enrollment's.
#[utoipa::path(
    operation_id = "create_enrollment_review", tag = "subsidies",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The enrollment's ETag you saw"), IdempotencyKey),
    request_body = NewReview, extensions(("x-permit" = json!("enrollment.act"))),
    responses(
        (status = 201, description = "Kept", body = ReviewBody,
            headers(("Location" = String, description = "All reviews"), ("ETag" = String, description = "The enrollment's version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/enrollments/{id}/reviews")]
async fn create_enrollment_review(
    permit: Permit<acts::EnrollmentAct>,
    store: web::Data<Store>,
    id: web::Path<EnrollmentId>,
    seen: IfMatch,
    new: Creation<NewReview>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::decide(tx, &permit, *id, seen, &new)?.try_map(|(review, enrollment)| {
            Answer::created(
                format!("/v1/enrollments/{id}/reviews"),
                enrollment.version,
                &ReviewBody::from(review),
            )
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_due_reviews)
        .service(list_enrollment_reviews)
        .service(create_enrollment_review);
}
