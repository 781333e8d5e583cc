//! SQL of reorder levels.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::model::NewReorderLevel;
use crate::db::schema::{stock_balances, stock_deliveries, stock_lots, stock_reorder_levels};
use crate::db::{Db, Tx, on_unique};
use crate::devices::catalog::{DeviceCode, Edition, ItemKey};
use crate::devices::deliveries::DeliveryState;
use crate::devices::warehouses::Warehouse;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{UserId, WarehouseId};

diesel::joinable!(stock_balances -> stock_lots (lot_id));
diesel::allow_tables_to_appear_in_same_query!(stock_balances, stock_lots);
diesel::allow_columns_to_appear_in_same_group_by_clause!(
    stock_balances::quantity,
    stock_lots::edition,
    stock_lots::code,
);

/// The level that counts of each item, by edition and code: its number and how many.
pub fn levels(db: &mut Db, warehouse: WarehouseId) -> Result<Vec<(ItemKey, i32, i32)>> {
    let later = diesel::alias!(stock_reorder_levels as later);
    let overtaken = later
        .filter(
            later
                .field(stock_reorder_levels::warehouse_id)
                .eq(stock_reorder_levels::warehouse_id),
        )
        .filter(
            later
                .field(stock_reorder_levels::edition)
                .eq(stock_reorder_levels::edition),
        )
        .filter(
            later
                .field(stock_reorder_levels::code)
                .eq(stock_reorder_levels::code),
        )
        .filter(
            later
                .field(stock_reorder_levels::revision)
                .gt(stock_reorder_levels::revision),
        );
    let rows: Vec<(Edition, DeviceCode, i32, i32)> = stock_reorder_levels::table
        .filter(stock_reorder_levels::warehouse_id.eq(warehouse))
        .filter(stock_reorder_levels::quantity.gt(0))
        .filter(diesel::dsl::not(diesel::dsl::exists(overtaken)))
        .order((stock_reorder_levels::edition, stock_reorder_levels::code))
        .select((
            stock_reorder_levels::edition,
            stock_reorder_levels::code,
            stock_reorder_levels::revision,
            stock_reorder_levels::quantity,
        ))
        .load(db.conn())?;
    let level =
        |(edition, code, revision, quantity)| (ItemKey { edition, code }, revision, quantity);
    Ok(rows.into_iter().map(level).collect())
}

type Parts = Vec<(Edition, DeviceCode, i32, i64)>;

fn summed(parts: Parts) -> Result<HashMap<ItemKey, i64>> {
    let mut sums: HashMap<ItemKey, i64> = HashMap::new();
    for (edition, code, quantity, times) in parts {
        let sum = sums.entry(ItemKey { edition, code }).or_default();
        let more = i64::from(quantity)
            .checked_mul(times)
            .and_then(|part| sum.checked_add(part));
        *sum = more.ok_or_else(|| Error::internal("stock beyond counting"))?;
    }
    Ok(sums)
}

/// How much lies there of each item.
pub fn in_stock(db: &mut Db, warehouse: WarehouseId) -> Result<HashMap<ItemKey, i64>> {
    let parts: Parts = stock_balances::table
        .inner_join(stock_lots::table)
        .filter(stock_lots::warehouse_id.eq(warehouse))
        .filter(stock_balances::quantity.gt(0))
        .group_by((
            stock_lots::edition,
            stock_lots::code,
            stock_balances::quantity,
        ))
        .select((
            stock_lots::edition,
            stock_lots::code,
            stock_balances::quantity,
            count_star(),
        ))
        .load(db.conn())?;
    summed(parts)
}

/// How much of each item is on its way there.
pub fn expected(db: &mut Db, warehouse: WarehouseId) -> Result<HashMap<ItemKey, i64>> {
    let parts: Parts = stock_deliveries::table
        .filter(stock_deliveries::to_warehouse_id.eq(warehouse))
        .filter(stock_deliveries::state.eq(DeliveryState::Expected))
        .group_by((
            stock_deliveries::edition,
            stock_deliveries::code,
            stock_deliveries::quantity,
        ))
        .select((
            stock_deliveries::edition,
            stock_deliveries::code,
            stock_deliveries::quantity,
            count_star(),
        ))
        .load(db.conn())?;
    summed(parts)
}

/// The number of the new level.
pub fn insert(
    tx: &mut Tx<'_>,
    warehouse: &Warehouse,
    new: &NewReorderLevel,
    by: UserId,
) -> Result<i32> {
    let before: Option<i32> = stock_reorder_levels::table
        .filter(stock_reorder_levels::warehouse_id.eq(warehouse.id))
        .filter(stock_reorder_levels::edition.eq(&new.edition))
        .filter(stock_reorder_levels::code.eq(&new.code))
        .order(stock_reorder_levels::revision.desc())
        .select(stock_reorder_levels::revision)
        .first(tx.conn())
        .optional()?;
    let revision = before.map_or(1, |before| before + 1);
    let now = tx.now();
    diesel::insert_into(stock_reorder_levels::table)
        .values((
            stock_reorder_levels::warehouse_id.eq(warehouse.id),
            stock_reorder_levels::edition.eq(&new.edition),
            stock_reorder_levels::code.eq(&new.code),
            stock_reorder_levels::revision.eq(revision),
            stock_reorder_levels::previous_revision.eq(before),
            stock_reorder_levels::division_code.eq(warehouse.division_code),
            stock_reorder_levels::quantity.eq(new.quantity),
            stock_reorder_levels::set_by.eq(by),
            stock_reorder_levels::set_at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Somebody else lays it down in this moment.
            let index = "stock_reorder_levels_pkey";
            on_unique(error, "stock_reorder_levels.warehouse_id", index, || {
                Code::IfMatchStale.into()
            })
        })?;
    Ok(revision)
}
