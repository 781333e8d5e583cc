//! `/v1/device-recalls`: call a batch back, list, read with who holds a piece.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{NewRecall, Recall, asked_batch};
use super::service::{self, Filter, Holder, Shown};
use crate::access::{Permit, acts};
use crate::casework::follow_ups::FollowUpState;
use crate::db::Store;
use crate::devices::allocations::AllocationState;
use crate::devices::catalog::{DeviceCode, Edition};
use crate::devices::stock::Movement;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{
    CaseId, DeviceAllocationId, DeviceRecallId, FollowUpId, ResidentId, StockMovementId, UserId,
    WarehouseId,
};
use crate::kernel::time::Timestamp;

page_of!(DeviceRecallPage, RecallBody);

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceRecall, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e14", "edition": "2022", "code": "122203", "batch_number": "20220301",
    "reason": "前轮轴承有断裂风险，厂家召回", "division_code": "990121000000",
    "recalled_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "recalled_at": "2022-09-01T01:05:00.000000Z"
}))]
pub struct RecallBody {
    #[schema(value_type = uuid::Uuid)]
    id: DeviceRecallId,
    #[schema(value_type = String)]
    edition: Edition,
    #[schema(value_type = String)]
    code: DeviceCode,
    batch_number: String,
    reason: String,
    /// Where it was called back.
    #[schema(value_type = String)]
    division_code: DivisionCode,
    #[schema(value_type = uuid::Uuid)]
    recalled_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    recalled_at: Timestamp,
}

impl From<Recall> for RecallBody {
    fn from(one: Recall) -> Self {
        Self {
            id: one.id,
            edition: one.item.edition,
            code: one.item.code,
            batch_number: one.batch_number,
            reason: one.reason,
            division_code: one.division_code,
            recalled_by: one.recalled_by,
            recalled_at: one.recalled_at,
        }
    }
}

/// Who holds a piece.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceRecallHolder)]
struct HolderBody {
    #[schema(value_type = uuid::Uuid)]
    allocation_id: DeviceAllocationId,
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    resident_name_masked: Option<String>,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    serial_number: Option<String>,
    /// Of the allocation now.
    state: AllocationState,
    #[schema(value_type = uuid::Uuid)]
    follow_up_id: FollowUpId,
    follow_up_state: FollowUpState,
}

impl From<Holder> for HolderBody {
    fn from(one: Holder) -> Self {
        let allocation = one.allocation;
        Self {
            allocation_id: allocation.id,
            case_id: allocation.case_id,
            resident_id: allocation.resident_id,
            resident_name_masked: one.resident_name_masked,
            division_code: allocation.division_code,
            serial_number: allocation.supply.and_then(|supply| supply.serial_number),
            state: allocation.state,
            follow_up_id: one.follow_up,
            follow_up_state: one.follow_up_state,
        }
    }
}

/// What left a warehouse by no allocation, and is not back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceRecallIssue)]
struct OtherIssue {
    #[schema(value_type = uuid::Uuid)]
    movement_id: StockMovementId,
    movement_number: String,
    #[schema(value_type = uuid::Uuid)]
    warehouse_id: WarehouseId,
    quantity: i32,
    #[schema(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    counterpart: Option<String>,
}

impl From<Movement> for OtherIssue {
    fn from(one: Movement) -> Self {
        Self {
            movement_id: one.id,
            movement_number: one.number,
            warehouse_id: one.lot.warehouse,
            quantity: one.change.saturating_neg(),
            case_id: one.case,
            counterpart: one.counterpart,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceRecallWithHolders, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e14", "edition": "2022", "code": "122203", "batch_number": "20220301",
    "reason": "前轮轴承有断裂风险，厂家召回", "division_code": "990121000000",
    "recalled_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "recalled_at": "2022-09-01T01:05:00.000000Z", "name_zh": "手动轮椅车",
    "holders": [{
        "allocation_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e11", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
        "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "resident_name_masked": "张**", "division_code": "990121103201",
        "serial_number": null, "state": "delivered", "follow_up_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e10", "follow_up_state": "open"}],
    "other_issues": []
}))]
pub struct RecallWithHolders {
    #[serde(flatten)]
    recall: RecallBody,
    name_zh: String,
    /// All in your sight.
    holders: Vec<HolderBody>,
    other_issues: Vec<OtherIssue>,
}

impl From<Shown> for RecallWithHolders {
    fn from(shown: Shown) -> Self {
        Self {
            recall: shown.recall.into(),
            name_zh: shown.name_zh,
            holders: shown.holders.into_iter().map(Into::into).collect(),
            other_issues: shown.other_issues.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RecallQuery {
    #[param(value_type = Option<String>, example = "2022")]
    edition: Option<Edition>,
    #[param(value_type = Option<String>, example = "122203")]
    code: Option<DeviceCode>,
    #[param(max_length = 100)]
    batch_number: Option<String>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List recalls, newest first
///
/// Wherever they were made: what is called back concerns everybody.
#[utoipa::path(
    operation_id = "list_device_recalls", tag = "devices", params(RecallQuery), extensions(("x-permit" = json!("device_recall.read"))),
    responses((status = 200, description = "A page of recalls", body = DeviceRecallPage), ReadErrors)
)]
#[get("/v1/device-recalls")]
async fn list_device_recalls(
    permit: Permit<acts::DeviceRecallRead>,
    store: web::Data<Store>,
    Params(query): Params<RecallQuery>,
) -> Result<web::Json<DeviceRecallPage>> {
    let paging = Paging::of(
        store.keys(),
        "device-recalls",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let filter = Filter {
        id: None,
        edition: query.edition.clone(),
        code: query.code.clone(),
        batch_number: asked_batch(query.batch_number.clone())?,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |recall| recall.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(DeviceRecallPage { items, next }))
}

/// Call a batch back
///
/// Names everybody in your sight who holds a piece of it, and plans a follow-up for each within a week. From now on no
/// piece of it is issued, bought or delivered (409 `device.recalled`), and who has one may get another within its
/// use-life.
#[utoipa::path(
    operation_id = "create_device_recall", tag = "devices", params(IdempotencyKey), request_body = NewRecall,
    extensions(("x-permit" = json!("device_recall.make"))),
    responses(
        (status = 201, description = "Called back, with all who hold a piece", body = RecallWithHolders,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/device-recalls")]
async fn create_device_recall(
    permit: Permit<acts::DeviceRecallMake>,
    store: web::Data<Store>,
    new: Creation<NewRecall>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::recall(tx, &permit, new)?.try_map(|shown| {
            let place = format!("/v1/device-recalls/{}", shown.recall.id);
            Answer::created(place, 1, &RecallWithHolders::from(shown))
        })
    })
    .await
}

/// Read a recall with who holds a piece
///
/// Those who held one when it was called back and are in your sight, with where their pieces are now. The look is recorded.
#[utoipa::path(
    operation_id = "get_device_recall", tag = "devices", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("device_recall.read"))),
    responses((status = 200, description = "The recall", body = RecallWithHolders), ReadErrors)
)]
#[get("/v1/device-recalls/{id}")]
async fn get_device_recall(
    permit: Permit<acts::DeviceRecallRead>,
    store: web::Data<Store>,
    id: web::Path<DeviceRecallId>,
) -> Result<web::Json<RecallWithHolders>> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(web::Json(shown.into()))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_device_recalls)
        .service(create_device_recall)
        .service(get_device_recall);
}
