//! Use cases of device allocations: evaluate, list, read; what casework and recalls ask.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::history;
use super::model::{
    Allocation, AllocationAction, AllocationState, DeviceExceptionKind, Evaluation, Exception,
    Turn, allowed, is_minor, suffices,
};
use super::request::{NewAllocation, NewException};
use super::store;
use crate::access::{Permit, Scope, acts, organizations};
use crate::audit::{Event, Origin};
use crate::casework::recusals;
use crate::casework::{Case, State, cases, documents, transfers};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::devices::catalog::service as catalog;
use crate::devices::catalog::{DeviceItem, ItemKey};
use crate::devices::checks::{self, DeviceCheck};
use crate::devices::recalls;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, DeviceAllocationId, OrganizationId, ResidentId, UserId};
use crate::programs::Service;
use crate::registry::{Resident, residents};

pub use super::steps::act;
pub use super::store::{Filter, SEALED_COLUMNS};

/// An allocation with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub allocation: Allocation,
    pub name_zh: String,
    pub unit: String,
    pub allowed: Vec<AllocationAction>,
    /// Left out of lists: it tells of people's health.
    pub told: Option<Told>,
}

/// What a look at one allocation shows.
#[derive(Debug)]
pub struct Told {
    pub history: Vec<Turn>,
    pub checks: Vec<DeviceCheck>,
}

pub(super) fn event(origin: &Origin, action: &'static str, one: &Allocation) -> Event {
    Event::new(origin, action)
        .on(&one.id)
        .about(one.resident_id)
        .within(one.division_code)
        .change("case_id", one.case_id)
        .change("edition", &one.item.edition)
        .change("code", &one.item.code)
        .change("state", one.state)
}

pub fn found(db: &mut Db, scope: &Scope, id: DeviceAllocationId) -> Result<Allocation> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::DeviceAllocationNotFound.into())
}

/// One wherever its case is; that the caller may know it is the caller's care.
pub fn anywhere(db: &mut Db, id: DeviceAllocationId) -> Result<Allocation> {
    let one = store::anywhere(db, id)?;
    one.ok_or_else(|| Code::DeviceAllocationNotFound.into())
}

/// All of a filter.
pub fn all(db: &mut Db, scope: &Scope, filter: &Filter) -> Result<Vec<Allocation>> {
    store::page(db, scope, filter, None, i64::MAX)
}

/// With what people call the items.
pub fn listed(db: &mut Db, user: UserId, all: Vec<Allocation>) -> Result<Vec<Shown>> {
    let keys: Vec<ItemKey> = all.iter().map(|one| one.item.clone()).collect();
    let called = catalog::called(db, &keys)?;
    let show = |allocation: Allocation| {
        let (name_zh, unit) = called.get(&allocation.item).cloned().unwrap_or_default();
        Shown {
            name_zh,
            unit,
            allowed: allowed(&allocation, user),
            told: None,
            allocation,
        }
    };
    Ok(all.into_iter().map(show).collect())
}

pub(super) fn shown(db: &mut Db, user: UserId, allocation: Allocation) -> Result<Shown> {
    let told = Told {
        history: history::history(db, allocation.id)?,
        checks: checks::service::of(db, allocation.id)?,
    };
    let one = listed(db, user, vec![allocation])?.pop();
    let one = one.ok_or_else(|| Error::internal("one allocation is shown as one"))?;
    Ok(Shown {
        told: Some(told),
        ..one
    })
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::DeviceAllocationRead>,
    id: DeviceAllocationId,
) -> Result<Looked<Shown>> {
    let one = found(db, permit.scope(), id)?;
    let event = event(permit.origin(), "device_allocation.viewed", &one);
    let shown = shown(db, permit.actor().user, one)?;
    db.looked(event, shown)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub filter: Filter,
    pub resident: Option<ResidentId>,
    pub after: Option<DeviceAllocationId>,
    pub count: i64,
}

/// Who has or gets which device is told of nobody without a record.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::DeviceAllocationRead>,
    scope: &Scope,
    window: Window,
) -> Result<Looked<Vec<Shown>>> {
    let residents = match window.resident {
        Some(resident) => Some(residents::service::records(db, &[resident])?),
        None => None,
    };
    let filter = Filter {
        residents,
        ..window.filter
    };
    let all = store::page(db, scope, &filter, window.after, window.count)?;
    let shown = listed(db, permit.actor().user, all)?;
    let event =
        Event::new(permit.origin(), "device_allocation.listed").within_first(scope.divisions());
    let event = match window.resident {
        Some(resident) => event.about(resident),
        None => event,
    };
    db.looked(event, shown)
}

/// The person a case is of, wherever they live.
pub(super) fn person(db: &mut Db, id: ResidentId) -> Result<Resident> {
    let known = residents::service::named(db, &[id])?.remove(&id);
    known
        .map(|(resident, _)| resident)
        .ok_or_else(|| Error::internal("a case is of a resident"))
}

/// Both ends hold until a transfer is decided.
pub fn stays(db: &mut Db, resident: ResidentId) -> Result<()> {
    transfers::hold(transfers::service::offered(db, resident)?)
}

/// A case for which a device is found and given.
pub(super) fn runs(db: &mut Db, case: &Case) -> Result<()> {
    stays(db, case.resident_id)?;
    let goes_on = matches!(case.position.state, State::Approved | State::InService);
    if case.service == Service::AssistiveDevice && goes_on {
        return Ok(());
    }
    let state = case.position.state.as_str();
    Err(Error::new(Code::DeviceAllocationCase).member("state", state))
}

pub(super) fn known_organization(db: &mut Db, id: OrganizationId, pointer: &str) -> Result<()> {
    if organizations::service::known(db, &[id])?.is_empty() {
        let (en, zh) = ("there is no such organization", "没有该单位");
        return Err(Error::field(pointer, "organization.unknown", en, zh));
    }
    Ok(())
}

/// Takes down who was found to need which item: the case begins.
pub fn evaluate(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::DeviceAllocationEvaluate>,
    mut new: NewAllocation,
) -> Result<Recorded<Shown>> {
    let case = cases::service::found(tx, permit, new.case_id)?;
    let (now, today) = (tx.now(), tx.today());
    new.check(today)?;
    let actor = permit.actor();
    recusals::service::apart(tx, actor.user, &[case.resident_id])?;
    runs(tx, &case)?;
    let item = catalog::listed_item(tx, &new.item(), today)?;
    if !suffices(new.evaluation.level, item.evaluation_level) {
        let needed = item.evaluation_level;
        return Err(Error::field(
            "/evaluation/level",
            "evaluation_level.too_low",
            format!("this item takes an evaluation of level {needed}"),
            format!("该品目须经{}", needed.label_zh()),
        ));
    }
    let organization = new.evaluation.organization_id;
    known_organization(tx, organization, "/evaluation/organization_id")?;
    let exception = replaced(tx, &case, &item, new.exception.as_ref())?;
    let one = Allocation {
        id: tx.new_id(),
        case_id: case.id,
        resident_id: case.resident_id,
        division_code: case.division_code,
        item: item.key(),
        evaluation: Evaluation {
            level: new.evaluation.level,
            organization,
            evaluator: new.evaluation.evaluator,
            date: new.evaluation.date,
        },
        exception,
        supply: None,
        handover: None,
        returned: None,
        state: AllocationState::Evaluated,
        last_transition: 1,
        recorded_by: (
            actor.user,
            actor.username.clone(),
            actor.display_name.clone(),
        ),
        recorded_at: now,
    };
    store::insert(tx, &one)?;
    let entry = (AllocationAction::Evaluate, None);
    history::insert_transition(tx, &one, entry, actor.user, Some(&new.evaluation.finding))?;
    let begun = match case.position.state {
        State::Approved => Some(cases::service::start(tx, permit, case.id)?),
        _ => None,
    };
    let event = event(
        permit.origin(),
        AllocationAction::Evaluate.recorded_as(),
        &one,
    )
    .change("exception", one.exception.map(|exception| exception.kind));
    let shown = shown(tx, actor.user, one)?;
    let recorded = tx.record(event, shown)?;
    Ok(match begun {
        Some(begun) => recorded.and(begun).map(|(shown, ())| shown),
        None => recorded,
    })
}

/// What of the same item stands in the way of another, under whichever record of the person.
fn in_the_way(
    db: &mut Db,
    case: &Case,
    item: &DeviceItem,
    today: NaiveDate,
) -> Result<Vec<Allocation>> {
    let records = db.in_every_office(|db| residents::service::person(db, case.resident_id))?;
    let all = store::standing(db, &records)?;
    let replaced: HashSet<_> = all
        .iter()
        .filter_map(|one| one.exception.map(|exception| exception.previous))
        .collect();
    let mapped = catalog::view(db, &item.key(), today)?;
    let same = |key: &ItemKey| {
        *key == item.key() || mapped.replaces.contains(key) || mapped.replaced_by.contains(key)
    };
    let lasts = |one: &Allocation| match &one.handover {
        None => true,
        Some(handover) => handover.use_life_until.is_some_and(|until| until > today),
    };
    let stands = |one: &Allocation| {
        one.state.is_live() && !replaced.contains(&one.id) && same(&one.item) && lasts(one)
    };
    Ok(all.into_iter().filter(stands).collect())
}

/// Nobody gets a second one within the use-life of the first, unless for a reason that holds.
fn replaced(
    db: &mut Db,
    case: &Case,
    item: &DeviceItem,
    asked: Option<&NewException>,
) -> Result<Option<Exception>> {
    let today = db.today();
    let all = in_the_way(db, case, item, today)?;
    if all.iter().any(|one| one.handover.is_none()) {
        return Err(Code::DeviceAllocationOpen.into());
    }
    let until = all
        .iter()
        .filter_map(|one| one.handover.as_ref()?.use_life_until)
        .max();
    let Some(until) = until else {
        return match asked {
            None => Ok(None),
            Some(_) => Err(Error::field(
                "/exception",
                "exception.not_needed",
                "the person has none within its use-life",
                "该人没有使用年限内的同类辅具，无需例外",
            )),
        };
    };
    let (Some(asked), [previous]) = (asked, all.as_slice()) else {
        return Err(Error::new(Code::DeviceUseLife)
            .detail(
                format!("another is possible from {until}"),
                format!("自{until}起方可再次配置"),
            )
            .member("possible_from", until.to_string()));
    };
    if !holds(db, case, previous, asked, today)? {
        return Err(Error::new(Code::DeviceException)
            .detail(
                format!("{} is not so here", asked.kind),
                format!("“{}”情形不成立", asked.kind.label_zh()),
            )
            .member("possible_from", until.to_string()));
    }
    Ok(Some(Exception {
        kind: asked.kind,
        document: asked.document_id,
        previous: previous.id,
    }))
}

fn holds(
    db: &mut Db,
    case: &Case,
    previous: &Allocation,
    asked: &NewException,
    today: NaiveDate,
) -> Result<bool> {
    match asked.kind {
        DeviceExceptionKind::Growth => {
            let resident = person(db, case.resident_id)?;
            Ok(is_minor(resident.birth_date, today))
        }
        DeviceExceptionKind::Loss => match asked.document_id {
            Some(document) => documents::service::counts(db, case.id, document),
            None => Ok(false),
        },
        DeviceExceptionKind::Recall => {
            let batch = previous.supply.as_ref();
            let batch = batch.and_then(|supply| supply.batch_number.as_deref());
            recalls::service::is_recalled(db, &previous.item, batch)
        }
    }
}

/// A case of a device is done when one was delivered, and none is under way.
pub fn finished(db: &mut Db, case: CaseId) -> Result<()> {
    let all = store::of_case(db, case)?;
    let given = all.iter().any(|one| one.handover.is_some());
    let under_way = |one: &Allocation| one.state.is_live() && one.handover.is_none();
    if given && !all.iter().any(under_way) {
        Ok(())
    } else {
        Err(Code::DeviceAllocationUnfinished.into())
    }
}

/// Gives up what was not supplied yet of a case that was stopped; the office fetches the rest.
pub fn end_of_case(
    tx: &mut Tx<'_>,
    origin: &Origin,
    case: CaseId,
    by: UserId,
    why: &str,
) -> Result<Vec<Recorded<()>>> {
    let all = store::of_case(tx, case)?;
    let begun = |one: &Allocation| {
        matches!(
            one.state,
            AllocationState::Evaluated | AllocationState::Planned
        )
    };
    let mut ended = Vec::new();
    for old in all.into_iter().filter(begun) {
        let moved = Allocation {
            state: AllocationState::Cancelled,
            last_transition: old.last_transition + 1,
            ..old.clone()
        };
        store::update(tx, &moved, old.last_transition)?;
        let entry = (AllocationAction::Cancel, Some(old.state));
        history::insert_transition(tx, &moved, entry, by, Some(why))?;
        let event = event(origin, AllocationAction::Cancel.recorded_as(), &moved);
        ended.push(tx.record(event, ())?);
    }
    Ok(ended)
}
