//! Use cases of recalls.

use std::collections::HashMap;

use chrono::Days;

use super::model::{FETCHED_WITHIN_DAYS, NewRecall, Recall};
use super::store;
use crate::access::{Act, Permit, Role, acts};
use crate::audit::Event;
use crate::casework::follow_ups::{self, FollowUpKind, FollowUpState, Planned};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::devices::allocations::{self, Allocation};
use crate::devices::catalog::ItemKey;
use crate::devices::catalog::service as catalog;
use crate::devices::stock::service as stock;
use crate::devices::stock::{Movement, StockMovementKind};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{DeviceRecallId, FollowUpId, FollowUpSubjectId, ResidentId};
use crate::kernel::name::PersonName;
use crate::registry::{Resident, residents};

pub use super::store::{Filter, page};

/// Somebody who holds a piece.
#[derive(Debug)]
pub struct Holder {
    pub allocation: Allocation,
    pub follow_up: FollowUpId,
    /// Whether somebody has looked since.
    pub follow_up_state: FollowUpState,
    pub resident_name_masked: Option<String>,
}

/// A recall with all who hold a piece in the caller's sight.
#[derive(Debug)]
pub struct Shown {
    pub recall: Recall,
    pub name_zh: String,
    pub holders: Vec<Holder>,
    /// What left a warehouse otherwise, and is not back.
    pub other_issues: Vec<Movement>,
}

/// Whether a batch of an item is called back.
pub fn is_recalled(db: &mut Db, item: &ItemKey, batch: Option<&str>) -> Result<bool> {
    let Some(batch) = batch else {
        return Ok(false);
    };
    let filter = Filter {
        id: None,
        edition: Some(item.edition.clone()),
        code: Some(item.code.clone()),
        batch_number: Some(batch.to_owned()),
    };
    Ok(!store::page(db, &filter, None, 1)?.is_empty())
}

/// Calls a batch back: whoever holds a piece is found, and each is to be visited.
pub fn recall(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::DeviceRecallMake>,
    mut new: NewRecall,
) -> Result<Recorded<Shown>> {
    new.check()?;
    let item = new.item();
    if !catalog::called(tx, std::slice::from_ref(&item))?.contains_key(&item) {
        return Err(Code::DeviceItemNotFound.into());
    }
    let place = permit.scope().divisions().first().copied();
    let recall = Recall {
        id: tx.new_id(),
        item,
        batch_number: new.batch_number,
        reason: new.reason,
        division_code: place.ok_or_else(|| Error::internal("a permit is for a place"))?,
        recalled_by: permit.actor().user,
        recalled_at: tx.now(),
    };
    store::insert(tx, &recall)?;
    let filter = allocations::service::Filter {
        item: Some(recall.item.clone()),
        batch_number: Some(recall.batch_number.clone()),
        holding: true,
        ..Default::default()
    };
    let holding = allocations::service::all(tx, permit.scope(), &filter)?;
    let named = people(tx, &holding)?;
    let mut planned = Vec::new();
    for one in &holding {
        let lives = named.get(&one.resident_id);
        let (follow_up, fresh) = visit(tx, permit, one, lives)?;
        store::insert_holder(tx, recall.id, one.id, follow_up)?;
        planned.extend(fresh);
    }
    let event = Event::new(permit.origin(), "device_recall.made")
        .on(&recall.id)
        .within(recall.division_code)
        .change("edition", &recall.item.edition)
        .change("code", &recall.item.code)
        .change("batch_number", &recall.batch_number)
        .change("holders", holding.len());
    let shown = shown(tx, permit, recall)?;
    Ok(tx.record(event, shown)?.along(planned))
}

fn people(db: &mut Db, of: &[Allocation]) -> Result<HashMap<ResidentId, Resident>> {
    let ids: Vec<_> = of.iter().map(|one| one.resident_id).collect();
    let named = residents::service::named(db, &ids)?;
    let resident = |(id, (resident, _))| (id, resident);
    Ok(named.into_iter().map(resident).collect())
}

/// The follow-up by which a piece is fetched: one that is planned already, or a new one. It is of the office where the
/// person lives by now, in whichever county.
fn visit(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::DeviceRecallMake>,
    of: &Allocation,
    lives: Option<&Resident>,
) -> Result<(FollowUpId, Option<Recorded<()>>)> {
    let subject = FollowUpSubjectId::new(of.id.uuid());
    let lives = lives.map_or(of.division_code, |resident| resident.division_code);
    let all = tx.in_every_office(|db| follow_ups::service::of(db, subject))?;
    let open = all.iter().find(|one| {
        one.state == FollowUpState::Open && one.planned.kind == FollowUpKind::DeviceRecall
    });
    if let Some(open) = open {
        return Ok((open.id, None));
    }
    let due = tx.today().checked_add_days(Days::new(FETCHED_WITHIN_DAYS));
    let planned = Planned {
        kind: FollowUpKind::DeviceRecall,
        case_id: Some(of.case_id),
        resident_id: Some(of.resident_id),
        division_code: lives,
        subject_id: subject,
        role: Role::TownshipCaseworker,
        due_date: due.unwrap_or_else(|| tx.today()),
        kept_from: None,
    };
    let planned = tx.reaching(&[lives], |tx| {
        follow_ups::service::plan(tx, permit.origin(), planned)
    })?;
    Ok((*planned.value(), Some(planned.map(drop))))
}

/// Issues and loans of the batch that no allocation tells of, and that did not come back whole.
fn other_issues<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    recall: &Recall,
    known: &[Allocation],
) -> Result<Vec<Movement>> {
    let filter = stock::Filter {
        edition: Some(recall.item.edition.clone()),
        code: Some(recall.item.code.clone()),
        batch_number: Some(recall.batch_number.clone()),
        ..stock::Filter::default()
    };
    let all = stock::movements(db, permit.scope(), &filter)?;
    let mut back: HashMap<_, i32> = HashMap::new();
    for one in &all {
        if let Some(of) = one.reverses.or(one.origin) {
            *back.entry(of).or_default() += one.change;
        }
    }
    let told: Vec<_> = known
        .iter()
        .filter_map(|one| match one.supply.as_ref()?.source {
            allocations::SupplySource::Stock(movement) => Some(movement),
            allocations::SupplySource::Purchase { .. } => None,
        })
        .collect();
    let is_out = |one: &Movement| {
        matches!(one.kind, StockMovementKind::Issue | StockMovementKind::Loan)
            && one.reverses.is_none()
            && one.change + back.get(&one.id).copied().unwrap_or(0) < 0
            && !told.contains(&one.id)
    };
    Ok(all.into_iter().filter(is_out).collect())
}

fn shown<A: Act>(db: &mut Db, permit: &Permit<A>, recall: Recall) -> Result<Shown> {
    let called = catalog::called(db, std::slice::from_ref(&recall.item))?;
    let (name_zh, _unit) = called.get(&recall.item).cloned().unwrap_or_default();
    let follow_ups: HashMap<_, _> = store::holders(db, recall.id)?.into_iter().collect();
    let filter = allocations::service::Filter {
        among: Some(follow_ups.keys().copied().collect()),
        ..Default::default()
    };
    let mut known = allocations::service::all(db, permit.scope(), &filter)?;
    known.reverse();
    let named = people(db, &known)?;
    let other_issues = other_issues(db, permit, &recall, &known)?;
    let mut holders = Vec::new();
    for allocation in known {
        let Some(follow_up) = follow_ups.get(&allocation.id).copied() else {
            continue;
        };
        let subject = FollowUpSubjectId::new(allocation.id.uuid());
        let all = db.in_every_office(|db| follow_ups::service::of(db, subject))?;
        let state = all.iter().find(|one| one.id == follow_up);
        holders.push(Holder {
            follow_up,
            follow_up_state: state.map_or(FollowUpState::Cancelled, |one| one.state),
            resident_name_masked: named
                .get(&allocation.resident_id)
                .map(|resident| PersonName::masked(&resident.name)),
            allocation,
        });
    }
    Ok(Shown {
        recall,
        name_zh,
        holders,
        other_issues,
    })
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::DeviceRecallRead>,
    id: DeviceRecallId,
) -> Result<Looked<Shown>> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let recall = store::page(db, &filter, None, 1)?.pop();
    let recall = recall.ok_or(Code::DeviceRecallNotFound)?;
    let shown = shown(db, permit, recall)?;
    let ids: Vec<_> = shown
        .holders
        .iter()
        .map(|one| one.allocation.resident_id)
        .collect();
    let event = Event::new(permit.origin(), "device_recall.viewed")
        .on(&id)
        .within_first(permit.scope().divisions())
        .change("resident_ids", ids);
    db.looked(event, shown)
}
