//! `/v1/warehouses`: open, list, read, and say who does what there.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{EndDuty, NewDuty, NewWarehouse, Warehouse, WarehouseDuty, WarehouseDutyHeld};
use super::service::{self, Shown};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{WarehouseDutyId, WarehouseId};

page_of!(WarehousePage, Warehouse);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WarehouseQuery {
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

/// List warehouses, the oldest first
///
/// Wherever they are, so that one can be sent something; who works there and what lies there is told in one's sight.
#[utoipa::path(
    operation_id = "list_warehouses", tag = "devices", params(WarehouseQuery), extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "A page of warehouses", body = WarehousePage), ReadErrors)
)]
#[get("/v1/warehouses")]
async fn list_warehouses(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    Params(query): Params<WarehouseQuery>,
) -> Result<web::Json<WarehousePage>> {
    let paging = Paging::of(
        store.keys(),
        "warehouses",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = query
        .division_code
        .map(|division| permit.scope_in(Some(division)))
        .transpose()?;
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, scope.as_ref(), after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |warehouse| warehouse.id)?;
    Ok(web::Json(WarehousePage { items, next }))
}

#[derive(Debug, Serialize, ToSchema)]
struct WarehouseBody {
    #[serde(flatten)]
    warehouse: Warehouse,
    /// Whoever has or had a duty there, the latest first.
    duties: Vec<WarehouseDutyHeld>,
    /// What you do there today.
    own_duty: Option<WarehouseDuty>,
}

impl From<Shown> for WarehouseBody {
    fn from(shown: Shown) -> Self {
        Self {
            warehouse: shown.warehouse,
            duties: shown.duties,
            own_duty: shown.own_duty,
        }
    }
}

/// Open a warehouse
#[utoipa::path(
    operation_id = "create_warehouse", tag = "devices", params(IdempotencyKey), request_body = NewWarehouse,
    extensions(("x-permit" = json!("warehouse.manage"))),
    responses(
        (status = 201, description = "Opened", body = Warehouse,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/warehouses")]
async fn create_warehouse(
    permit: Permit<acts::WarehouseManage>,
    store: web::Data<Store>,
    new: Creation<NewWarehouse>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::create(tx, &permit, &new)?.try_map(|warehouse| {
            Answer::created(format!("/v1/warehouses/{}", warehouse.id), 1, &warehouse)
        })
    })
    .await
}

/// Read a warehouse, with its people
#[utoipa::path(
    operation_id = "get_warehouse", tag = "devices", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "The warehouse", body = WarehouseBody), ReadErrors)
)]
#[get("/v1/warehouses/{id}")]
async fn get_warehouse(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    id: web::Path<WarehouseId>,
) -> Result<web::Json<WarehouseBody>> {
    let shown = store
        .read(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(web::Json(shown.into()))
}

/// Say who buys, keeps or counts at a warehouse
///
/// 409 `warehouse_duty.exclusive` for who has a duty there in these days already.
#[utoipa::path(
    operation_id = "assign_warehouse_duty", tag = "devices", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewDuty, extensions(("x-permit" = json!("warehouse.manage"))),
    responses(
        (status = 201, description = "The duty", body = WarehouseDutyHeld,
            headers(("Location" = String, description = "The warehouse"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/warehouses/{id}/duties")]
async fn assign_warehouse_duty(
    permit: Permit<acts::WarehouseManage>,
    store: web::Data<Store>,
    id: web::Path<WarehouseId>,
    new: Creation<NewDuty>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::assign(tx, &permit, *id, &new)?
            .try_map(|held| Answer::created(format!("/v1/warehouses/{id}"), 1, &held))
    })
    .await
}

/// End a duty
#[utoipa::path(
    operation_id = "end_warehouse_duty", tag = "devices",
    params(("id" = uuid::Uuid, Path), ("duty_id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = EndDuty, extensions(("x-permit" = json!("warehouse.manage"))),
    responses(
        (status = 201, description = "The duty as it now is", body = WarehouseDutyHeld,
            headers(("Location" = String, description = "The warehouse"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/warehouses/{id}/duties/{duty_id}/end")]
async fn end_warehouse_duty(
    permit: Permit<acts::WarehouseManage>,
    store: web::Data<Store>,
    path: web::Path<(WarehouseId, WarehouseDutyId)>,
    asked: Creation<EndDuty>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    let (id, duty) = path.into_inner();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::end(tx, &permit, id, duty, &asked)?
                .try_map(|held| Answer::created(format!("/v1/warehouses/{id}"), 2, &held))
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_warehouses)
        .service(create_warehouse)
        .service(get_warehouse)
        .service(assign_warehouse_duty)
        .service(end_warehouse_duty);
}
