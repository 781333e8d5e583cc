//! Use cases of the stock ledger.

use std::collections::HashMap;

use super::model::{
    Asked, Entry, Issue, Lot, LotDescription, Movement, NewMovement, NewReversal,
    NewStockMovementKind, Return, StockMovementKind,
};
use super::store;
use crate::access::{Act, Permit, Scope, acts, users};
use crate::audit::{Event, Origin};
use crate::casework::cases::service as cases;
use crate::db::{Db, Recorded, Tx};
use crate::devices::catalog::ItemKey;
use crate::devices::catalog::service as catalog;
use crate::devices::recalls;
use crate::devices::warehouses::WarehouseDuty;
use crate::devices::warehouses::service as warehouses;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, ResidentId, StockLotId, StockMovementId, UserId};
use crate::kernel::text;

pub use super::store::{Filter, balances, book, corrected_since, lot_for, lots_of};

/// Movements with what people call what is in them.
#[derive(Debug)]
pub struct Shown {
    pub movement: Movement,
    pub name_zh: String,
    pub unit: String,
    pub actor_name: String,
    pub reversed_by: Option<StockMovementId>,
}

pub fn found_lot(db: &mut Db, scope: &Scope, id: StockLotId) -> Result<Lot> {
    store::lot(db, scope, id)?.ok_or_else(|| Code::StockLotNotFound.into())
}

pub fn found(db: &mut Db, scope: &Scope, id: StockMovementId) -> Result<Movement> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::StockMovementNotFound.into())
}

pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<StockMovementId>,
    count: i64,
) -> Result<Vec<Shown>> {
    let all = store::page(db, scope, filter, after, count)?;
    shown(db, all)
}

/// The same without what people call things, and all of them: of one delivery or count.
pub fn movements(db: &mut Db, scope: &Scope, filter: &Filter) -> Result<Vec<Movement>> {
    store::page(db, scope, filter, None, i64::MAX)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::WarehouseRead>,
    id: StockMovementId,
) -> Result<Shown> {
    let movement = found(db, permit.scope(), id)?;
    one_shown(db, movement)
}

pub(in crate::devices) fn one_shown(db: &mut Db, movement: Movement) -> Result<Shown> {
    let one = shown(db, vec![movement])?.pop();
    one.ok_or_else(|| Error::internal("one movement is shown as one"))
}

pub(in crate::devices) fn shown(db: &mut Db, all: Vec<Movement>) -> Result<Vec<Shown>> {
    let keys: Vec<ItemKey> = all.iter().map(|one| one.lot.is.key()).collect();
    let called = catalog::called(db, &keys)?;
    let actors: Vec<UserId> = all.iter().map(|one| one.actor).collect();
    let names = users::service::display_names(db, &actors)?;
    let names: HashMap<_, _> = names.into_iter().collect();
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let reversed = store::reversals(db, &ids)?;
    let show = |movement: Movement| {
        let called = called.get(&movement.lot.is.key()).cloned();
        let (name_zh, unit) = called.unwrap_or_default();
        Shown {
            name_zh,
            unit,
            actor_name: names.get(&movement.actor).cloned().unwrap_or_default(),
            reversed_by: reversed.get(&movement.id).copied(),
            movement,
        }
    };
    Ok(all.into_iter().map(show).collect())
}

/// Leaves a record of a movement, about the resident whose case it is for.
pub(in crate::devices) fn recorded(
    tx: &mut Tx<'_>,
    origin: &Origin,
    movement: Movement,
    resident: Option<ResidentId>,
) -> Result<Recorded<Movement>> {
    let action = if movement.reverses.is_some() {
        "stock_movement.reversed"
    } else {
        movement.kind.recorded_as()
    };
    let mut event = Event::new(origin, action)
        .on(&movement.id)
        .within(movement.lot.division)
        .change("movement_number", &movement.number)
        .change("warehouse_id", movement.lot.warehouse)
        .change("edition", &movement.lot.is.edition)
        .change("code", &movement.lot.is.code)
        .change("quantity", movement.change)
        .change("balance", movement.balance);
    if let Some(case) = movement.case {
        event = event.change("case_id", case);
    }
    if let Some(resident) = resident {
        event = event.about(resident);
    }
    tx.record(event, movement)
}

/// Books what a keeper does without anybody else.
pub fn create(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    new: &NewMovement,
) -> Result<Recorded<Movement>> {
    match new.check()? {
        Asked::Donation(warehouse, lot) => donate(tx, permit, warehouse, &lot, new),
        Asked::Return(movement) => {
            let back = Return {
                origin: movement,
                quantity: new.quantity,
                counterpart: new.counterpart(),
                note: new.note(),
            };
            take_back(tx, permit, &back)
        }
        Asked::Out(lot) if new.kind == NewStockMovementKind::Scrap => scrap(tx, permit, lot, new),
        Asked::Out(lot) => {
            let lot = found_lot(tx, permit.scope(), lot)?;
            let issue = Issue {
                lot: lot.id,
                quantity: new.quantity,
                is_loan: new.kind == NewStockMovementKind::Loan,
                case: None,
                counterpart: new.counterpart(),
                note: new.note(),
            };
            issue_of(tx, permit, &lot, issue)
        }
    }
}

fn donate(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    warehouse: crate::kernel::id::WarehouseId,
    is: &LotDescription,
    new: &NewMovement,
) -> Result<Recorded<Movement>> {
    let warehouse = warehouses::found(tx, permit.scope(), warehouse)?;
    let user = permit.actor().user;
    let duty = warehouses::duty(tx, warehouse.id, user, WarehouseDuty::Keeper)?;
    let today = tx.today();
    catalog::item(tx, &is.key(), today)?;
    let lot = lot_for(tx, &warehouse, is)?;
    let entry = Entry {
        counterpart: new.counterpart(),
        note: new.note(),
        ..Entry::new(StockMovementKind::Donation, new.quantity, user, Some(duty))
    };
    let movement = book(tx, &lot, entry)?;
    recorded(tx, permit.origin(), movement, None)
}

fn scrap(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    lot: StockLotId,
    new: &NewMovement,
) -> Result<Recorded<Movement>> {
    let lot = found_lot(tx, permit.scope(), lot)?;
    let user = permit.actor().user;
    let duty = warehouses::duty(tx, lot.warehouse, user, WarehouseDuty::Keeper)?;
    let entry = Entry {
        counterpart: new.counterpart(),
        note: new.note(),
        ..Entry::new(StockMovementKind::Scrap, -new.quantity, user, Some(duty))
    };
    let movement = book(tx, &lot, entry)?;
    recorded(tx, permit.origin(), movement, None)
}

/// Issues or lends from a lot in sight, by its keeper; nothing that is called back. Whether the case is one to be served is
/// the caller's care.
pub fn issue<A: Act>(
    tx: &mut Tx<'_>,
    permit: &Permit<A>,
    issue: Issue,
) -> Result<Recorded<Movement>> {
    let lot = found_lot(tx, permit.scope(), issue.lot)?;
    issue_of(tx, permit, &lot, issue)
}

fn issue_of<A: Act>(
    tx: &mut Tx<'_>,
    permit: &Permit<A>,
    lot: &Lot,
    issue: Issue,
) -> Result<Recorded<Movement>> {
    let user = permit.actor().user;
    let duty = warehouses::duty(tx, lot.warehouse, user, WarehouseDuty::Keeper)?;
    if recalls::service::is_recalled(tx, &lot.is.key(), lot.is.batch_number.as_deref())? {
        return Err(Code::DeviceRecalled.into());
    }
    let kind = if issue.is_loan {
        StockMovementKind::Loan
    } else {
        StockMovementKind::Issue
    };
    let entry = Entry {
        case: issue.case.map(|(case, _)| case),
        counterpart: issue.counterpart,
        note: issue.note,
        ..Entry::new(kind, -issue.quantity, user, Some(duty))
    };
    let movement = book(tx, lot, entry)?;
    let resident = issue.case.map(|(_, resident)| resident);
    recorded(tx, permit.origin(), movement, resident)
}

/// Takes back what was issued or lent, into the lot that it came from, by its keeper.
pub fn take_back<A: Act>(
    tx: &mut Tx<'_>,
    permit: &Permit<A>,
    back: &Return,
) -> Result<Recorded<Movement>> {
    let issued = found(tx, permit.scope(), back.origin)?;
    let user = permit.actor().user;
    let duty = warehouses::duty(tx, issued.lot.warehouse, user, WarehouseDuty::Keeper)?;
    if !matches!(
        issued.kind,
        StockMovementKind::Issue | StockMovementKind::Loan
    ) {
        return Err(Error::field(
            "/origin_id",
            "stock_movement.kind",
            "an issue or a loan",
            "须为发放或借出记录",
        ));
    }
    let entry = Entry {
        case: issued.case,
        counterpart: back.counterpart.clone(),
        note: back.note.clone(),
        origin: Some(issued.id),
        ..Entry::new(StockMovementKind::Return, back.quantity, user, Some(duty))
    };
    let movement = book(tx, &issued.lot, entry)?;
    let resident = resident_of(tx, permit, issued.case)?;
    recorded(tx, permit.origin(), movement, resident)
}

/// Whose case it is; a case that has moved on since is nobody's here.
fn resident_of<A: Act>(
    tx: &mut Tx<'_>,
    permit: &Permit<A>,
    case: Option<CaseId>,
) -> Result<Option<ResidentId>> {
    let Some(case) = case else {
        return Ok(None);
    };
    match cases::found(tx, permit, case) {
        Ok(case) => Ok(Some(case.resident_id)),
        Err(error) if error.code() == Code::CaseNotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes a movement back, whole, by one in the other direction.
pub fn reverse(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::StockAct>,
    id: StockMovementId,
    asked: &NewReversal,
) -> Result<Recorded<Movement>> {
    let reason = text::reason(&asked.reason)?.to_owned();
    let movement = found(tx, permit.scope(), id)?;
    let user = permit.actor().user;
    let duty = warehouses::duty(tx, movement.lot.warehouse, user, WarehouseDuty::Keeper)?;
    if !movement.kind.is_reversible() || movement.reverses.is_some() {
        return Err(Code::StockReversal.into());
    }
    let entry = Entry {
        case: movement.case,
        counterpart: movement.counterpart.clone(),
        note: Some(reason),
        origin: movement.origin,
        reverses: Some(movement.id),
        delivery: movement.delivery,
        ..Entry::new(movement.kind, -movement.change, user, Some(duty))
    };
    let resident = resident_of(tx, permit, movement.case)?;
    let counter = book(tx, &movement.lot, entry)?;
    recorded(tx, permit.origin(), counter, resident)
}
