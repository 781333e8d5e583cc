//! `/v1/renovation-projects/{id}/visits`: what was found of a renovated home.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{NewRenovationVisit, RenovationVisit, RenovationVisitResult};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::{Answer, Creation, IdempotencyKey, ReadErrors, Routes, WriteErrors};
use crate::kernel::error::Result;
use crate::kernel::id::{FollowUpId, RenovationProjectId, RenovationVisitId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenovationVisit, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e12", "follow_up_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e10",
    "project_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e11", "result": "needs_repair", "note": "扶手松动",
    "visited_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "visited_at": "2022-10-18T01:05:00.000000Z"
}))]
pub struct RenovationVisitBody {
    #[schema(value_type = uuid::Uuid)]
    id: RenovationVisitId,
    #[schema(value_type = uuid::Uuid)]
    follow_up_id: FollowUpId,
    #[schema(value_type = uuid::Uuid)]
    project_id: RenovationProjectId,
    result: RenovationVisitResult,
    note: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    visited_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    visited_at: Timestamp,
}

impl From<RenovationVisit> for RenovationVisitBody {
    fn from(one: RenovationVisit) -> Self {
        Self {
            id: one.id,
            follow_up_id: one.follow_up,
            project_id: one.project,
            result: one.result,
            note: one.note,
            visited_by: one.visited_by,
            visited_at: one.visited_at,
        }
    }
}

/// End the follow-up of a renovation with what was found
///
/// It is due three months after the acceptance. 409 `follow_up.other_service` for what another service or project ends,
/// 409 `follow_up.ended` for what is done.
#[utoipa::path(
    operation_id = "create_renovation_visit", tag = "renovations", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewRenovationVisit, extensions(("x-permit" = json!("renovation.visit"))),
    responses(
        (status = 201, description = "Recorded", body = RenovationVisitBody,
            headers(("Location" = String, description = "Where it is: with its project"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/renovation-projects/{id}/visits")]
async fn create_renovation_visit(
    permit: Permit<acts::RenovationVisit>,
    store: web::Data<Store>,
    id: web::Path<RenovationProjectId>,
    new: Creation<NewRenovationVisit>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::record(tx, &permit, *id, new)?.try_map(|visit| {
            let place = format!("/v1/renovation-projects/{}", visit.project);
            Answer::created(place, 1, &RenovationVisitBody::from(visit))
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(create_renovation_visit);
}
