//! Use cases of enrollments.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::history::{self, Told};
use super::model::{
    Enrollment, EnrollmentAction, EnrollmentReason, EnrollmentState, EnrollmentTransition,
    NewTransition, known_at, state_in,
};
use super::store;
use crate::access::{Act, Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::recusals::{self, keep_off};
use crate::casework::{cases, transfers};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{EnrollmentId, UserId};
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::subsidies::{entitlements, recoveries};

pub use super::history::SEALED_COLUMNS;
pub use super::store::{Filter, count, due_for_review, find, known, of_people, versions};

/// An enrollment with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub enrollment: Enrollment,
    pub allowed: Vec<EnrollmentAction>,
    pub then: Option<Then>,
}

/// What held in a month, as the office knew it.
#[derive(Debug)]
pub struct Then {
    pub month: Month,
    pub known_at: Timestamp,
    pub state: Option<EnrollmentState>,
}

/// The month and the knowledge asked about.
#[derive(Debug, Clone, Copy, Default)]
pub struct AsOf {
    pub valid_at: Option<NaiveDate>,
    pub known_at: Option<Timestamp>,
}

pub fn found<A: Act>(db: &mut Db, permit: &Permit<A>, id: EnrollmentId) -> Result<Enrollment> {
    store::find(db, permit.scope(), id)?.ok_or_else(|| Code::EnrollmentNotFound.into())
}

/// With what may be done to each; from one look at transfers and ties.
fn shown<A: Act>(db: &mut Db, permit: &Permit<A>, all: Vec<Enrollment>) -> Result<Vec<Shown>> {
    let acts_in = permit.scope_for::<acts::EnrollmentAct>();
    let theirs = all.iter().filter(|one| acts_in.sees(one.division_code));
    let residents: Vec<_> = theirs.map(|one| one.resident_id).collect();
    let ties = recusals::service::ties(db, &[permit.actor().user], &residents)?;
    let tied: HashSet<_> = ties.into_iter().map(|(_, resident, _)| resident).collect();
    let held = transfers::service::all_offered(db, &residents)?;
    Ok(all
        .into_iter()
        .map(|enrollment| {
            let who = enrollment.resident_id;
            let stands = tied.contains(&who) || held.contains_key(&who);
            let allowed = if stands || !acts_in.sees(enrollment.division_code) {
                Vec::new()
            } else {
                enrollment.allowed()
            };
            Shown {
                enrollment,
                allowed,
                then: None,
            }
        })
        .collect())
}

fn shown_one<A: Act>(db: &mut Db, permit: &Permit<A>, one: Enrollment) -> Result<Shown> {
    let one = shown(db, permit, vec![one])?.pop();
    one.ok_or_else(|| Error::internal("one enrollment is shown as one"))
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::EnrollmentRead>,
    scope: &Scope,
    filter: &Filter,
    after: Option<EnrollmentId>,
    count: i64,
) -> Result<Vec<Shown>> {
    let all = store::page(db, scope, filter, after, count)?;
    shown(db, permit, all)
}

/// An enrollment; with what held in a month, where one is asked about.
pub fn get(
    db: &mut Db,
    permit: &Permit<acts::EnrollmentRead>,
    id: EnrollmentId,
    at: AsOf,
) -> Result<Shown> {
    let enrollment = found(db, permit, id)?;
    let mut shown = shown_one(db, permit, enrollment)?;
    if at.valid_at.is_some() || at.known_at.is_some() {
        let month = Month::of(at.valid_at.unwrap_or_else(|| db.today()));
        let known = at.known_at.unwrap_or_else(|| db.now());
        let entries: Vec<_> = entries_of(db, id)?;
        shown.then = Some(Then {
            month,
            known_at: known,
            state: state_in(known_at(&entries, known), month),
        });
    }
    Ok(shown)
}

/// What was done to an enrollment, from the beginning on.
pub fn entries_of(db: &mut Db, id: EnrollmentId) -> Result<Vec<EnrollmentTransition>> {
    let all = history::entries(db, &[id])?;
    Ok(all.into_iter().map(|(_, entry)| entry).collect())
}

/// Those that run or ran in some divisions, by id, each with its entries from the beginning on: what holds in a
/// month is `status_in` of them. Two statements a call.
pub fn with_history(
    db: &mut Db,
    scope: &Scope,
    after: Option<EnrollmentId>,
    count: i64,
) -> Result<Vec<(Enrollment, Vec<EnrollmentTransition>)>> {
    let all = store::page(db, scope, &Filter::default(), after, count)?;
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let mut histories: HashMap<EnrollmentId, Vec<EnrollmentTransition>> = HashMap::new();
    for (id, entry) in history::entries(db, &ids)? {
        histories.entry(id).or_default().push(entry);
    }
    let with = |one: Enrollment| {
        let entries = histories.remove(&one.id).unwrap_or_default();
        (one, entries)
    };
    Ok(all.into_iter().map(with).collect())
}

/// What was done to an enrollment, from the beginning.
pub fn told(
    db: &mut Db,
    permit: &Permit<acts::EnrollmentRead>,
    id: EnrollmentId,
) -> Result<Looked<Vec<Told>>> {
    let enrollment = found(db, permit, id)?;
    let all = history::told(db, id)?;
    let event = Event::new(permit.origin(), "enrollment.history_viewed")
        .on(&id)
        .about(enrollment.resident_id)
        .within(enrollment.division_code);
    db.looked(event, all)
}

/// Holds a benefit back, pays it again, ends it, from a month on.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::EnrollmentAct>,
    id: EnrollmentId,
    seen: IfMatch,
    new: &NewTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, permit, id)?;
    seen.check(old.version)?;
    let (changed, recorded) = change(tx, permit, old, new)?;
    let shown = shown_one(tx, permit, changed)?;
    Ok(recorded.map(|()| shown))
}

/// Holds back or ends what a match of lists has shown not to be due, by whoever may settle the match.
pub fn by_match<A: Act>(
    tx: &mut Tx<'_>,
    permit: &Permit<A>,
    id: EnrollmentId,
    new: &NewTransition,
) -> Result<Recorded<Enrollment>> {
    let old = found(tx, permit, id)?;
    let (changed, recorded) = change(tx, permit, old, new)?;
    Ok(recorded.map(|()| changed))
}

/// A change that may be made.
#[derive(Debug)]
pub struct Change<'a> {
    pub action: EnrollmentAction,
    pub to: EnrollmentState,
    pub effective_month: Month,
    pub reason: EnrollmentReason,
    pub comment: Option<&'a str>,
    pub by: UserId,
}

/// Refuses while a transfer is offered, and who is related to the resident.
pub fn keep_still<A: Act>(db: &mut Db, permit: &Permit<A>, of: &Enrollment) -> Result<()> {
    transfers::hold(transfers::service::offered(db, of.resident_id)?)?;
    let ties = recusals::service::ties_of(db, permit.actor().user, of.resident_id)?;
    keep_off(&ties, false)
}

/// It was reviewed, and will be again.
pub fn reviewed(tx: &mut Tx<'_>, old: Enrollment, next: Option<NaiveDate>) -> Result<Enrollment> {
    let seen = old.version;
    let enrollment = Enrollment {
        review_due_date: next,
        version: seen + 1,
        updated_at: tx.now(),
        ..old
    };
    store::update(tx, &enrollment, seen)?;
    Ok(enrollment)
}

/// A transfer that is offered and a tie to the resident refuse first, then the state and the month. What is
/// ended ends its case along, with a decision in writing; what ended before has ended its case already.
pub fn change<A: Act>(
    tx: &mut Tx<'_>,
    permit: &Permit<A>,
    old: Enrollment,
    new: &NewTransition,
) -> Result<(Enrollment, Recorded<()>)> {
    let comment = new.comment()?;
    let user = permit.actor().user;
    keep_still(tx, permit, &old)?;
    let (to, effective_month) = new.check(&old, Month::of(tx.today()))?;
    let ends = old.is_running() && to == EnrollmentState::Stopped;
    let case = old.case_id;
    let change = Change {
        action: new.action,
        to,
        effective_month,
        reason: new.reason,
        comment,
        by: user,
    };
    let recorded = carry_out(tx, permit.origin(), old, &change)?;
    let changed = recorded.value().clone();
    let mut recorded = recorded.map(drop);
    if ends {
        let label = new.reason.label_zh();
        let grounds = comment.map_or_else(|| label.to_owned(), |said| format!("{label}：{said}"));
        let closed = cases::service::stop(tx, permit, case, &grounds)?;
        recorded = recorded.and(closed).map(drop);
    }
    // What is due for months that are not paid for any more, and not paid, is taken back.
    if to != EnrollmentState::Active
        && let Some(taken) =
            entitlements::service::take_back(tx, permit.origin(), &changed, effective_month)?
    {
        recorded = recorded.and(taken).map(drop);
    }
    // What was paid for later months is recovered.
    if to == EnrollmentState::Stopped
        && let Some(opened) = recoveries::service::of_stop(tx, permit, &changed, comment)?
    {
        recorded = recorded.and(opened).map(drop);
    }
    Ok((changed, recorded))
}

/// Writes where an enrollment now stands, the entry that led there, and the record.
pub fn carry_out(
    tx: &mut Tx<'_>,
    origin: &Origin,
    old: Enrollment,
    change: &Change<'_>,
) -> Result<Recorded<Enrollment>> {
    let now = tx.now();
    let stops = change.to == EnrollmentState::Stopped;
    let (from, seen) = (old.state, old.version);
    let enrollment = Enrollment {
        state: change.to,
        stop_month: stops.then(|| change.effective_month.previous()),
        last_transition: old.last_transition + 1,
        version: old.version + 1,
        updated_at: now,
        ..old
    };
    store::update(tx, &enrollment, seen)?;
    let entry = EnrollmentTransition {
        sequence: enrollment.last_transition,
        action: change.action,
        to: change.to,
        effective_month: change.effective_month,
        reason: change.reason,
        actor: change.by,
        at: now,
    };
    history::insert(tx, enrollment.id, Some(from), &entry, change.comment)?;
    let event = Event::new(origin, change.action.recorded_as())
        .on(&enrollment.id)
        .about(enrollment.resident_id)
        .within(enrollment.division_code)
        .change("case_id", enrollment.case_id)
        .change("effective_month", change.effective_month)
        .change("stop_month", enrollment.stop_month)
        .change("reason", change.reason);
    tx.record(event, enrollment)
}
