//! `/v1/recoveries/{id}/movements`: what comes back, proposed and decided.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{Movement, NewDecision, NewMovement};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::error::Result;
use crate::kernel::id::{RecoveryId, RecoveryMovementId};

page_of!(RecoveryMovementPage, Movement);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MovementQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List what came back of a recovery, oldest first
#[utoipa::path(
    operation_id = "list_recovery_movements", tag = "subsidies", params(("id" = uuid::Uuid, Path), MovementQuery),
    extensions(("x-permit" = json!("recovery.read"))),
    responses((status = 200, description = "A page of movements", body = RecoveryMovementPage), ReadErrors)
)]
#[get("/v1/recoveries/{id}/movements")]
async fn list_recovery_movements(
    permit: Permit<acts::RecoveryRead>,
    store: web::Data<Store>,
    id: web::Path<RecoveryId>,
    Params(query): Params<MovementQuery>,
) -> Result<web::Json<RecoveryMovementPage>> {
    let list = format!("recovery-movements {id}");
    let paging = Paging::of(
        store.keys(),
        &list,
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, *id, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |movement| movement.id)?;
    Ok(web::Json(RecoveryMovementPage { items, next }))
}

/// Propose a refund or a write-off
///
/// A refund with what proves it, a write-off with its reason; counted once somebody else approves. 409
/// `recovery.exceeds_rest` for more than is left, 409 `recovery_movement.receipt_used` for a receipt that proves
/// another refund.
#[utoipa::path(
    operation_id = "create_recovery_movement", tag = "subsidies", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewMovement, extensions(("x-permit" = json!("recovery.act"))),
    responses(
        (status = 201, description = "Proposed", body = Movement,
            headers(("Location" = String, description = "The list of movements"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/recoveries/{id}/movements")]
async fn create_recovery_movement(
    permit: Permit<acts::RecoveryAct>,
    store: web::Data<Store>,
    id: web::Path<RecoveryId>,
    new: Creation<NewMovement>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        let place = format!("/v1/recoveries/{id}/movements");
        service::propose(tx, &permit, *id, &new)?
            .try_map(|movement| Answer::created(place, 1, &movement))
    })
    .await
}

/// Approve or reject what somebody else proposed
///
/// Once, and by another person (403 `recovery.own`); the books follow an approval.
#[utoipa::path(
    operation_id = "decide_recovery_movement", tag = "subsidies",
    params(("id" = uuid::Uuid, Path), ("movement_id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewDecision, extensions(("x-permit" = json!("recovery.approve"))),
    responses(
        (status = 201, description = "Decided", body = Movement,
            headers(("Location" = String, description = "The list of movements"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/recoveries/{id}/movements/{movement_id}/decision")]
async fn decide_recovery_movement(
    permit: Permit<acts::RecoveryApprove>,
    store: web::Data<Store>,
    path: web::Path<(RecoveryId, RecoveryMovementId)>,
    new: Creation<NewDecision>,
) -> Result<HttpResponse> {
    let (id, movement) = path.into_inner();
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        let place = format!("/v1/recoveries/{id}/movements");
        service::decide(tx, &permit, id, movement, &new)?
            .try_map(|movement| Answer::created(place, 2, &movement))
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_recovery_movements)
        .service(create_recovery_movement)
        .service(decide_recovery_movement);
}
