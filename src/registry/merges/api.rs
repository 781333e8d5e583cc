//! `/v1/residents/{id}/merges`, `/v1/resident-merges`.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Decision, Merge, MergeKind, MergeState, NewMerge};
use super::service::{self, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{MergeId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

/// A merge or a split, from its proposal on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResidentMerge, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e10", "kind": "merge",
    "kept_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "duplicate_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "merge_id": null, "reason": "身份证号登记有误，系同一人", "state": "proposed",
    "proposed_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "proposed_at": "2022-07-04T01:00:00.000000Z",
    "decided_by": null, "decided_at": null, "comment": null
}))]
pub struct MergeBody {
    #[schema(value_type = uuid::Uuid)]
    id: MergeId,
    kind: MergeKind,
    #[schema(value_type = uuid::Uuid)]
    kept_id: ResidentId,
    #[schema(value_type = uuid::Uuid)]
    duplicate_id: ResidentId,
    /// Of a split: the merge that it undoes.
    #[schema(value_type = Option<uuid::Uuid>)]
    merge_id: Option<MergeId>,
    reason: String,
    state: MergeState,
    #[schema(value_type = uuid::Uuid)]
    proposed_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    proposed_at: Timestamp,
    #[schema(value_type = Option<uuid::Uuid>)]
    decided_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    decided_at: Option<Timestamp>,
    comment: Option<String>,
}

impl From<Merge> for MergeBody {
    fn from(merge: Merge) -> Self {
        Self {
            id: merge.id,
            kind: merge.kind,
            kept_id: merge.kept,
            duplicate_id: merge.duplicate,
            merge_id: merge.undoes,
            reason: merge.reason,
            state: merge.state,
            proposed_by: merge.proposed_by,
            proposed_at: merge.proposed_at,
            decided_by: merge.decision.map(|(by, _)| by),
            decided_at: merge.decision.map(|(_, at)| at),
            comment: merge.comment,
        }
    }
}

page_of!(MergePage, MergeBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MergeQuery {
    /// Only where the kept record lies in this division or beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<MergeState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// Propose that another record is the same person's
///
/// The record of the address is the one that is kept. Once another person has approved it, the duplicate is
/// left out of lists and searches, takes nothing that is written (409 `resident.merged`), and is found by its
/// numbers as the kept one.
#[utoipa::path(
    operation_id = "propose_merge", tag = "registry", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewMerge, extensions(("x-permit" = json!("merge.propose"))),
    responses(
        (status = 201, description = "Proposed", body = MergeBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/residents/{id}/merges")]
async fn propose_merge(
    permit: Permit<acts::MergePropose>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    new: Creation<NewMerge>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::propose(tx, &permit, *id, &new)?.try_map(answer)
    })
    .await
}

fn answer(merge: Merge) -> Result<Answer> {
    // A proposal is decided once.
    let version = 1 + i32::from(merge.state != MergeState::Proposed);
    let place = format!("/v1/resident-merges/{}", merge.id);
    Answer::created(place, version, &MergeBody::from(merge))
}

/// List merges and splits, newest first
#[utoipa::path(
    operation_id = "list_resident_merges", tag = "registry", params(MergeQuery), extensions(("x-permit" = json!("merge.read"))),
    responses((status = 200, description = "A page of them", body = MergePage), ReadErrors)
)]
#[get("/v1/resident-merges")]
async fn list_resident_merges(
    permit: Permit<acts::MergeRead>,
    store: web::Data<Store>,
    Params(query): Params<MergeQuery>,
) -> Result<web::Json<MergePage>> {
    let paging = Paging::of(
        store.keys(),
        "resident_merges",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let window = Window {
        division: query.division_code,
        state: query.state,
        after,
        count,
    };
    let rows = store
        .look(permit.reach(), move |db| {
            service::list(db, &permit, &window)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |merge| merge.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(MergePage { items, next }))
}

/// Read a merge or a split
#[utoipa::path(
    operation_id = "get_resident_merge", tag = "registry", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("merge.read"))),
    responses((status = 200, description = "The proposal as it now is", body = MergeBody), ReadErrors)
)]
#[get("/v1/resident-merges/{id}")]
async fn get_resident_merge(
    permit: Permit<acts::MergeRead>,
    store: web::Data<Store>,
    id: web::Path<MergeId>,
) -> Result<web::Json<MergeBody>> {
    let merge = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(web::Json(merge.into()))
}

/// Approve, refuse or withdraw a proposal, or propose to undo a merge
///
/// Deciding is for an approver who did not propose it: 403 `merge.separation_of_duties`. A merge is not
/// approved while both records have an open case or benefit in one program: 409 `resident.merge_conflict`,
/// with `program_codes`. `split` answers the proposal that undoes an approved merge, to be decided like any
/// other; the duplicate is then as it was.
#[utoipa::path(
    operation_id = "create_merge_transition", tag = "registry", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = Decision, extensions(("x-permit" = json!("merge.act"))),
    responses(
        (status = 201, description = "The proposal as it now is, or the new one", body = MergeBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/resident-merges/{id}/transitions")]
async fn create_merge_transition(
    permit: Permit<acts::MergeAct>,
    store: web::Data<Store>,
    id: web::Path<MergeId>,
    asked: Creation<Decision>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::act(tx, &permit, *id, &asked)?.try_map(answer)
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(propose_merge)
        .service(list_resident_merges)
        .service(get_resident_merge)
        .service(create_merge_transition);
}
