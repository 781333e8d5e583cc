//! `/v1/warehouses/{id}/reorder-levels`: lay down, and see what is undercut.

use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::model::{NewReorderLevel, ReorderLevel};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::whole_page_of;
use crate::http::{Answer, Creation, IdempotencyKey, Params, ReadErrors, Routes, WriteErrors};
use crate::kernel::error::Result;
use crate::kernel::id::WarehouseId;

whole_page_of!(ReorderLevelPage, ReorderLevel);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LevelQuery {
    /// Only what has fewer pieces than its level, or only the rest.
    below: Option<bool>,
}

/// List the reorder levels of a warehouse, beside what is there
#[utoipa::path(
    operation_id = "list_reorder_levels", tag = "devices", params(("id" = uuid::Uuid, Path), LevelQuery),
    extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "By edition and code", body = ReorderLevelPage), ReadErrors)
)]
#[get("/v1/warehouses/{id}/reorder-levels")]
async fn list_reorder_levels(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    id: web::Path<WarehouseId>,
    Params(query): Params<LevelQuery>,
) -> Result<web::Json<ReorderLevelPage>> {
    let all = store
        .read(permit.reach(), move |db| {
            service::all(db, &permit, *id, query.below)
        })
        .await?;
    Ok(web::Json(ReorderLevelPage::whole(all)))
}

/// Lay down from which quantity on more is ordered
///
/// Of one item, in place of what was laid down before; that stays on record.
#[utoipa::path(
    operation_id = "set_reorder_level", tag = "devices", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewReorderLevel, extensions(("x-permit" = json!("warehouse.manage"))),
    responses(
        (status = 201, description = "The level beside what is there", body = ReorderLevel,
            headers(("Location" = String, description = "All levels"), ("ETag" = String, description = "Its number"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/warehouses/{id}/reorder-levels")]
async fn set_reorder_level(
    permit: Permit<acts::WarehouseManage>,
    store: web::Data<Store>,
    id: web::Path<WarehouseId>,
    new: Creation<NewReorderLevel>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::set(tx, &permit, *id, &new)?.try_map(|level| {
            let place = format!("/v1/warehouses/{id}/reorder-levels");
            Answer::created(place, level.revision, &level)
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_reorder_levels)
        .service(set_reorder_level);
}
