//! SQL of warehouses and duties.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Warehouse, WarehouseDuty, WarehouseDutyHeld};
use crate::access::{Scope, within};
use crate::db::schema::{users, warehouse_duties, warehouses};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{OrganizationId, UserId, WarehouseDutyId, WarehouseId};
use crate::kernel::time::Timestamp;

types::text_columns!(WarehouseDuty);

diesel::joinable!(warehouse_duties -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(warehouse_duties, users);

#[derive(Queryable, Selectable)]
#[diesel(table_name = warehouses)]
struct Row {
    id: WarehouseId,
    name: String,
    organization_id: OrganizationId,
    division_code: DivisionCode,
    created_at: Timestamp,
}

impl From<Row> for Warehouse {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            organization_id: row.organization_id,
            division_code: row.division_code,
            created_at: row.created_at,
        }
    }
}

pub fn find(db: &mut Db, id: WarehouseId) -> Result<Option<Warehouse>> {
    let row: Option<Row> = warehouses::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// The oldest first; wherever they are, unless a scope narrows it.
pub fn page(
    db: &mut Db,
    scope: Option<&Scope>,
    after: Option<WarehouseId>,
    count: i64,
) -> Result<Vec<Warehouse>> {
    let mut query = warehouses::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(scope) = scope {
        query = query.filter(within!(
            warehouses::division_code,
            warehouses::county_code,
            scope
        ));
    }
    if let Some(after) = after {
        query = query.filter(warehouses::id.gt(after));
    }
    let rows: Vec<Row> = query.order(warehouses::id).limit(count).load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &Warehouse, by: UserId) -> Result<()> {
    diesel::insert_into(warehouses::table)
        .values((
            warehouses::id.eq(new.id),
            warehouses::name.eq(&new.name),
            warehouses::organization_id.eq(new.organization_id),
            warehouses::division_code.eq(new.division_code),
            warehouses::created_by.eq(by),
            warehouses::created_at.eq(new.created_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "warehouses.organization_id",
                "warehouses_organization_id_name_key",
                || Code::WarehouseTaken.into(),
            )
        })?;
    Ok(())
}

/// Whoever has or had a duty there, the latest first.
pub fn duties(db: &mut Db, warehouse: WarehouseId) -> Result<Vec<WarehouseDutyHeld>> {
    type Held = (
        WarehouseDutyId,
        WarehouseDuty,
        UserId,
        String,
        String,
        NaiveDate,
        Option<NaiveDate>,
    );
    let rows: Vec<Held> = warehouse_duties::table
        .inner_join(users::table)
        .filter(warehouse_duties::warehouse_id.eq(warehouse))
        .order(warehouse_duties::id.desc())
        .select((
            warehouse_duties::id,
            warehouse_duties::duty,
            users::id,
            users::username,
            users::display_name,
            warehouse_duties::valid_from,
            warehouse_duties::valid_to,
        ))
        .load(db.conn())?;
    let held =
        |(id, duty, user_id, username, display_name, valid_from, valid_to)| WarehouseDutyHeld {
            id,
            duty,
            user_id,
            username,
            display_name,
            valid_from,
            valid_to,
        };
    Ok(rows.into_iter().map(held).collect())
}

/// What somebody does there on a day.
pub fn duty_on(
    db: &mut Db,
    warehouse: WarehouseId,
    user: UserId,
    on: NaiveDate,
) -> Result<Option<(WarehouseDutyId, WarehouseDuty)>> {
    Ok(warehouse_duties::table
        .filter(warehouse_duties::warehouse_id.eq(warehouse))
        .filter(warehouse_duties::user_id.eq(user))
        .filter(warehouse_duties::valid_from.le(on))
        .filter(
            warehouse_duties::valid_to
                .is_null()
                .or(warehouse_duties::valid_to.gt(on)),
        )
        .select((warehouse_duties::id, warehouse_duties::duty))
        .first(db.conn())
        .optional()?)
}

pub fn insert_duty(
    tx: &mut Tx<'_>,
    warehouse: &Warehouse,
    held: &WarehouseDutyHeld,
    by: UserId,
) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(warehouse_duties::table)
        .values((
            warehouse_duties::id.eq(held.id),
            warehouse_duties::warehouse_id.eq(warehouse.id),
            warehouse_duties::division_code.eq(warehouse.division_code),
            warehouse_duties::user_id.eq(held.user_id),
            warehouse_duties::duty.eq(held.duty),
            warehouse_duties::valid_from.eq(held.valid_from),
            warehouse_duties::valid_to.eq(held.valid_to),
            warehouse_duties::assigned_by.eq(by),
            warehouse_duties::assigned_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Whether it was still open.
pub fn end_duty(
    tx: &mut Tx<'_>,
    id: WarehouseDutyId,
    valid_to: NaiveDate,
    by: UserId,
) -> Result<bool> {
    let ended = diesel::update(warehouse_duties::table.find(id))
        .filter(warehouse_duties::ended_by.is_null())
        .set((
            warehouse_duties::valid_to.eq(valid_to),
            warehouse_duties::ended_by.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(ended == 1)
}
