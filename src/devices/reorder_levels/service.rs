//! Use cases of reorder levels.

use super::model::{NewReorderLevel, ReorderLevel};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::db::{Db, Recorded, Tx};
use crate::devices::catalog::ItemKey;
use crate::devices::catalog::service as catalog;
use crate::devices::warehouses::service as warehouses;
use crate::kernel::error::Result;
use crate::kernel::id::WarehouseId;

fn levels(
    db: &mut Db,
    warehouse: WarehouseId,
    of: Vec<(ItemKey, i32, i32)>,
) -> Result<Vec<ReorderLevel>> {
    let keys: Vec<_> = of.iter().map(|(key, ..)| key.clone()).collect();
    let called = catalog::called(db, &keys)?;
    let in_stock = store::in_stock(db, warehouse)?;
    let expected = store::expected(db, warehouse)?;
    let level = |(key, revision, quantity): (ItemKey, i32, i32)| {
        let (name_zh, unit) = called.get(&key).cloned().unwrap_or_default();
        let there = in_stock.get(&key).copied().unwrap_or(0);
        ReorderLevel {
            name_zh,
            unit,
            reorder_quantity: quantity,
            in_stock: there,
            expected: expected.get(&key).copied().unwrap_or(0),
            is_below: there < i64::from(quantity),
            revision,
            edition: key.edition,
            code: key.code,
        }
    };
    Ok(of.into_iter().map(level).collect())
}

/// The levels of a warehouse beside what is there; only those that are undercut, if so asked.
pub fn all(
    db: &mut Db,
    permit: &Permit<acts::WarehouseRead>,
    warehouse: WarehouseId,
    below: Option<bool>,
) -> Result<Vec<ReorderLevel>> {
    warehouses::found(db, permit.scope(), warehouse)?;
    let of = store::levels(db, warehouse)?;
    let mut all = levels(db, warehouse, of)?;
    all.retain(|level| below.is_none_or(|below| level.is_below == below));
    Ok(all)
}

/// Lays down from which quantity on more is ordered, in place of what was laid down before.
pub fn set(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::WarehouseManage>,
    warehouse: WarehouseId,
    new: &NewReorderLevel,
) -> Result<Recorded<ReorderLevel>> {
    new.check()?;
    let warehouse = warehouses::found(tx, permit.scope(), warehouse)?;
    let key = ItemKey {
        edition: new.edition.clone(),
        code: new.code.clone(),
    };
    let today = tx.today();
    catalog::item(tx, &key, today)?;
    let revision = store::insert(tx, &warehouse, new, permit.actor().user)?;
    let one = levels(tx, warehouse.id, vec![(key, revision, new.quantity)])?.pop();
    let one = one.ok_or_else(|| crate::kernel::error::Error::internal("one level is one"))?;
    let event = Event::new(permit.origin(), "stock_reorder_level.set")
        .on(&warehouse.id)
        .within(warehouse.division_code)
        .change("edition", &one.edition)
        .change("code", &one.code)
        .change("quantity", one.reorder_quantity)
        .change("revision", one.revision);
    tx.record(event, one)
}
