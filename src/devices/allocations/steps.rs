//! The steps of an allocation: where the piece comes from, who gets it, and how it comes back.

use super::history;
use super::model::{
    Allocation, AllocationAction, Handover, ReturnCondition, Supply, SupplySource, check_days,
    possible_from, step,
};
use super::request::{NewAllocationTransition, NewDelivery, NewPurchase};
use super::service::{Shown, event, found, known_organization, person, runs, shown, stays};
use super::store;
use crate::access::{Permit, Role, acts};
use crate::casework::follow_ups::{self, FollowUpKind, Planned};
use crate::casework::payables::{self, Owed, PayableSource};
use crate::casework::{Case, cases, recusals};
use crate::db::{Db, Recorded, Tx};
use crate::devices::catalog::service as catalog;
use crate::devices::recalls;
use crate::devices::stock::service as stock;
use crate::devices::stock::{Issue, Return};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{DeviceAllocationId, FollowUpSubjectId, PayableSubjectId, StockLotId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;

type Acting = Permit<acts::DeviceAllocationAct>;

/// What an action leaves records of beside its own.
type Along = Vec<Recorded<()>>;

pub fn act(
    tx: &mut Tx<'_>,
    permit: &Acting,
    id: DeviceAllocationId,
    seen: IfMatch,
    mut asked: NewAllocationTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.last_transition)?;
    let user = permit.actor().user;
    let state = step(&old, asked.action, user)?;
    let supplied = history::supplied_at(tx, id)?.map(Timestamp::office_date);
    asked.check(supplied, tx.today())?;
    recusals::service::apart(tx, user, &[old.resident_id])?;
    let case = cases::service::found(tx, permit, old.case_id)?;
    if asked.action.is_of_case() {
        runs(tx, &case)?;
    } else {
        stays(tx, old.resident_id)?;
    }
    let moved = Allocation {
        state,
        last_transition: old.last_transition + 1,
        returned: asked.condition,
        ..old
    };
    let (moved, along) = write(tx, permit, &case, moved, &asked)?;
    let entry = (asked.action, Some(old.state));
    history::insert_transition(tx, &moved, entry, user, asked.comment.as_deref())?;
    let event = event(permit.origin(), asked.action.recorded_as(), &moved);
    let shown = shown(tx, user, moved)?;
    Ok(tx.record(event, shown)?.along(along))
}

/// Writes what an action leads to, apart from its entry.
fn write(
    tx: &mut Tx<'_>,
    permit: &Acting,
    case: &Case,
    moved: Allocation,
    asked: &NewAllocationTransition,
) -> Result<(Allocation, Along)> {
    let seen = moved.last_transition - 1;
    match (asked.action, asked.lot_id, &asked.purchase, &asked.delivery) {
        (AllocationAction::Issue, Some(lot), ..) => issue(tx, permit, moved, lot),
        (AllocationAction::Purchase, _, Some(bought), _) => purchase(tx, permit, moved, bought),
        (AllocationAction::Deliver, .., Some(to)) => deliver(tx, permit, case, moved, to),
        (AllocationAction::Return | AllocationAction::Cancel, ..) => take_back(tx, permit, moved),
        _ => {
            store::update(tx, &moved, seen)?;
            Ok((moved, Along::new()))
        }
    }
}

fn not_recalled(db: &mut Db, of: &Allocation, batch: Option<&str>) -> Result<()> {
    if recalls::service::is_recalled(db, &of.item, batch)? {
        return Err(Code::DeviceRecalled.into());
    }
    Ok(())
}

/// Takes one piece from a lot of the same item, by its keeper.
fn issue(
    tx: &mut Tx<'_>,
    permit: &Acting,
    mut moved: Allocation,
    lot: StockLotId,
) -> Result<(Allocation, Along)> {
    let lot = stock::found_lot(tx, permit.scope(), lot)?;
    if lot.is.key() != moved.item {
        return Err(Code::DeviceSupply.into());
    }
    let issue = Issue {
        lot: lot.id,
        quantity: 1,
        is_loan: false,
        case: Some((moved.case_id, moved.resident_id)),
        counterpart: None,
        note: None,
    };
    let issued = stock::issue(tx, permit, issue)?;
    let supply = Supply {
        source: SupplySource::Stock(issued.value().id),
        brand: lot.is.brand,
        model: lot.is.model,
        batch_number: lot.is.batch_number,
        serial_number: lot.is.serial_number,
        by: permit.actor().user,
    };
    store::supply(tx, &moved, moved.last_transition - 1, &supply)?;
    moved.supply = Some(supply);
    Ok((moved, vec![issued.map(drop)]))
}

/// Bought for this person, from somebody who did not evaluate.
fn purchase(
    tx: &mut Tx<'_>,
    permit: &Acting,
    mut moved: Allocation,
    bought: &NewPurchase,
) -> Result<(Allocation, Along)> {
    known_organization(tx, bought.supplier_id, "/purchase/supplier_id")?;
    if bought.supplier_id == moved.evaluation.organization {
        return Err(Code::DeviceAllocationSeparation.into());
    }
    not_recalled(tx, &moved, bought.batch_number.as_deref())?;
    let supply = Supply {
        source: SupplySource::Purchase {
            supplier: bought.supplier_id,
            invoice_number: bought.invoice_number.clone(),
            price: bought.price,
        },
        brand: bought.brand.clone(),
        model: bought.model.clone(),
        batch_number: bought.batch_number.clone(),
        serial_number: bought.serial_number.clone(),
        by: permit.actor().user,
    };
    store::supply(tx, &moved, moved.last_transition - 1, &supply)?;
    moved.supply = Some(supply);
    Ok((moved, Along::new()))
}

/// Hands it over: it is looked at again, and a supplier is owed what is subsidized of it.
fn deliver(
    tx: &mut Tx<'_>,
    permit: &Acting,
    case: &Case,
    mut moved: Allocation,
    to: &NewDelivery,
) -> Result<(Allocation, Along)> {
    let supply = moved.supply.clone();
    let supply = supply.ok_or_else(|| Error::internal("what is delivered was supplied"))?;
    not_recalled(tx, &moved, supply.batch_number.as_deref())?;
    let resident = person(tx, moved.resident_id)?;
    // What was in the catalog when it was found to be needed is what was granted.
    let item = catalog::item_then(tx, &moved.item, moved.recorded_at)?;
    let handover = Handover {
        signed_by: to.signed_by.clone(),
        relation: to.relation,
        date: to.date,
        use_life_until: possible_from(&item, resident.birth_date, to.date),
    };
    store::hand_over(tx, &moved, moved.last_transition - 1, &handover)?;
    moved.handover = Some(handover);
    let mut along = Along::new();
    for due_date in check_days(to.date) {
        let planned = Planned {
            kind: FollowUpKind::DeviceCheck,
            case_id: Some(moved.case_id),
            resident_id: Some(moved.resident_id),
            division_code: resident.division_code,
            subject_id: FollowUpSubjectId::new(moved.id.uuid()),
            role: Role::TownshipCaseworker,
            due_date,
            kept_from: None,
        };
        let planned = tx.reaching(&[resident.division_code], |tx| {
            follow_ups::service::plan(tx, permit.origin(), planned)
        })?;
        along.push(planned.map(drop));
    }
    if let SupplySource::Purchase {
        supplier, price, ..
    } = supply.source
    {
        let amount = item.subsidy(price).filter(|amount| *amount > Fen::ZERO);
        let county = moved.division_code.county();
        if let Some((amount, county)) = amount.zip(county) {
            let owed = Owed {
                source: PayableSource::DevicePurchase,
                subject_id: PayableSubjectId::new(moved.id.uuid()),
                organization_id: supplier,
                case_id: moved.case_id,
                resident_id: moved.resident_id,
                program_code: case.program_code.clone(),
                division_code: county,
                month: Month::of(to.date),
                amount,
            };
            // The county owes it, whoever of its townships delivers.
            let owed = tx.reaching(&[county], |tx| {
                payables::service::owe(tx, permit.origin(), owed)
            })?;
            along.push(owed.map(drop));
        }
    }
    Ok((moved, along))
}

/// Nothing is left to look at; what came from stock and is good lies there again. What is to be repaired first is of no lot
/// until its keeper takes the issue back.
fn take_back(tx: &mut Tx<'_>, permit: &Acting, moved: Allocation) -> Result<(Allocation, Along)> {
    store::update(tx, &moved, moved.last_transition - 1)?;
    let subject = FollowUpSubjectId::new(moved.id.uuid());
    let why = "辅具已归还或取消";
    // What is open went along with the person.
    let lives = person(tx, moved.resident_id)?.division_code;
    let mut along = tx.reaching(&[lives], |tx| {
        follow_ups::service::cancel_for(tx, permit.origin(), subject, why)
    })?;
    let source = moved.supply.as_ref().map(|supply| &supply.source);
    let is_good = moved
        .returned
        .is_none_or(|condition| condition == ReturnCondition::Good);
    if let (Some(SupplySource::Stock(movement)), true) = (source, is_good) {
        let back = Return {
            origin: *movement,
            quantity: 1,
            counterpart: None,
            note: None,
        };
        along.push(stock::take_back(tx, permit, &back)?.map(drop));
    }
    Ok((moved, along))
}
