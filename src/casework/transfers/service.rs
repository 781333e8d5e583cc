//! Use cases of transfers.

use std::collections::HashMap;

use super::model::{
    Belongings, NewTransfer, NewTransferTransition, Standing, Transfer, TransferAction,
    TransferState, Turn, hold,
};
use super::store::{self, Filter};
use crate::access::{Act, Permit, acts, divisions};
use crate::audit::{Event, Origin};
use crate::casework::cases::{Case, Desk, Relocation, relocation};
use crate::casework::recusals::{self, keep_off};
use crate::casework::referrals::Direction;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ResidentId, TransferId};
use crate::registry::{Resident, residents};

pub use super::store::{SEALED_COLUMNS, offered as all_offered};

/// The transfer that is offered of a resident.
pub fn offered(db: &mut Db, resident: ResidentId) -> Result<Option<TransferId>> {
    Ok(store::offered(db, &[resident])?.remove(&resident))
}

/// A transfer with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub transfer: Transfer,
    pub allowed: Vec<TransferAction>,
    /// Left out of lists: it names somebody.
    pub told: Option<Told>,
}

/// What a look at one transfer shows.
#[derive(Debug)]
pub struct Told {
    /// What would be, or was, taken over; nothing of what was declined or cancelled.
    pub belongings: Option<Belongings>,
    pub history: Vec<Turn>,
}

fn standing<A: Act>(permit: &Permit<A>, transfer: &Transfer) -> Standing {
    let acts_in = permit.scope_for::<acts::TransferAct>();
    Standing {
        offering: acts_in.sees(transfer.from),
        receiving: acts_in.sees(transfer.to) && transfer.offered_by.0 != permit.actor().user,
    }
}

fn listed<A: Act>(permit: &Permit<A>, transfer: Transfer) -> Shown {
    Shown {
        allowed: standing(permit, &transfer).allowed(transfer.state),
        told: None,
        transfer,
    }
}

/// What somebody has that is open or runs. Both ends may know, and who asks works at one of them.
fn belongings(
    db: &mut Db,
    desk: &Desk,
    of: ResidentId,
) -> Result<(Resident, Vec<Case>, Belongings)> {
    let found = residents::service::named(db, &[of])?.remove(&of);
    let (resident, believed) =
        found.ok_or_else(|| Error::internal("a transfer is of a resident"))?;
    db.in_every_office(|db| {
        let open = relocation::open_of(db, of)?;
        let mut benefits = Vec::new();
        for service in desk.services() {
            benefits.extend(service.running(db, of)?);
        }
        let all = Belongings::of(&resident, &believed, &open, benefits);
        Ok((resident, open, all))
    })
}

fn shown<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    desk: &Desk,
    all: Vec<Transfer>,
) -> Result<Vec<Shown>> {
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let mut histories: HashMap<TransferId, Vec<Turn>> = HashMap::new();
    for (id, turn) in store::history(db, &ids)? {
        histories.entry(id).or_default().push(turn);
    }
    all.into_iter()
        .map(|transfer| {
            let belongings = match transfer.state {
                TransferState::Offered => Some(belongings(db, desk, transfer.resident_id)?.2),
                _ => transfer.taken_over.clone(),
            };
            let told = Told {
                belongings,
                history: histories.remove(&transfer.id).unwrap_or_default(),
            };
            Ok(Shown {
                told: Some(told),
                ..listed(permit, transfer)
            })
        })
        .collect()
}

fn shown_one<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    desk: &Desk,
    transfer: Transfer,
) -> Result<Shown> {
    let one = shown(db, permit, desk, vec![transfer])?.pop();
    one.ok_or_else(|| Error::internal("one transfer is shown as one"))
}

fn found<A: Act>(db: &mut Db, permit: &Permit<A>, id: TransferId) -> Result<Transfer> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, permit.scope(), filter, None, 1)?.pop();
    one.ok_or_else(|| Code::TransferNotFound.into())
}

fn event(origin: &Origin, action: &'static str, transfer: &Transfer) -> Event {
    Event::new(origin, action)
        .on(&transfer.id)
        .about(transfer.resident_id)
        .change("from_division_code", transfer.from)
        .change("to_division_code", transfer.to)
}

/// Each end has its record: the auditor there sees who left, and the one here who came.
fn record_at_both_ends<T>(
    tx: &mut Tx<'_>,
    event: &Event,
    transfer: &Transfer,
    value: T,
) -> Result<Recorded<T>> {
    let left = tx.record(event.clone().within(transfer.from), ())?;
    let came = tx.record(event.clone().within(transfer.to), value)?;
    Ok(left.and(came).map(|((), value)| value))
}

/// Where somebody moves to: a village or township of another county.
fn destination(db: &mut Db, new: &NewTransfer, from: DivisionCode) -> Result<()> {
    let pointer = "/to_division_code";
    let division = divisions::service::current(db, new.to_division_code, pointer)?;
    if division.level < DivisionLevel::Township {
        return Err(Error::field(
            pointer,
            "division.level",
            "a village or a township",
            "须为村（社区）或乡镇（街道）",
        ));
    }
    if division.code.county() == from.county() {
        return Err(Error::field(
            pointer,
            "division.same_county",
            "another county: within one, correct the resident",
            "须为其他县（市、区）；县内迁移请直接更正居住地",
        ));
    }
    Ok(())
}

/// Offers a resident to the county they move to. From now on both ends hold.
pub fn offer(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::TransferAct>,
    desk: &Desk,
    id: ResidentId,
    new: &NewTransfer,
) -> Result<Recorded<Shown>> {
    let resident = residents::service::find(tx, permit.scope(), id)?;
    let reason = new.check(tx.today())?.to_owned();
    destination(tx, new, resident.division_code)?;
    let actor = permit.actor();
    keep_off(&recusals::service::ties_of(tx, actor.user, id)?, false)?;
    hold(offered(tx, id)?)?;
    let transfer = Transfer {
        id: tx.new_id(),
        resident_id: id,
        from: resident.division_code,
        to: new.to_division_code,
        reason,
        moved_date: new.moved_date,
        offered_by: (
            actor.user,
            actor.username.clone(),
            actor.display_name.clone(),
        ),
        offered_at: tx.now(),
        state: TransferState::Offered,
        last_transition: 1,
        taken_over: None,
    };
    store::insert(tx, &transfer)?;
    let action = TransferAction::Offer;
    store::insert_transition(tx, &transfer, action, None, actor.user, None)?;
    let event = event(permit.origin(), action.recorded_as(), &transfer)
        .change("moved_date", transfer.moved_date);
    let shown = shown_one(tx, permit, desk, transfer.clone())?;
    record_at_both_ends(tx, &event, &transfer, shown)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::TransferRead>,
    desk: &Desk,
    id: TransferId,
) -> Result<Looked<Shown>> {
    let transfer = found(db, permit, id)?;
    let event = event(permit.origin(), "transfer.viewed", &transfer).within(home(&transfer));
    let shown = shown_one(db, permit, desk, transfer)?;
    db.looked(event, shown)
}

/// A look belongs to where the resident is.
fn home(transfer: &Transfer) -> DivisionCode {
    match transfer.state {
        TransferState::Accepted => transfer.to,
        _ => transfer.from,
    }
}

/// Of one resident, newest first: those that either end of which is in sight.
pub fn of_resident(
    db: &mut Db,
    permit: &Permit<acts::TransferRead>,
    desk: &Desk,
    id: ResidentId,
    after: Option<TransferId>,
    count: i64,
) -> Result<Looked<Vec<Shown>>> {
    let filter = Filter {
        resident: Some(id),
        ..Filter::default()
    };
    let all = store::page(db, permit.scope(), filter, after, count)?;
    let place = match all.first() {
        Some(last) => home(last),
        None => residents::service::find(db, permit.scope(), id)?.division_code,
    };
    let event = Event::new(permit.origin(), "resident.transfers_viewed")
        .on(&id)
        .about(id)
        .within(place);
    let shown = shown(db, permit, desk, all)?;
    db.looked(event, shown)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub direction: Option<Direction>,
    pub state: Option<TransferState>,
    pub after: Option<TransferId>,
    pub count: i64,
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::TransferRead>,
    window: &Window,
) -> Result<Vec<Shown>> {
    let filter = Filter {
        direction: window.direction,
        state: window.state,
        ..Filter::default()
    };
    let all = store::page(db, permit.scope(), filter, window.after, window.count)?;
    Ok(all.into_iter().map(|one| listed(permit, one)).collect())
}

/// Takes a resident over, or does not; or takes the offer back.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::TransferAct>,
    desk: &Desk,
    id: TransferId,
    seen: IfMatch,
    request: &NewTransferTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, permit, id)?;
    seen.check(old.last_transition)?;
    let comment = request.comment()?;
    let action = request.action;
    let state = standing(permit, &old).check(old.state, action)?;
    let mut transfer = Transfer {
        state,
        last_transition: old.last_transition + 1,
        ..old.clone()
    };
    let (user, origin) = (permit.actor().user, permit.origin());
    let mut event = event(origin, action.recorded_as(), &transfer);
    let mut parts = Vec::new();
    if action == TransferAction::Accept {
        let (resident, open, all) = belongings(tx, desk, transfer.resident_id)?;
        event = event.change("belongings", numbers(&all));
        transfer.taken_over = Some(all);
        // The rows lie at the other end still: within reach of this one move are both.
        let ends = [county_of(transfer.from), county_of(transfer.to)];
        parts = tx.reaching(&ends, |tx| {
            let ties = recusals::service::ties_of(tx, user, resident.id)?;
            keep_off(&ties, false)?;
            store::update(tx, &transfer, old.last_transition)?;
            let parts = relocate(tx, permit, desk, &transfer, resident, &open)?;
            // Comes last: the database looks whether all is there.
            store::insert_transition(tx, &transfer, action, Some(old.state), user, comment)?;
            Ok(parts)
        })?;
    } else {
        store::update(tx, &transfer, old.last_transition)?;
        store::insert_transition(tx, &transfer, action, Some(old.state), user, comment)?;
    }
    let shown = shown_one(tx, permit, desk, transfer.clone())?;
    Ok(record_at_both_ends(tx, &event, &transfer, shown)?.along(parts))
}

fn county_of(division: DivisionCode) -> DivisionCode {
    division.county().unwrap_or(division)
}

/// The numbers of the cases and the programs of the benefits that go along.
fn numbers(all: &Belongings) -> Vec<&str> {
    let cases = all.open_cases.iter().map(|case| case.case_number.as_str());
    let benefits = all.benefits.iter().map(|one| one.program_code.as_str());
    cases.chain(benefits).collect()
}

/// Moves the resident with all that is open or runs; what is closed stays where it was decided.
fn relocate(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::TransferAct>,
    desk: &Desk,
    transfer: &Transfer,
    resident: Resident,
    open: &[Case],
) -> Result<Vec<Recorded<()>>> {
    let origin = permit.origin();
    residents::service::touch(
        tx,
        Resident {
            division_code: transfer.to,
            ..resident
        },
    )?;
    let mut parts = Vec::new();
    for case in open {
        let by = permit.actor().user;
        parts.push(relocation::relocate(tx, origin, case, transfer.to, by)?);
    }
    let relocation = Relocation {
        resident: transfer.resident_id,
        from: transfer.from,
        to: transfer.to,
        origin,
    };
    for service in desk.services() {
        parts.extend(service.on_transferred(tx, &relocation)?);
    }
    Ok(parts)
}
