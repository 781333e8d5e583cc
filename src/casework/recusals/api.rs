//! `/v1/cases/{id}/recusals`: declare a relation, see those known, end one.

use actix_web::{HttpResponse, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Detection, Named, NewEnding, NewRecusal, Recusal, Relation, Tie};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::whole_page_of;
use crate::http::{Answer, Creation, IdempotencyKey, ReadErrors, Routes, WriteErrors};
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, RecusalId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recusal, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "user": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "username": "township2.990121103", "display_name": "丙岭三号镇 审核人"},
    "relation": "sibling", "detected_by": null, "reason": "当事人是我妹妹", "declared_at": "2022-07-04T01:00:00.000000Z",
    "ended_at": null, "ended_by": null, "end_reason": null
}))]
pub struct RecusalBody {
    /// Null of what was detected, which nobody declared.
    #[schema(value_type = Option<uuid::Uuid>)]
    id: Option<RecusalId>,
    user: RecusalUser,
    /// As declared.
    relation: Option<Relation>,
    /// What shows it, where nobody declared it.
    detected_by: Option<Detection>,
    reason: Option<String>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    declared_at: Option<Timestamp>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    ended_at: Option<Timestamp>,
    #[schema(value_type = Option<uuid::Uuid>)]
    ended_by: Option<UserId>,
    end_reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RecusalUser {
    #[schema(value_type = uuid::Uuid)]
    id: UserId,
    username: String,
    display_name: String,
}

impl From<Named> for RecusalUser {
    fn from((id, username, display_name): Named) -> Self {
        Self {
            id,
            username,
            display_name,
        }
    }
}

impl From<Recusal> for RecusalBody {
    fn from(recusal: Recusal) -> Self {
        let (relation, detected_by) = match recusal.tie {
            Tie::Declared(relation) => (Some(relation), None),
            Tie::Detected(detection) => (None, Some(detection)),
        };
        let (ended_at, ended_by, end_reason) = match recusal.ended {
            Some(ending) => (Some(ending.at), Some(ending.by), Some(ending.reason)),
            None => (None, None, None),
        };
        Self {
            id: recusal.id,
            user: recusal.user.into(),
            relation,
            detected_by,
            reason: recusal.reason,
            declared_at: recusal.declared_at,
            ended_at,
            ended_by,
            end_reason,
        }
    }
}

whole_page_of!(RecusalPage, RecusalBody);

/// Who is related to a case's resident
///
/// Declared relations, ended ones too, oldest first; then what the office sees by itself.
#[utoipa::path(
    operation_id = "list_case_recusals", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("recusal.read"))),
    responses((status = 200, description = "All of them", body = RecusalPage), ReadErrors)
)]
#[get("/v1/cases/{id}/recusals")]
async fn list_case_recusals(
    permit: Permit<acts::RecusalRead>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
) -> Result<web::Json<RecusalPage>> {
    let all = store
        .look(permit.reach(), move |db| service::list(db, &permit, *id))
        .await?;
    let items = all.into_iter().map(Into::into).collect();
    Ok(web::Json(RecusalPage::whole(items)))
}

/// Declare your own relation to a case's resident
///
/// From now on you take no step of any of the resident's cases: 403 `case.recusal_required`. A
/// village liaison still files for everybody but themself. What waits with you goes to somebody else.
#[utoipa::path(
    operation_id = "declare_recusal", tag = "casework", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewRecusal, extensions(("x-permit" = json!("case.act"))),
    responses(
        (status = 201, description = "Declared", body = RecusalBody,
            headers(("Location" = String, description = "All that are known"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/cases/{id}/recusals")]
async fn declare_recusal(
    permit: Permit<acts::CaseAct>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
    new: Creation<NewRecusal>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::declare(tx, &permit, *id, &new)?.try_map(|recusal| {
            let body = RecusalBody::from(recusal);
            Answer::created(format!("/v1/cases/{id}/recusals"), 1, &body)
        })
    })
    .await
}

/// End a declared relation that does not hold any more
///
/// Never by the one who declared it: 403 `recusal.own`.
#[utoipa::path(
    operation_id = "end_recusal", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("recusal_id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewEnding, extensions(("x-permit" = json!("recusal.end"))),
    responses(
        (status = 201, description = "Ended", body = RecusalBody,
            headers(("Location" = String, description = "All that are known"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/cases/{id}/recusals/{recusal_id}/ending")]
async fn end_recusal(
    permit: Permit<acts::RecusalEnd>,
    store: web::Data<Store>,
    path: web::Path<(CaseId, RecusalId)>,
    new: Creation<NewEnding>,
) -> Result<HttpResponse> {
    let (case, recusal) = path.into_inner();
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::end(tx, &permit, case, recusal, &new)?.try_map(|recusal| {
            let body = RecusalBody::from(recusal);
            Answer::created(format!("/v1/cases/{case}/recusals"), 2, &body)
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_case_recusals)
        .service(declare_recusal)
        .service(end_recusal);
}
