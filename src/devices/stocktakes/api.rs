//! `/v1/stocktakes`: count, list, read, decide.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{
    NewStocktake, NewStocktakeDecision, Stocktake, StocktakeAction, StocktakeState,
};
use super::service::{self, Filter, Shown, ShownLine};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::devices::stock::LotBody;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{StocktakeId, UserId, WarehouseId};
use crate::kernel::time::Timestamp;

page_of!(StocktakePage, StocktakeBody);

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stocktake, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0f", "warehouse_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "division_code": "990121000000",
    "state": "submitted", "counted_by_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "counted_date": "2022-07-04",
    "counted_at": "2022-07-04T01:00:00.000000Z", "line_count": 1, "note": "季度盘点", "decided_by_id": null, "decided_at": null,
    "comment": null, "version": 1
}))]
pub struct StocktakeBody {
    #[schema(value_type = uuid::Uuid)]
    id: StocktakeId,
    #[schema(value_type = uuid::Uuid)]
    warehouse_id: WarehouseId,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    state: StocktakeState,
    #[schema(value_type = uuid::Uuid)]
    counted_by_id: UserId,
    counted_date: NaiveDate,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    counted_at: Timestamp,
    /// Lots that were counted.
    line_count: i32,
    note: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    decided_by_id: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    decided_at: Option<Timestamp>,
    comment: Option<String>,
    version: i32,
}

impl From<Stocktake> for StocktakeBody {
    fn from(stocktake: Stocktake) -> Self {
        Self {
            version: stocktake.version(),
            id: stocktake.id,
            warehouse_id: stocktake.warehouse,
            division_code: stocktake.division,
            state: stocktake.state,
            counted_by_id: stocktake.counted_by,
            counted_date: stocktake.counted_date,
            counted_at: stocktake.counted_at,
            line_count: stocktake.line_count,
            note: stocktake.note,
            decided_by_id: stocktake.decided_by,
            decided_at: stocktake.decided_at,
            comment: stocktake.comment,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct StocktakeLine {
    lot: LotBody,
    /// What the books said at that moment.
    book_quantity: i32,
    counted_quantity: i32,
    /// Counted without booked: what is booked once it is approved.
    difference: i32,
    explanation: Option<String>,
}

impl From<ShownLine> for StocktakeLine {
    fn from(shown: ShownLine) -> Self {
        let line = shown.line;
        Self {
            difference: line.difference(),
            book_quantity: line.book_quantity,
            counted_quantity: line.counted_quantity,
            explanation: line.explanation,
            lot: LotBody::of(line.lot, shown.name_zh, shown.unit),
        }
    }
}

/// A count with all that was counted.
#[derive(Debug, Serialize, ToSchema)]
struct StocktakeWithLines {
    #[serde(flatten)]
    stocktake: StocktakeBody,
    lines: Vec<StocktakeLine>,
    /// What you may do to it.
    allowed_actions: Vec<StocktakeAction>,
}

impl From<Shown> for StocktakeWithLines {
    fn from(shown: Shown) -> Self {
        Self {
            stocktake: shown.stocktake.into(),
            lines: shown.lines.into_iter().map(Into::into).collect(),
            allowed_actions: shown.allowed,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct StocktakeQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(value_type = Option<uuid::Uuid>)]
    warehouse_id: Option<WarehouseId>,
    #[param(inline)]
    state: Option<StocktakeState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List stocktakes, newest first
#[utoipa::path(
    operation_id = "list_stocktakes", tag = "devices", params(StocktakeQuery), extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "A page of stocktakes, without their lines", body = StocktakePage), ReadErrors)
)]
#[get("/v1/stocktakes")]
async fn list_stocktakes(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    Params(query): Params<StocktakeQuery>,
) -> Result<web::Json<StocktakePage>> {
    let paging = Paging::of(
        store.keys(),
        "stocktakes",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        id: None,
        warehouse: query.warehouse_id,
        state: query.state,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |stocktake| stocktake.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(StocktakePage { items, next }))
}

fn answer(shown: Shown) -> Result<Answer> {
    let (id, version) = (shown.stocktake.id, shown.stocktake.version());
    let place = format!("/v1/stocktakes/{id}");
    Answer::created(place, version, &StocktakeWithLines::from(shown))
}

/// Submit a count
///
/// By a stock-taker of the warehouse (403 `warehouse.duty_required`), of some of its lots or all. What differs from the
/// books as they are now is explained; nothing is booked before somebody else approves it.
#[utoipa::path(
    operation_id = "create_stocktake", tag = "devices", params(IdempotencyKey), request_body = NewStocktake,
    extensions(("x-permit" = json!("stock.act"))),
    responses(
        (status = 201, description = "Submitted", body = StocktakeWithLines,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/stocktakes")]
async fn create_stocktake(
    permit: Permit<acts::StockAct>,
    store: web::Data<Store>,
    new: Creation<NewStocktake>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::count(tx, &permit, &new)?.try_map(answer)
    })
    .await
}

/// Read a stocktake, with what was counted
#[utoipa::path(
    operation_id = "get_stocktake", tag = "devices", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("warehouse.read"))),
    responses((status = 200, description = "The stocktake", body = StocktakeWithLines, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/stocktakes/{id}")]
async fn get_stocktake(
    permit: Permit<acts::WarehouseRead>,
    store: web::Data<Store>,
    id: web::Path<StocktakeId>,
) -> Result<HttpResponse> {
    let shown = store
        .read(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.stocktake.version())))
        .json(StocktakeWithLines::from(shown)))
}

/// Approve or return a stocktake
///
/// By somebody who has bought, kept or counted nothing there since it was counted (403
/// `stocktake.separation_of_duties`). Approving books each difference, on top of what moved since: 409
/// `stocktake.overtaken` where what is missing has been issued, or where another count was booked or a movement taken
/// back in the lot since: it is returned and counted again.
#[utoipa::path(
    operation_id = "create_stocktake_transition", tag = "devices",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewStocktakeDecision, extensions(("x-permit" = json!("stock.approve"))),
    responses(
        (status = 201, description = "The stocktake as it now is", body = StocktakeWithLines,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/stocktakes/{id}/transitions")]
async fn create_stocktake_transition(
    permit: Permit<acts::StockApprove>,
    store: web::Data<Store>,
    id: web::Path<StocktakeId>,
    seen: IfMatch,
    asked: Creation<NewStocktakeDecision>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::decide(tx, &permit, *id, seen, &asked)?.try_map(answer)
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_stocktakes)
        .service(create_stocktake)
        .service(get_stocktake)
        .service(create_stocktake_transition);
}
