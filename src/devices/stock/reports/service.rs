//! Use cases of reports.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::model::{LotAt, Part, StockSum, Turnover};
use super::register::{Register, RegisterRow};
use super::store;
use crate::access::{Permit, acts};
use crate::casework::cases::service as cases;
use crate::db::Db;
use crate::devices::catalog::service::{self as catalog, Called};
use crate::devices::stock::service::{self as stock, Filter};
use crate::devices::warehouses::service as warehouses;
use crate::kernel::date;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{StockLotId, WarehouseId};
use crate::kernel::time::Timestamp;

pub use super::store::Asked;

/// What lay in a warehouse on a day: a page of its lots, and the sum of all that was asked for.
pub fn stock(
    db: &mut Db,
    permit: &Permit<acts::WarehouseRead>,
    asked: &Asked,
    after: Option<StockLotId>,
    count: i64,
) -> Result<(Vec<LotAt>, StockSum)> {
    warehouses::found(db, permit.scope(), asked.warehouse)?;
    let lots = store::lots(db, asked, after, count)?;
    let keys: Vec<_> = lots.iter().map(|(lot, _)| lot.is.key()).collect();
    let called = catalog::called(db, &keys)?;
    let lots = lots.into_iter().map(|(lot, quantity)| {
        let called = called.get(&lot.is.key()).cloned();
        let (name_zh, unit) = called.unwrap_or_default();
        LotAt {
            lot,
            quantity,
            name_zh,
            unit,
        }
    });
    let lots = lots.collect();
    let mut parts = store::sums(db, asked)?.into_iter();
    let total = parts.try_fold(StockSum::default(), |sum, part: Part| {
        sum.plus(StockSum::of(part.quantity, part.price, part.times)?)
    })?;
    Ok((lots, total))
}

/// From one day to another, both included.
pub type Period = (NaiveDate, NaiveDate);

/// What went in and out of a warehouse in a period, with what the items are called.
pub fn turnover(
    db: &mut Db,
    permit: &Permit<acts::WarehouseRead>,
    warehouse: WarehouseId,
    period: Period,
) -> Result<(Turnover, Called)> {
    date::in_order(("from_date", period.0), ("to_date", period.1))?;
    warehouses::found(db, permit.scope(), warehouse)?;
    let opening = match period.0.pred_opt() {
        None => Vec::new(),
        Some(at) => {
            let asked = Asked {
                warehouse,
                edition: None,
                code: None,
                at,
            };
            store::sums(db, &asked)?
        }
    };
    let turnover = Turnover::of(opening, store::moved(db, warehouse, period)?)?;
    let keys: Vec<_> = turnover.items.keys().cloned().collect();
    let called = catalog::called(db, &keys)?;
    Ok((turnover, called))
}

/// A register is printed: it has no more rows.
const MOST_ROWS: usize = 5000;

/// All movements of a warehouse in a period, the first first.
pub fn register(
    db: &mut Db,
    permit: &Permit<acts::WarehouseRead>,
    warehouse: WarehouseId,
    period: Period,
    now: Timestamp,
) -> Result<Register> {
    date::in_order(("from_date", period.0), ("to_date", period.1))?;
    let warehouse = warehouses::found(db, permit.scope(), warehouse)?;
    let filter = Filter {
        warehouse: Some(warehouse.id),
        from: Some(period.0),
        to: Some(period.1),
        ..Filter::default()
    };
    let count = i64::try_from(MOST_ROWS + 1).map_err(Error::internal)?;
    let mut rows = stock::page(db, permit.scope(), &filter, None, count)?;
    if rows.len() > MOST_ROWS {
        return Err(Error::parameter(
            "from_date",
            "period.long",
            format!("a register has up to {MOST_ROWS} rows: ask for a shorter period"),
            format!("登记表不超过 {MOST_ROWS} 行，请缩短期间"),
        ));
    }
    rows.reverse();
    let ids: Vec<_> = rows.iter().filter_map(|row| row.movement.case).collect();
    let scope = permit.scope_for::<acts::CaseRead>();
    let named = cases::named(db, &scope, &ids)?;
    let numbers: HashMap<_, _> = named
        .into_iter()
        .map(|case| (case.id, case.case_number))
        .collect();
    let row = |shown: stock::Shown| {
        let number = shown
            .movement
            .case
            .and_then(|case| numbers.get(&case).cloned());
        RegisterRow {
            case_number: number.unwrap_or_default(),
            shown,
        }
    };
    Ok(Register {
        warehouse: warehouse.name,
        period,
        date: now.office_date(),
        rows: rows.into_iter().map(row).collect(),
    })
}
