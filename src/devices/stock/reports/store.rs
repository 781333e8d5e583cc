//! SQL of reports: where each lot stood on a day, and what moved in a period.

use chrono::NaiveDate;
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

use super::model::Part;
use crate::db::schema::{stock_lots, stock_movements};
use crate::db::{Db, MultiBackend};
use crate::devices::catalog::{DeviceCode, Edition, ItemKey};
use crate::devices::stock::store::LotRow;
use crate::devices::stock::{Lot, StockMovementKind};
use crate::kernel::error::Result;
use crate::kernel::id::{StockLotId, WarehouseId};
use crate::kernel::money::Fen;

diesel::allow_columns_to_appear_in_same_group_by_clause!(
    stock_movements::kind,
    stock_movements::balance,
    stock_movements::change,
    stock_lots::edition,
    stock_lots::code,
    stock_lots::unit_price_fen,
);

/// What of a warehouse is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub warehouse: WarehouseId,
    pub edition: Option<Edition>,
    pub code: Option<DeviceCode>,
    /// At the end of that day.
    pub at: NaiveDate,
}

/// The last movement of each lot until a day, of those that left something.
macro_rules! standing {
    ($query:expr, $later:ident, $asked:expr) => {{
        let overtaken = $later
            .filter(
                $later
                    .field(stock_movements::lot_id)
                    .eq(stock_movements::lot_id),
            )
            .filter(
                $later
                    .field(stock_movements::sequence)
                    .eq(stock_movements::sequence + 1),
            )
            .filter($later.field(stock_movements::moved_date).le($asked.at));
        let mut query = $query
            .filter(stock_movements::warehouse_id.eq($asked.warehouse))
            .filter(stock_movements::moved_date.le($asked.at))
            .filter(stock_movements::balance.gt(0))
            .filter(not(exists(overtaken)));
        if let Some(edition) = &$asked.edition {
            query = query.filter(stock_lots::edition.eq(edition.clone()));
        }
        if let Some(code) = &$asked.code {
            query = query.filter(stock_lots::code.eq(code.clone()));
        }
        query
    }};
}

pub fn lots(
    db: &mut Db,
    asked: &Asked,
    after: Option<StockLotId>,
    count: i64,
) -> Result<Vec<(Lot, i32)>> {
    let later = diesel::alias!(stock_movements as later);
    let query = stock_movements::table
        .inner_join(stock_lots::table)
        .select((LotRow::as_select(), stock_movements::balance))
        .into_boxed::<MultiBackend>();
    let mut query = standing!(query, later, asked);
    if let Some(after) = after {
        query = query.filter(stock_movements::lot_id.gt(after));
    }
    let rows: Vec<(LotRow, i32)> = query
        .order(stock_movements::lot_id)
        .limit(count)
        .load(db.conn())?;
    let lot = |(row, balance): (LotRow, i32)| (row.into(), balance);
    Ok(rows.into_iter().map(lot).collect())
}

type Counted = (Edition, DeviceCode, i32, Fen, i64);

fn part((edition, code, quantity, price, times): Counted) -> Part {
    Part {
        key: ItemKey { edition, code },
        quantity,
        price,
        times,
    }
}

pub fn sums(db: &mut Db, asked: &Asked) -> Result<Vec<Part>> {
    let later = diesel::alias!(stock_movements as later);
    let query = stock_movements::table
        .inner_join(stock_lots::table)
        .group_by((
            stock_lots::edition,
            stock_lots::code,
            stock_movements::balance,
            stock_lots::unit_price_fen,
        ))
        .select((
            stock_lots::edition,
            stock_lots::code,
            stock_movements::balance,
            stock_lots::unit_price_fen,
            count_star(),
        ))
        .into_boxed::<MultiBackend>();
    let rows: Vec<Counted> = standing!(query, later, asked).load(db.conn())?;
    Ok(rows.into_iter().map(part).collect())
}

/// What moved from one day to another, both included.
pub fn moved(
    db: &mut Db,
    warehouse: WarehouseId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(StockMovementKind, Part)>> {
    type Row = (StockMovementKind, Edition, DeviceCode, i32, Fen, i64);
    let rows: Vec<Row> = stock_movements::table
        .inner_join(stock_lots::table)
        .filter(stock_movements::warehouse_id.eq(warehouse))
        .filter(stock_movements::moved_date.between(from, to))
        .group_by((
            stock_movements::kind,
            stock_lots::edition,
            stock_lots::code,
            stock_movements::change,
            stock_lots::unit_price_fen,
        ))
        .select((
            stock_movements::kind,
            stock_lots::edition,
            stock_lots::code,
            stock_movements::change,
            stock_lots::unit_price_fen,
            count_star(),
        ))
        .load(db.conn())?;
    let pair = |(kind, edition, code, change, price, times)| {
        (kind, part((edition, code, change, price, times)))
    };
    Ok(rows.into_iter().map(pair).collect())
}
