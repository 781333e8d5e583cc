//! `/v1/stock-deliveries`: announce, list, read, receive.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{
    DeliveryAction, DeliveryKind, DeliveryState, NewDelivery, NewDeliveryTransition,
};
use super::service::{self, Filter, Shown};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::devices::stock::LotDescription;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{StockDeliveryId, UserId, WarehouseId};
use crate::kernel::time::Timestamp;

page_of!(StockDeliveryPage, DeliveryBody);

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockDelivery, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0e", "kind": "purchase", "state": "expected", "allowed_actions": ["receive"],
    "from_warehouse_id": null, "from_division_code": null, "to_warehouse_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "to_division_code": "990121000000",
    "lot": {"edition": "2022", "code": "122203", "brand": "某牌", "model": "W-100", "batch_number": "20220301", "serial_number": null,
        "unit_price_fen": 118_000, "fund_source": "fiscal", "supplier": "某康复器具公司"},
    "name_zh": "手动轮椅车", "unit": "辆", "quantity": 10, "invoice_number": "03100220011100000001", "note": null,
    "announced_by_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "announced_date": "2022-07-04", "announced_at": "2022-07-04T01:00:00.000000Z",
    "received_quantity": null, "reason": null, "closed_by_id": null, "closed_at": null, "version": 1
}))]
pub struct DeliveryBody {
    #[schema(value_type = uuid::Uuid)]
    id: StockDeliveryId,
    kind: DeliveryKind,
    state: DeliveryState,
    /// What you may do to it.
    allowed_actions: Vec<DeliveryAction>,
    /// Of a transfer.
    #[schema(value_type = Option<uuid::Uuid>)]
    from_warehouse_id: Option<WarehouseId>,
    #[schema(value_type = Option<String>)]
    from_division_code: Option<DivisionCode>,
    #[schema(value_type = uuid::Uuid)]
    to_warehouse_id: WarehouseId,
    #[schema(value_type = String)]
    to_division_code: DivisionCode,
    lot: LotDescription,
    name_zh: String,
    unit: String,
    quantity: i32,
    invoice_number: Option<String>,
    note: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    announced_by_id: UserId,
    announced_date: NaiveDate,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    announced_at: Timestamp,
    received_quantity: Option<i32>,
    /// Why fewer came, or why it was called off.
    reason: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    closed_by_id: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    closed_at: Option<Timestamp>,
    version: i32,
}

impl From<Shown> for DeliveryBody {
    fn from(shown: Shown) -> Self {
        let delivery = shown.delivery;
        Self {
            version: delivery.version(),
            id: delivery.id,
            kind: delivery.kind,
            state: delivery.state,
            allowed_actions: shown.allowed,
            from_warehouse_id: delivery.from.map(|(warehouse, _)| warehouse),
            from_division_code: delivery.from.map(|(_, division)| division),
            to_warehouse_id: delivery.to.0,
            to_division_code: delivery.to.1,
            lot: delivery.is,
            name_zh: shown.name_zh,
            unit: shown.unit,
            quantity: delivery.quantity,
            invoice_number: delivery.invoice_number,
            note: delivery.note,
            announced_by_id: delivery.announced_by,
            announced_date: delivery.announced_date,
            announced_at: delivery.announced_at,
            received_quantity: delivery.received_quantity,
            reason: delivery.reason,
            closed_by_id: delivery.closed_by,
            closed_at: delivery.closed_at,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DeliveryQuery {
    /// Only what comes from or goes to this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<DeliveryState>,
    #[param(inline)]
    kind: Option<DeliveryKind>,
    #[param(value_type = Option<uuid::Uuid>)]
    to_warehouse_id: Option<WarehouseId>,
    #[param(value_type = Option<uuid::Uuid>)]
    from_warehouse_id: Option<WarehouseId>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List deliveries, newest first
///
/// Those that are `expected` from another warehouse are on their way, and in nobody's stock.
#[utoipa::path(
    operation_id = "list_stock_deliveries", tag = "devices", params(DeliveryQuery), extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "A page of deliveries", body = StockDeliveryPage), ReadErrors)
)]
#[get("/v1/stock-deliveries")]
async fn list_stock_deliveries(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    Params(query): Params<DeliveryQuery>,
) -> Result<web::Json<StockDeliveryPage>> {
    let paging = Paging::of(
        store.keys(),
        "stock-deliveries",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        id: None,
        state: query.state,
        kind: query.kind,
        to: query.to_warehouse_id,
        from: query.from_warehouse_id,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &permit, &scope, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.delivery.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(StockDeliveryPage { items, next }))
}

/// Announce what was bought, or send something to another warehouse
///
/// A purchase by a buyer, a transfer by a keeper of the warehouse that sends (403 `warehouse.duty_required`). What is
/// sent is in neither's stock until it is received; 409 `stock.insufficient` for more than lies there.
#[utoipa::path(
    operation_id = "create_stock_delivery", tag = "devices", params(IdempotencyKey), request_body = NewDelivery,
    extensions(("x-permit" = json!("stock.act"))),
    responses(
        (status = 201, description = "Announced", body = DeliveryBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/stock-deliveries")]
async fn create_stock_delivery(
    permit: Permit<acts::StockAct>,
    store: web::Data<Store>,
    new: Creation<NewDelivery>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::announce(tx, &permit, &new)?.try_map(answer)
    })
    .await
}

fn answer(shown: Shown) -> Result<Answer> {
    let (id, version) = (shown.delivery.id, shown.delivery.version());
    let place = format!("/v1/stock-deliveries/{id}");
    Answer::created(place, version, &DeliveryBody::from(shown))
}

/// Read a delivery
#[utoipa::path(
    operation_id = "get_stock_delivery", tag = "devices", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "The delivery", body = DeliveryBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/stock-deliveries/{id}")]
async fn get_stock_delivery(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    id: web::Path<StockDeliveryId>,
) -> Result<HttpResponse> {
    let shown = store
        .read(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.delivery.version())))
        .json(DeliveryBody::from(shown)))
}

/// Receive a delivery, or call it off
///
/// Received by a keeper of the warehouse it comes to, who has not announced it (403
/// `stock_delivery.separation_of_duties`), with how many came; fewer are explained. Of pieces with numbers each is
/// named. Called off by the side that announced it: what was sent lies there again.
#[utoipa::path(
    operation_id = "create_stock_delivery_transition", tag = "devices",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewDeliveryTransition, extensions(("x-permit" = json!("stock.act"))),
    responses(
        (status = 201, description = "The delivery as it now is", body = DeliveryBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/stock-deliveries/{id}/transitions")]
async fn create_stock_delivery_transition(
    permit: Permit<acts::StockAct>,
    store: web::Data<Store>,
    id: web::Path<StockDeliveryId>,
    seen: IfMatch,
    asked: Creation<NewDeliveryTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, &asked)?.try_map(answer)
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_stock_deliveries)
        .service(create_stock_delivery)
        .service(get_stock_delivery)
        .service(create_stock_delivery_transition);
}
