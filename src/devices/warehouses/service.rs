//! Use cases of warehouses and duties.

use chrono::NaiveDate;

use super::model::{EndDuty, NewDuty, NewWarehouse, Warehouse, WarehouseDuty, WarehouseDutyHeld};
use super::store;
use crate::access::{Action, Permit, Scope, acts, organizations, users};
use crate::audit::Event;
use crate::db::{Db, Recorded, Tx};
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{UserId, WarehouseDutyId, WarehouseId};

pub use super::store::page;

/// A warehouse with its people.
#[derive(Debug)]
pub struct Shown {
    pub warehouse: Warehouse,
    pub duties: Vec<WarehouseDutyHeld>,
    /// What the caller does there today.
    pub own_duty: Option<WarehouseDuty>,
}

pub fn found(db: &mut Db, scope: &Scope, id: WarehouseId) -> Result<Warehouse> {
    let warehouse = store::find(db, id)?.filter(|one| scope.sees(one.division_code));
    warehouse.ok_or_else(|| Code::WarehouseNotFound.into())
}

/// Wherever it is: where something is sent to.
pub fn anywhere(db: &mut Db, id: WarehouseId) -> Result<Warehouse> {
    store::find(db, id)?.ok_or_else(|| Code::WarehouseNotFound.into())
}

/// The duty by which somebody does what takes it, today.
pub fn duty(
    db: &mut Db,
    warehouse: WarehouseId,
    user: UserId,
    needed: WarehouseDuty,
) -> Result<WarehouseDutyId> {
    let today = db.today();
    match store::duty_on(db, warehouse, user, today)? {
        Some((id, duty)) if duty == needed => Ok(id),
        _ => Err(Error::new(Code::WarehouseDuty).detail(
            format!("this takes the duty {needed} at this warehouse"),
            format!("须由该仓库的{}人员办理", needed.label_zh()),
        )),
    }
}

/// What somebody does there today.
pub fn duty_of(db: &mut Db, warehouse: WarehouseId, user: UserId) -> Result<Option<WarehouseDuty>> {
    let today = db.today();
    let held = store::duty_on(db, warehouse, user, today)?;
    Ok(held.map(|(_, duty)| duty))
}

/// Whether somebody has or had a duty there on any of these days.
pub fn has_duty_between(
    db: &mut Db,
    warehouse: WarehouseId,
    user: UserId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<bool> {
    let held = store::duties(db, warehouse)?;
    Ok(held.iter().any(|duty| {
        duty.user_id == user && duty.valid_from <= to && duty.valid_to.is_none_or(|end| end > from)
    }))
}

pub fn create(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::WarehouseManage>,
    new: &NewWarehouse,
) -> Result<Recorded<Warehouse>> {
    let name = new.name.trim();
    if !(1..=100).contains(&name.chars().count()) {
        let (en, zh) = ("1 to 100 characters", "1 至 100 个字");
        return Err(Error::field("/name", "name.length", en, zh));
    }
    let organization = organizations::service::known(tx, &[new.organization_id])?.pop();
    let organization = organization.filter(|one| permit.scope().sees(one.division_code));
    let organization = organization.ok_or(Code::OrganizationNotFound)?;
    let level = organization.division_code.level();
    if !matches!(level, DivisionLevel::County | DivisionLevel::City) {
        return Err(Error::field(
            "/organization_id",
            "division.level",
            "an organization of a county or a city",
            "须为县级或市级单位",
        ));
    }
    let warehouse = Warehouse {
        id: tx.new_id(),
        name: name.to_owned(),
        organization_id: organization.id,
        division_code: organization.division_code,
        created_at: tx.now(),
    };
    store::insert(tx, &warehouse, permit.actor().user)?;
    let event = Event::new(permit.origin(), "warehouse.created")
        .on(&warehouse.id)
        .within(warehouse.division_code)
        .change("name", &warehouse.name)
        .change("organization_id", warehouse.organization_id);
    tx.record(event, warehouse)
}

pub fn view(db: &mut Db, permit: &Permit<acts::WarehouseRead>, id: WarehouseId) -> Result<Shown> {
    let warehouse = found(db, permit.scope(), id)?;
    Ok(Shown {
        warehouse,
        duties: store::duties(db, id)?,
        own_duty: duty_of(db, id, permit.actor().user)?,
    })
}

/// Gives somebody a duty from today or a later day on.
pub fn assign(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::WarehouseManage>,
    id: WarehouseId,
    new: &NewDuty,
) -> Result<Recorded<WarehouseDutyHeld>> {
    let warehouse = found(tx, permit.scope(), id)?;
    let today = tx.today();
    let valid_from = new.valid_from.unwrap_or(today);
    if valid_from < today {
        return Err(too_early("/valid_from"));
    }
    if new.valid_to.is_some_and(|end| end <= valid_from) {
        return Err(Error::field(
            "/valid_to",
            "period.order",
            "valid_to lies after valid_from",
            "valid_to 须晚于 valid_from",
        ));
    }
    if new.user_id == permit.actor().user {
        let (en, zh) = ("somebody else", "不得为本人");
        return Err(Error::field("/user_id", "user.self", en, zh));
    }
    let user = users::service::get(tx, new.user_id);
    let user = user.map_err(|_unknown| not_of_here())?;
    if !works_on_stock(tx, new.user_id, warehouse.division_code, valid_from)? {
        return Err(not_of_here());
    }
    let held = WarehouseDutyHeld {
        id: tx.new_id(),
        duty: new.duty,
        user_id: user.id,
        username: user.username,
        display_name: user.display_name,
        valid_from,
        valid_to: new.valid_to,
    };
    store::insert_duty(tx, &warehouse, &held, permit.actor().user)?;
    let event = Event::new(permit.origin(), "warehouse_duty.assigned")
        .on(&held.id)
        .within(warehouse.division_code)
        .change("warehouse_id", warehouse.id)
        .change("duty", held.duty)
        .change("username", &held.username)
        .change("valid_from", held.valid_from)
        .change("valid_to", held.valid_to);
    tx.record(event, held)
}

fn too_early(pointer: &str) -> Error {
    Error::field(pointer, "date.past", "today or later", "不得早于今天")
}

fn not_of_here() -> Error {
    Error::field(
        "/user_id",
        "user.not_of_here",
        "somebody who may act on stock there",
        "须为在当地有库存业务权限的人员",
    )
}

/// Whether somebody's roles reach that far on a day.
fn works_on_stock(
    db: &mut Db,
    user: UserId,
    division: DivisionCode,
    on: NaiveDate,
) -> Result<bool> {
    let grants = users::service::grants(db, user)?;
    Ok(grants.iter().any(|grant| {
        Action::StockAct.allows(grant.role)
            && grant.division_code.contains(division)
            && grant.revoked_at.is_none()
            && grant.valid_from <= on
            && grant.valid_to.is_none_or(|end| end > on)
    }))
}

/// Ends a duty: from today or a later day on it holds no more.
pub fn end(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::WarehouseManage>,
    id: WarehouseId,
    duty: WarehouseDutyId,
    asked: &EndDuty,
) -> Result<Recorded<WarehouseDutyHeld>> {
    let warehouse = found(tx, permit.scope(), id)?;
    let held = store::duties(tx, id)?
        .into_iter()
        .find(|one| one.id == duty);
    let mut held = held.ok_or(Code::WarehouseDutyNotFound)?;
    let today = tx.today();
    if held.valid_to.is_some_and(|end| end <= today) {
        return Err(Code::WarehouseDutyEnded.into());
    }
    let valid_to = asked.valid_to.unwrap_or(today.max(held.valid_from));
    if valid_to < today || valid_to < held.valid_from {
        return Err(too_early("/valid_to"));
    }
    if held.valid_to.is_some_and(|end| end < valid_to) {
        return Err(Error::field(
            "/valid_to",
            "period.order",
            "not later than it ends already",
            "不得晚于原定终止日期",
        ));
    }
    if !store::end_duty(tx, duty, valid_to, permit.actor().user)? {
        return Err(Code::WarehouseDutyEnded.into());
    }
    held.valid_to = Some(valid_to);
    let event = Event::new(permit.origin(), "warehouse_duty.ended")
        .on(&held.id)
        .within(warehouse.division_code)
        .change("warehouse_id", warehouse.id)
        .change("duty", held.duty)
        .change("username", &held.username)
        .change("valid_to", held.valid_to);
    tx.record(event, held)
}
