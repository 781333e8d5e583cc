//! `/v1/follow-ups/{id}/result`: what was found of a device.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{DeviceCheck, DeviceCheckResult, NewDeviceCheck};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::{Answer, Creation, IdempotencyKey, ReadErrors, Routes, WriteErrors};
use crate::kernel::error::Result;
use crate::kernel::id::{DeviceAllocationId, DeviceCheckId, FollowUpId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceCheck, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e12", "follow_up_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e10",
    "allocation_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e11", "result": "needs_repair", "note": "左侧刹车失灵",
    "checked_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "checked_at": "2022-08-18T01:05:00.000000Z"
}))]
pub struct DeviceCheckBody {
    #[schema(value_type = uuid::Uuid)]
    id: DeviceCheckId,
    #[schema(value_type = uuid::Uuid)]
    follow_up_id: FollowUpId,
    #[schema(value_type = uuid::Uuid)]
    allocation_id: DeviceAllocationId,
    result: DeviceCheckResult,
    note: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    checked_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    checked_at: Timestamp,
}

impl From<DeviceCheck> for DeviceCheckBody {
    fn from(one: DeviceCheck) -> Self {
        Self {
            id: one.id,
            follow_up_id: one.follow_up,
            allocation_id: one.allocation,
            result: one.result,
            note: one.note,
            checked_by: one.checked_by,
            checked_at: one.checked_at,
        }
    }
}

/// End a follow-up of a device with what was found
///
/// Of a check that was due one, three or twelve months after the delivery, or of a recall. What is to be repaired or
/// comes back is noted at the allocation (`repair`, `return`). 409 `follow_up.other_service` for what another service
/// ends, 409 `follow_up.ended` for what is done, 409 `resident.in_transfer` until a transfer that is offered is decided.
#[utoipa::path(
    operation_id = "create_follow_up_result", tag = "devices", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewDeviceCheck, extensions(("x-permit" = json!("device_check.record"))),
    responses(
        (status = 201, description = "Recorded", body = DeviceCheckBody,
            headers(("Location" = String, description = "Where it is: with its allocation"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/follow-ups/{id}/result")]
async fn create_follow_up_result(
    permit: Permit<acts::DeviceCheckRecord>,
    store: web::Data<Store>,
    id: web::Path<FollowUpId>,
    new: Creation<NewDeviceCheck>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::record(tx, &permit, *id, new)?.try_map(|check| {
            let place = format!("/v1/device-allocations/{}", check.allocation);
            Answer::created(place, 1, &DeviceCheckBody::from(check))
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(create_follow_up_result);
}
