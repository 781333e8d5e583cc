//! `/v1/stock-movements`: book, list, read, take back.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{FundSource, Lot, NewMovement, NewReversal, StockMovementKind};
use super::service::{self, Filter, Shown};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::devices::catalog::{DeviceCode, Edition};
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors, etag,
};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{
    CaseId, StockDeliveryId, StockLotId, StockMovementId, StocktakeId, UserId, WarehouseId,
};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

page_of!(StockMovementPage, StockMovementBody);

/// What lies together: one item of one make, batch and price, or one piece with its number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockLot)]
pub struct LotBody {
    #[schema(value_type = uuid::Uuid)]
    id: StockLotId,
    #[schema(value_type = uuid::Uuid)]
    warehouse_id: WarehouseId,
    #[schema(value_type = String)]
    edition: Edition,
    #[schema(value_type = String)]
    code: DeviceCode,
    name_zh: String,
    unit: String,
    brand: Option<String>,
    model: Option<String>,
    batch_number: Option<String>,
    serial_number: Option<String>,
    unit_price_fen: Fen,
    fund_source: FundSource,
    supplier: Option<String>,
}

impl LotBody {
    pub fn of(lot: Lot, name_zh: String, unit: String) -> Self {
        Self {
            id: lot.id,
            warehouse_id: lot.warehouse,
            edition: lot.is.edition,
            code: lot.is.code,
            name_zh,
            unit,
            brand: lot.is.brand,
            model: lot.is.model,
            batch_number: lot.is.batch_number,
            serial_number: lot.is.serial_number,
            unit_price_fen: lot.is.unit_price,
            fund_source: lot.is.fund_source,
            supplier: lot.is.supplier,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockMovement, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0d", "movement_number": "990121-CK-2022-000001", "kind": "issue",
    "division_code": "990121000000", "change": -1, "balance": 9, "moved_date": "2022-07-04",
    "lot": {
        "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "warehouse_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "edition": "2022",
        "code": "122203", "name_zh": "手动轮椅车", "unit": "辆", "brand": "某牌", "model": "W-100", "batch_number": "20220301",
        "serial_number": null, "unit_price_fen": 118_000, "fund_source": "fiscal", "supplier": "某康复器具公司"},
    "sequence": 2, "actor_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "actor_name": "丙岭县残联 经办人", "case_id": null,
    "counterpart": "丙岭县某康复站", "note": null, "origin_id": null, "reverses_id": null, "reversed_by_id": null,
    "delivery_id": null, "stocktake_id": null, "at": "2022-07-04T01:00:00.000000Z"
}))]
pub struct StockMovementBody {
    #[schema(value_type = uuid::Uuid)]
    id: StockMovementId,
    movement_number: String,
    kind: StockMovementKind,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    lot: LotBody,
    /// More than zero came in, less went out. A counter-movement has the other direction of its kind.
    change: i32,
    /// Of the lot, afterwards.
    balance: i32,
    /// Its place in the lot's history.
    sequence: i32,
    moved_date: NaiveDate,
    #[schema(value_type = uuid::Uuid)]
    actor_id: UserId,
    actor_name: String,
    #[schema(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    counterpart: Option<String>,
    note: Option<String>,
    /// Of a return: what was issued or lent.
    #[schema(value_type = Option<uuid::Uuid>)]
    origin_id: Option<StockMovementId>,
    /// Of a counter-movement: what it takes back.
    #[schema(value_type = Option<uuid::Uuid>)]
    reverses_id: Option<StockMovementId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    reversed_by_id: Option<StockMovementId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    delivery_id: Option<StockDeliveryId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    stocktake_id: Option<StocktakeId>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Shown> for StockMovementBody {
    fn from(shown: Shown) -> Self {
        let movement = shown.movement;
        Self {
            id: movement.id,
            movement_number: movement.number,
            kind: movement.kind,
            division_code: movement.lot.division,
            lot: LotBody::of(movement.lot, shown.name_zh, shown.unit),
            change: movement.change,
            balance: movement.balance,
            sequence: movement.sequence,
            moved_date: movement.moved_date,
            actor_id: movement.actor,
            actor_name: shown.actor_name,
            case_id: movement.case,
            counterpart: movement.counterpart,
            note: movement.note,
            origin_id: movement.origin,
            reverses_id: movement.reverses,
            reversed_by_id: shown.reversed_by,
            delivery_id: movement.delivery,
            stocktake_id: movement.stocktake,
            at: movement.at,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MovementQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(value_type = Option<uuid::Uuid>)]
    warehouse_id: Option<WarehouseId>,
    #[param(value_type = Option<uuid::Uuid>)]
    lot_id: Option<StockLotId>,
    #[param(inline)]
    kind: Option<StockMovementKind>,
    #[param(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    #[param(value_type = Option<uuid::Uuid>)]
    delivery_id: Option<StockDeliveryId>,
    #[param(value_type = Option<uuid::Uuid>)]
    stocktake_id: Option<StocktakeId>,
    #[param(value_type = Option<String>, example = "2022")]
    edition: Option<Edition>,
    #[param(value_type = Option<String>, example = "122203")]
    code: Option<DeviceCode>,
    /// All that happened to a batch: who has pieces of it is told by its issues.
    batch_number: Option<String>,
    serial_number: Option<String>,
    #[param(example = "2022-07-01")]
    #[serde(default, deserialize_with = "date::maybe")]
    from_date: Option<NaiveDate>,
    #[param(example = "2022-07-31")]
    #[serde(default, deserialize_with = "date::maybe")]
    to_date: Option<NaiveDate>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List stock movements, newest first
#[utoipa::path(
    operation_id = "list_stock_movements", tag = "devices", params(MovementQuery), extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "A page of movements", body = StockMovementPage), ReadErrors)
)]
#[get("/v1/stock-movements")]
async fn list_stock_movements(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    Params(query): Params<MovementQuery>,
) -> Result<web::Json<StockMovementPage>> {
    date::in_order(("from_date", query.from_date), ("to_date", query.to_date))?;
    let paging = Paging::of(
        store.keys(),
        "stock-movements",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        id: None,
        warehouse: query.warehouse_id,
        lot: query.lot_id,
        kind: query.kind,
        case: query.case_id,
        delivery: query.delivery_id,
        stocktake: query.stocktake_id,
        edition: query.edition,
        code: query.code,
        batch_number: query.batch_number,
        serial_number: query.serial_number,
        from: query.from_date,
        to: query.to_date,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.movement.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(StockMovementPage { items, next }))
}

/// Book a donation, an issue, a loan, a return or what is scrapped
///
/// By a keeper of the warehouse (403 `warehouse.duty_required`). What there is not is not issued: 409
/// `stock.insufficient` with `in_stock`; no more comes back than is still out (409 `stock.exceeds_issue`). A piece with
/// a serial number is in one place at a time (409 `stock.serial_number_taken`). Nothing of a batch that is called back
/// is issued or lent (409 `device.recalled`). What is bought or sent from another warehouse comes in by its delivery;
/// what a person gets goes out by their allocation.
#[utoipa::path(
    operation_id = "create_stock_movement", tag = "devices", params(IdempotencyKey), request_body = NewMovement,
    extensions(("x-permit" = json!("stock.act"))),
    responses(
        (status = 201, description = "Booked", body = StockMovementBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/stock-movements")]
async fn create_stock_movement(
    permit: Permit<acts::StockAct>,
    store: web::Data<Store>,
    new: Creation<NewMovement>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        let movement = service::create(tx, &permit, &new)?;
        movement.try_map(|movement| {
            let shown = service::one_shown(tx, movement)?;
            let place = format!("/v1/stock-movements/{}", shown.movement.id);
            Answer::created(place, 1, &StockMovementBody::from(shown))
        })
    })
    .await
}

/// Read a stock movement
#[utoipa::path(
    operation_id = "get_stock_movement", tag = "devices", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "The movement", body = StockMovementBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/stock-movements/{id}")]
async fn get_stock_movement(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    id: web::Path<StockMovementId>,
) -> Result<HttpResponse> {
    let shown = store
        .read(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(1)))
        .json(StockMovementBody::from(shown)))
}

/// Take a movement back
///
/// Whole and once, by a counter-movement that names it: nothing that was booked is changed. 409
/// `stock_movement.not_reversible` for what was taken back, of which something came back, or that is the other side of
/// a transfer or a count; 409 `stock.insufficient` where what came in has gone out since.
#[utoipa::path(
    operation_id = "reverse_stock_movement", tag = "devices", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewReversal, extensions(("x-permit" = json!("stock.act"))),
    responses(
        (status = 201, description = "The counter-movement", body = StockMovementBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/stock-movements/{id}/reversal")]
async fn reverse_stock_movement(
    permit: Permit<acts::StockAct>,
    store: web::Data<Store>,
    id: web::Path<StockMovementId>,
    asked: Creation<NewReversal>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            let movement = service::reverse(tx, &permit, *id, &asked)?;
            movement.try_map(|movement| {
                let shown = service::one_shown(tx, movement)?;
                let place = format!("/v1/stock-movements/{}", shown.movement.id);
                Answer::created(place, 1, &StockMovementBody::from(shown))
            })
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_stock_movements)
        .service(create_stock_movement)
        .service(get_stock_movement)
        .service(reverse_stock_movement);
}
