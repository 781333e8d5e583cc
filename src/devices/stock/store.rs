//! SQL of lots, balances and movements.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use super::model::{Entry, FundSource, Lot, LotDescription, Movement, StockMovementKind};
use crate::access::{Scope, within};
use crate::db::schema::{stock_balances, stock_lots, stock_movement_numbers, stock_movements};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::devices::catalog::{DeviceCode, Edition};
use crate::devices::warehouses::{Warehouse, WarehouseDuty};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, StockDeliveryId, StockLotId, StockMovementId, StocktakeId, UserId, WarehouseDutyId,
    WarehouseId,
};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(StockMovementKind, FundSource);

diesel::joinable!(stock_movements -> stock_lots (lot_id));
diesel::allow_tables_to_appear_in_same_query!(stock_movements, stock_lots);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = stock_lots)]
pub(super) struct LotRow {
    id: StockLotId,
    warehouse_id: WarehouseId,
    division_code: DivisionCode,
    edition: Edition,
    code: DeviceCode,
    brand: String,
    model: String,
    batch_number: String,
    serial_number: String,
    unit_price_fen: Fen,
    fund_source: FundSource,
    supplier: String,
    created_at: Timestamp,
}

impl From<LotRow> for Lot {
    fn from(row: LotRow) -> Self {
        let said = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            id: row.id,
            warehouse: row.warehouse_id,
            division: row.division_code,
            is: LotDescription {
                edition: row.edition,
                code: row.code,
                brand: said(row.brand),
                model: said(row.model),
                batch_number: said(row.batch_number),
                serial_number: said(row.serial_number),
                unit_price: row.unit_price_fen,
                fund_source: row.fund_source,
                supplier: said(row.supplier),
            },
        }
    }
}

/// The lot, if its warehouse is in sight.
pub fn lot(db: &mut Db, scope: &Scope, id: StockLotId) -> Result<Option<Lot>> {
    let row: Option<LotRow> = stock_lots::table
        .find(id)
        .select(LotRow::as_select())
        .first(db.conn())
        .optional()?;
    let lot = row.map(Lot::from);
    Ok(lot.filter(|lot| scope.sees(lot.division)))
}

/// Of these, the ones that lie in a warehouse.
pub fn lots_of(db: &mut Db, warehouse: WarehouseId, ids: &[StockLotId]) -> Result<Vec<Lot>> {
    let rows: Vec<LotRow> = stock_lots::table
        .filter(stock_lots::warehouse_id.eq(warehouse))
        .filter(stock_lots::id.eq_any(ids))
        .order(stock_lots::id)
        .select(LotRow::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

fn alike(db: &mut Db, warehouse: WarehouseId, is: &LotDescription) -> Result<Option<Lot>> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let row: Option<LotRow> = stock_lots::table
        .filter(stock_lots::warehouse_id.eq(warehouse))
        .filter(stock_lots::edition.eq(&is.edition))
        .filter(stock_lots::code.eq(&is.code))
        .filter(stock_lots::brand.eq(text(&is.brand)))
        .filter(stock_lots::model.eq(text(&is.model)))
        .filter(stock_lots::batch_number.eq(text(&is.batch_number)))
        .filter(stock_lots::serial_number.eq(text(&is.serial_number)))
        .filter(stock_lots::unit_price_fen.eq(is.unit_price))
        .filter(stock_lots::fund_source.eq(is.fund_source))
        .filter(stock_lots::supplier.eq(text(&is.supplier)))
        .select(LotRow::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// The lot in which what comes in lies; a new one, where none is like it.
pub fn lot_for(tx: &mut Tx<'_>, warehouse: &Warehouse, is: &LotDescription) -> Result<Lot> {
    if let Some(lot) = alike(tx, warehouse.id, is)? {
        return Ok(lot);
    }
    let lot = Lot {
        id: tx.new_id(),
        warehouse: warehouse.id,
        division: warehouse.division_code,
        is: is.clone(),
    };
    let row = LotRow {
        id: lot.id,
        warehouse_id: warehouse.id,
        division_code: warehouse.division_code,
        edition: is.edition.clone(),
        code: is.code.clone(),
        brand: is.brand.clone().unwrap_or_default(),
        model: is.model.clone().unwrap_or_default(),
        batch_number: is.batch_number.clone().unwrap_or_default(),
        serial_number: is.serial_number.clone().unwrap_or_default(),
        unit_price_fen: is.unit_price,
        fund_source: is.fund_source,
        supplier: is.supplier.clone().unwrap_or_default(),
        created_at: tx.now(),
    };
    let made = tx.attempt(|tx| {
        diesel::insert_into(stock_lots::table)
            .values(&row)
            .execute(tx.conn())?;
        Ok(())
    });
    match made {
        Ok(()) => Ok(lot),
        // Somebody else brings in the first of it in this moment.
        Err(error) => alike(tx, warehouse.id, is)?.ok_or(error),
    }
}

/// `990121-RK-2022-000001`: counted by place, direction and year, without a gap. Whoever has counted on goes first.
fn next_number(tx: &mut Tx<'_>, place: DivisionCode, change: i32) -> Result<String> {
    let direction = if change > 0 { "RK" } else { "CK" };
    let year = tx.today().year();
    let counter = stock_movement_numbers::table.find((place, direction, year));
    let count = |tx: &mut Tx<'_>| {
        diesel::update(counter)
            .set(stock_movement_numbers::last.eq(stock_movement_numbers::last + 1))
            .execute(tx.conn())
    };
    if count(tx)? == 0 {
        let begun = tx.attempt(|tx| {
            diesel::insert_into(stock_movement_numbers::table)
                .values((
                    stock_movement_numbers::division_code.eq(place),
                    stock_movement_numbers::direction.eq(direction),
                    stock_movement_numbers::year.eq(year),
                    stock_movement_numbers::last.eq(1),
                ))
                .execute(tx.conn())?;
            Ok(())
        });
        // Somebody else began the year in this moment.
        if begun.is_err() {
            count(tx)?;
        }
    }
    let last: i32 = counter
        .select(stock_movement_numbers::last)
        .first(tx.conn())?;
    Ok(format!(
        "{}-{direction}-{year}-{last:06}",
        place.county_digits()
    ))
}

/// No lot is larger.
const MOST: i32 = 1_000_000_000;

/// Takes the lot's balance and moves it on; its new balance, and the number of the movement in the lot.
fn advance(tx: &mut Tx<'_>, lot: StockLotId, change: i32) -> Result<(i32, i32)> {
    let moved = diesel::update(stock_balances::table.find(lot))
        .filter(stock_balances::quantity.between(-change, MOST - change))
        .set((
            stock_balances::quantity.eq(stock_balances::quantity + change),
            stock_balances::last_movement.eq(stock_balances::last_movement + 1),
        ))
        .execute(tx.conn())?;
    if moved == 0 {
        let there = quantity(tx, lot)?;
        if change < 0 {
            return Err(Error::new(Code::StockInsufficient).member("in_stock", there));
        }
        if there > MOST - change {
            let (en, zh) = ("more than can be counted", "数量过大");
            return Err(Error::field("/quantity", "quantity.too_large", en, zh));
        }
        diesel::insert_into(stock_balances::table)
            .values((
                stock_balances::lot_id.eq(lot),
                stock_balances::quantity.eq(change),
                stock_balances::last_movement.eq(1),
            ))
            .execute(tx.conn())
            .map_err(|error| {
                on_unique(
                    error,
                    "stock_balances.lot_id",
                    "stock_balances_pkey",
                    || Code::Busy.into(),
                )
            })?;
    }
    Ok(stock_balances::table
        .find(lot)
        .select((stock_balances::quantity, stock_balances::last_movement))
        .first(tx.conn())?)
}

/// How much lies there now.
pub fn quantity(db: &mut Db, lot: StockLotId) -> Result<i32> {
    let quantity: Option<i32> = stock_balances::table
        .find(lot)
        .select(stock_balances::quantity)
        .first(db.conn())
        .optional()?;
    Ok(quantity.unwrap_or(0))
}

/// Of some lots: how much lies there now, and after which movement.
pub fn balances(db: &mut Db, lots: &[StockLotId]) -> Result<HashMap<StockLotId, (i32, i32)>> {
    let rows: Vec<(StockLotId, i32, i32)> = stock_balances::table
        .filter(stock_balances::lot_id.eq_any(lots))
        .select((
            stock_balances::lot_id,
            stock_balances::quantity,
            stock_balances::last_movement,
        ))
        .load(db.conn())?;
    let balance = |(lot, quantity, last)| (lot, (quantity, last));
    Ok(rows.into_iter().map(balance).collect())
}

#[derive(Insertable)]
#[diesel(table_name = stock_movements)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow {
    id: StockMovementId,
    movement_number: String,
    warehouse_id: WarehouseId,
    division_code: DivisionCode,
    lot_id: StockLotId,
    sequence: i32,
    previous_sequence: Option<i32>,
    previous_balance: Option<i32>,
    kind: StockMovementKind,
    change: i32,
    balance: i32,
    moved_date: NaiveDate,
    actor_id: UserId,
    duty_id: Option<WarehouseDutyId>,
    duty: Option<WarehouseDuty>,
    case_id: Option<CaseId>,
    counterpart: Option<String>,
    note: Option<String>,
    origin_id: Option<StockMovementId>,
    reverses_id: Option<StockMovementId>,
    delivery_id: Option<StockDeliveryId>,
    stocktake_id: Option<StocktakeId>,
    at: Timestamp,
}

/// Books one movement. The counter is taken before the balance, always: two who move two lots never wait for each
/// other.
pub fn book(tx: &mut Tx<'_>, lot: &Lot, entry: Entry) -> Result<Movement> {
    let number = next_number(tx, lot.division, entry.change)?;
    let (balance, sequence) = advance(tx, lot.id, entry.change)?;
    let earlier = sequence > 1;
    let row = NewRow {
        id: tx.new_id(),
        movement_number: number.clone(),
        warehouse_id: lot.warehouse,
        division_code: lot.division,
        lot_id: lot.id,
        sequence,
        previous_sequence: earlier.then(|| sequence - 1),
        previous_balance: earlier.then(|| balance - entry.change),
        kind: entry.kind,
        change: entry.change,
        balance,
        moved_date: tx.today(),
        actor_id: entry.actor,
        duty_id: entry.duty,
        duty: entry.duty.map(|_| WarehouseDuty::Keeper),
        case_id: entry.case,
        counterpart: entry.counterpart.clone(),
        note: entry.note.clone(),
        origin_id: entry.origin,
        reverses_id: entry.reverses,
        delivery_id: entry.delivery,
        stocktake_id: entry.stocktake,
        at: tx.now(),
    };
    diesel::insert_into(stock_movements::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            let twice = || Error::new(Code::StockReversal);
            let index = "stock_movements_reverses_id_key";
            on_unique(error, "stock_movements.reverses_id", index, twice)
        })?;
    let (id, moved_date, at) = (row.id, row.moved_date, row.at);
    Ok(Movement {
        id,
        lot: lot.clone(),
        sequence,
        kind: entry.kind,
        change: entry.change,
        balance,
        moved_date,
        actor: entry.actor,
        case: entry.case,
        counterpart: entry.counterpart,
        note: entry.note,
        origin: entry.origin,
        reverses: entry.reverses,
        delivery: entry.delivery,
        stocktake: entry.stocktake,
        at,
        number,
    })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = stock_movements)]
struct Row {
    id: StockMovementId,
    movement_number: String,
    sequence: i32,
    kind: StockMovementKind,
    change: i32,
    balance: i32,
    moved_date: NaiveDate,
    actor_id: UserId,
    case_id: Option<CaseId>,
    counterpart: Option<String>,
    note: Option<String>,
    origin_id: Option<StockMovementId>,
    reverses_id: Option<StockMovementId>,
    delivery_id: Option<StockDeliveryId>,
    stocktake_id: Option<StocktakeId>,
    at: Timestamp,
}

fn movement((row, lot): (Row, LotRow)) -> Movement {
    Movement {
        id: row.id,
        number: row.movement_number,
        lot: lot.into(),
        sequence: row.sequence,
        kind: row.kind,
        change: row.change,
        balance: row.balance,
        moved_date: row.moved_date,
        actor: row.actor_id,
        case: row.case_id,
        counterpart: row.counterpart,
        note: row.note,
        origin: row.origin_id,
        reverses: row.reverses_id,
        delivery: row.delivery_id,
        stocktake: row.stocktake_id,
        at: row.at,
    }
}

/// Which movements a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<StockMovementId>,
    pub warehouse: Option<WarehouseId>,
    pub lot: Option<StockLotId>,
    pub kind: Option<StockMovementKind>,
    pub case: Option<CaseId>,
    pub delivery: Option<StockDeliveryId>,
    pub stocktake: Option<StocktakeId>,
    pub edition: Option<Edition>,
    pub code: Option<DeviceCode>,
    pub batch_number: Option<String>,
    pub serial_number: Option<String>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<StockMovementId>,
    count: i64,
) -> Result<Vec<Movement>> {
    let mut query = stock_movements::table
        .inner_join(stock_lots::table)
        .select((Row::as_select(), LotRow::as_select()))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            stock_movements::division_code,
            stock_movements::county_code,
            scope
        ));
    macro_rules! narrowed {
        ($($given:expr => $column:expr),+ $(,)?) => {$(
            if let Some(value) = &$given {
                query = query.filter($column.eq(value.clone()));
            }
        )+};
    }
    narrowed! {
        filter.id => stock_movements::id,
        filter.warehouse => stock_movements::warehouse_id,
        filter.lot => stock_movements::lot_id,
        filter.kind => stock_movements::kind,
        filter.case => stock_movements::case_id,
        filter.delivery => stock_movements::delivery_id,
        filter.stocktake => stock_movements::stocktake_id,
        filter.edition => stock_lots::edition,
        filter.code => stock_lots::code,
        filter.batch_number => stock_lots::batch_number,
        filter.serial_number => stock_lots::serial_number,
    }
    if let Some(from) = filter.from {
        query = query.filter(stock_movements::moved_date.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(stock_movements::moved_date.le(to));
    }
    if let Some(after) = after {
        query = query.filter(stock_movements::id.lt(after));
    }
    let rows: Vec<(Row, LotRow)> = query
        .order(stock_movements::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(movement).collect())
}

/// Whether a count was booked in a lot, or a movement of it taken back, after one of its movements.
pub fn corrected_since(db: &mut Db, lot: StockLotId, sequence: i32) -> Result<bool> {
    let corrects = stock_movements::stocktake_id
        .is_not_null()
        .or(stock_movements::reverses_id.is_not_null());
    let since = stock_movements::table
        .filter(stock_movements::lot_id.eq(lot))
        .filter(stock_movements::sequence.gt(sequence))
        .filter(corrects);
    Ok(since.count().get_result::<i64>(db.conn())? > 0)
}

/// What took some movements back.
pub fn reversals(
    db: &mut Db,
    of: &[StockMovementId],
) -> Result<HashMap<StockMovementId, StockMovementId>> {
    let rows: Vec<(Option<StockMovementId>, StockMovementId)> = stock_movements::table
        .filter(stock_movements::reverses_id.eq_any(of))
        .select((stock_movements::reverses_id, stock_movements::id))
        .load(db.conn())?;
    let pair = |(taken_back, by): (Option<StockMovementId>, _)| Some((taken_back?, by));
    Ok(rows.into_iter().filter_map(pair).collect())
}
