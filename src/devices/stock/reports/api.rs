//! `GET /v1/warehouses/{id}/stock`, `…/turnover` and `…/register`.

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Flow, LotAt, StockSum, Turnover};
use super::register;
use super::service::{self, Asked};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::devices::catalog::{DeviceCode, Edition, ItemKey};
use crate::devices::stock::{LotBody, StockMovementKind};
use crate::http::page::is_place;
use crate::http::{FileContent, Paging, Params, ReadErrors, Routes};
use crate::kernel::date;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::WarehouseId;
use crate::kernel::money::Fen;

const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct StockQuery {
    /// At the end of that day; now unless given.
    #[param(example = "2022-07-31")]
    #[serde(default, deserialize_with = "date::maybe")]
    at: Option<NaiveDate>,
    #[param(value_type = Option<String>, example = "2022")]
    edition: Option<Edition>,
    #[param(value_type = Option<String>, example = "122203")]
    code: Option<DeviceCode>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct LotInStock {
    lot: LotBody,
    quantity: i32,
    value_fen: Fen,
}

impl LotInStock {
    fn of(at: LotAt) -> Result<Self> {
        let sum = StockSum::of(at.quantity, at.lot.is.unit_price, 1)?;
        Ok(Self {
            quantity: at.quantity,
            value_fen: sum.value,
            lot: LotBody::of(at.lot, at.name_zh, at.unit),
        })
    }
}

/// What lies in a warehouse.
#[derive(Debug, Serialize, ToSchema)]
struct StockPage {
    at: NaiveDate,
    /// Of all that was asked for, on this page or not.
    total: StockSum,
    items: Vec<LotInStock>,
    /// The cursor of the next page; null on the last one.
    next: Option<String>,
}

/// What lies in a warehouse, or lay there on a day, and what it is worth
///
/// What was sent elsewhere is not there any more, and what is expected not yet. Empty lots are left out.
#[utoipa::path(
    operation_id = "get_warehouse_stock", tag = "devices", params(("id" = uuid::Uuid, Path), StockQuery),
    extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "A page of lots, with the sum of all", body = StockPage), ReadErrors)
)]
#[get("/v1/warehouses/{id}/stock")]
async fn get_warehouse_stock(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    id: web::Path<WarehouseId>,
    Params(query): Params<StockQuery>,
) -> Result<web::Json<StockPage>> {
    let list = format!("warehouse-stock {id}");
    let paging = Paging::of(
        store.keys(),
        &list,
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let today = store.given().now().office_date();
    let asked = Asked {
        warehouse: *id,
        edition: query.edition,
        code: query.code,
        at: query.at.unwrap_or(today),
    };
    let at = asked.at;
    let (lots, total) = store
        .read(permit.reach(), move |db| {
            service::stock(db, &permit, &asked, after, count)
        })
        .await?;
    let (lots, next) = paging.cut(lots, |lot| lot.lot.id)?;
    let items = lots
        .into_iter()
        .map(LotInStock::of)
        .collect::<Result<_>>()?;
    Ok(web::Json(StockPage {
        at,
        total,
        items,
        next,
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PeriodQuery {
    #[param(example = "2022-07-01")]
    #[serde(deserialize_with = "date::written")]
    from_date: NaiveDate,
    /// Included.
    #[param(example = "2022-07-31")]
    #[serde(deserialize_with = "date::written")]
    to_date: NaiveDate,
}

/// What was there, what came, what went and what is left.
#[derive(Debug, Serialize, ToSchema)]
struct StockFlow {
    opening: StockSum,
    received: StockSum,
    issued: StockSum,
    closing: StockSum,
    /// The value that went out, in thousandths of the average of the opening and the closing value; null where nothing
    /// lay there.
    turnover_permille: Option<i64>,
}

impl StockFlow {
    fn of(flow: &Flow) -> Result<Self> {
        Ok(Self {
            opening: flow.opening,
            received: flow.received,
            issued: flow.issued,
            closing: flow.closing()?,
            turnover_permille: flow.turnover_permille()?,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct ItemTurnover {
    #[schema(value_type = String)]
    edition: Edition,
    #[schema(value_type = String)]
    code: DeviceCode,
    name_zh: String,
    unit: String,
    #[serde(flatten)]
    flow: StockFlow,
}

#[derive(Debug, Serialize, ToSchema)]
struct KindTurnover {
    kind: StockMovementKind,
    /// More than zero came in, less went out.
    #[serde(flatten)]
    sum: StockSum,
}

/// What went in and out of a warehouse in a period.
#[derive(Debug, Serialize, ToSchema)]
struct WarehouseTurnover {
    from_date: NaiveDate,
    to_date: NaiveDate,
    total: StockFlow,
    kinds: Vec<KindTurnover>,
    /// By edition and code.
    items: Vec<ItemTurnover>,
}

/// What went in and out of a warehouse in a period
///
/// By item, by kind and as a whole, in pieces and in what they cost. What was taken back counts against its kind.
#[utoipa::path(
    operation_id = "get_warehouse_turnover", tag = "devices", params(("id" = uuid::Uuid, Path), PeriodQuery),
    extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "The turnover", body = WarehouseTurnover), ReadErrors)
)]
#[get("/v1/warehouses/{id}/turnover")]
async fn get_warehouse_turnover(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    id: web::Path<WarehouseId>,
    Params(query): Params<PeriodQuery>,
) -> Result<web::Json<WarehouseTurnover>> {
    let period = (query.from_date, query.to_date);
    let (turnover, called) = store
        .read(permit.reach(), move |db| {
            service::turnover(db, &permit, *id, period)
        })
        .await?;
    let Turnover {
        items,
        kinds,
        total,
    } = turnover;
    let item = |(key, flow): (ItemKey, Flow)| {
        let (name_zh, unit) = called.get(&key).cloned().unwrap_or_default();
        Ok(ItemTurnover {
            edition: key.edition,
            code: key.code,
            name_zh,
            unit,
            flow: StockFlow::of(&flow)?,
        })
    };
    let kinds = kinds.into_iter();
    Ok(web::Json(WarehouseTurnover {
        from_date: period.0,
        to_date: period.1,
        total: StockFlow::of(&total)?,
        kinds: kinds
            .map(|(kind, sum)| KindTurnover { kind, sum })
            .collect(),
        items: items.into_iter().map(item).collect::<Result<_>>()?,
    }))
}

/// Download the register of what went in and out (出入库登记表)
///
/// A workbook as offices file it: every movement of the period, the first first, with the balance of its lot.
#[utoipa::path(
    operation_id = "get_warehouse_register", tag = "devices", params(("id" = uuid::Uuid, Path), PeriodQuery),
    extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "The register",
        content((inline(FileContent) = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        headers(("Content-Disposition" = String, description = "Its name"))), ReadErrors)
)]
#[get("/v1/warehouses/{id}/register")]
async fn get_warehouse_register(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    id: web::Path<WarehouseId>,
    Params(query): Params<PeriodQuery>,
) -> Result<HttpResponse> {
    let period = (query.from_date, query.to_date);
    let now = store.given().now();
    let register = store
        .read(permit.reach(), move |db| {
            service::register(db, &permit, *id, period, now)
        })
        .await?;
    let name = format!("register-{}-{}.xlsx", period.0, period.1);
    let content = web::block(move || register::write(&register)).await;
    let content = content.map_err(Error::internal)??;
    Ok(HttpResponse::Ok()
        .content_type(WORKBOOK)
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(name)],
        })
        .body(content))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(get_warehouse_stock)
        .service(get_warehouse_turnover)
        .service(get_warehouse_register);
}
