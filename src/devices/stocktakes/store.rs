//! SQL of stocktakes.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Line, Stocktake, StocktakeAction, StocktakeState};
use crate::access::{Scope, within};
use crate::db::schema::{stocktake_lines, stocktakes};
use crate::db::{Db, MultiBackend, Tx, insert_all, types};
use crate::devices::warehouses::WarehouseDuty;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{StockLotId, StocktakeId, UserId, WarehouseDutyId, WarehouseId};
use crate::kernel::time::Timestamp;

types::text_columns!(StocktakeState, StocktakeAction);

#[derive(Queryable, Selectable)]
#[diesel(table_name = stocktakes)]
struct Row {
    id: StocktakeId,
    warehouse_id: WarehouseId,
    division_code: DivisionCode,
    counted_by: UserId,
    counted_date: NaiveDate,
    counted_at: Timestamp,
    note: Option<String>,
    line_count: i32,
    state: StocktakeState,
    decided_by: Option<UserId>,
    decided_at: Option<Timestamp>,
    comment: Option<String>,
}

impl From<Row> for Stocktake {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            warehouse: row.warehouse_id,
            division: row.division_code,
            counted_by: row.counted_by,
            counted_date: row.counted_date,
            counted_at: row.counted_at,
            note: row.note,
            line_count: row.line_count,
            state: row.state,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            comment: row.comment,
        }
    }
}

/// Which counts a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<StocktakeId>,
    pub warehouse: Option<WarehouseId>,
    pub state: Option<StocktakeState>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<StocktakeId>,
    count: i64,
) -> Result<Vec<Stocktake>> {
    let mut query = stocktakes::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            stocktakes::division_code,
            stocktakes::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(stocktakes::id.eq(id));
    }
    if let Some(warehouse) = filter.warehouse {
        query = query.filter(stocktakes::warehouse_id.eq(warehouse));
    }
    if let Some(state) = filter.state {
        query = query.filter(stocktakes::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(stocktakes::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(stocktakes::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What was counted of a lot.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = stocktake_lines)]
#[diesel(treat_none_as_default_value = false)]
pub struct LineRow {
    stocktake_id: StocktakeId,
    pub lot_id: StockLotId,
    pub book_movement: i32,
    pub book_quantity: i32,
    pub counted_quantity: i32,
    pub explanation: Option<String>,
}

pub fn lines(db: &mut Db, id: StocktakeId) -> Result<Vec<LineRow>> {
    Ok(stocktake_lines::table
        .filter(stocktake_lines::stocktake_id.eq(id))
        .order(stocktake_lines::lot_id)
        .select(LineRow::as_select())
        .load(db.conn())?)
}

pub fn insert(
    tx: &mut Tx<'_>,
    new: &Stocktake,
    duty: WarehouseDutyId,
    lines: &[Line],
) -> Result<()> {
    diesel::insert_into(stocktakes::table)
        .values((
            stocktakes::id.eq(new.id),
            stocktakes::warehouse_id.eq(new.warehouse),
            stocktakes::division_code.eq(new.division),
            stocktakes::counted_by.eq(new.counted_by),
            stocktakes::duty_id.eq(duty),
            stocktakes::duty.eq(WarehouseDuty::StockTaker),
            stocktakes::counted_date.eq(new.counted_date),
            stocktakes::counted_at.eq(new.counted_at),
            stocktakes::note.eq(new.note.as_deref()),
            stocktakes::line_count.eq(new.line_count),
            stocktakes::state.eq(new.state),
        ))
        .execute(tx.conn())?;
    let row = |line: &Line| LineRow {
        stocktake_id: new.id,
        lot_id: line.lot.id,
        book_movement: line.book_movement,
        book_quantity: line.book_quantity,
        counted_quantity: line.counted_quantity,
        explanation: line.explanation.clone(),
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    Ok(insert_all!(tx, stocktake_lines::table, &rows)?)
}

/// Whether it was still to be decided.
pub fn decide(tx: &mut Tx<'_>, decided: &Stocktake) -> Result<bool> {
    let today = tx.today();
    let changed = diesel::update(stocktakes::table.find(decided.id))
        .filter(stocktakes::state.eq(StocktakeState::Submitted))
        .set((
            stocktakes::state.eq(decided.state),
            stocktakes::decided_by.eq(decided.decided_by),
            stocktakes::decided_date.eq(today),
            stocktakes::decided_at.eq(decided.decided_at),
            stocktakes::comment.eq(decided.comment.as_deref()),
        ))
        .execute(tx.conn())?;
    Ok(changed == 1)
}
