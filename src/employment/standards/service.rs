//! Use cases of standards.

use chrono::NaiveDate;

use super::model::{
    NewStandard, Standard, StandardDecision, StandardKind, StandardOutcome, StandardState, holds,
};
use super::store;
use crate::access::{Permit, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::employment::words;
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::EmploymentStandardId;

pub use super::store::{Filter, page};

/// What holds at a place on a day: the nearest division's, else the country's.
pub fn in_force(
    db: &mut Db,
    kind: StandardKind,
    place: DivisionCode,
    day: NaiveDate,
) -> Result<Option<Standard>> {
    let around: Vec<_> = std::iter::successors(Some(place), |one| one.parent()).collect();
    Ok(holds(store::approved(db, kind, &around, day)?))
}

/// As [`in_force`]; without one nothing can be said.
pub fn required(
    db: &mut Db,
    kind: StandardKind,
    place: DivisionCode,
    day: NaiveDate,
) -> Result<Standard> {
    in_force(db, kind, place, day)?.ok_or_else(|| {
        Error::new(Code::StandardMissing)
            .detail(
                format!("there is no {kind} for {place} on {day}"),
                format!("{place}在{day}没有适用的{}", kind.label_zh()),
            )
            .member("kind", kind.as_str())
    })
}

fn event(origin: &Origin, action: &'static str, of: &Standard) -> Event {
    let event = Event::new(origin, action)
        .on(&of.id)
        .change("kind", of.kind)
        .change("effective_from", of.effective_from)
        .change("state", of.state);
    match of.division_code {
        Some(division) => event.within(division),
        None => event,
    }
}

pub fn propose(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::EmploymentStandardPropose>,
    new: &NewStandard,
) -> Result<Recorded<Standard>> {
    let legal_basis = new.check()?;
    if !permit.scope().sees(new.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    divisions::service::current(tx, new.division_code, "/division_code")?;
    let standard = Standard {
        id: tx.new_id(),
        kind: new.kind,
        division_code: Some(new.division_code),
        effective_from: new.effective_from,
        amount_fen: new.amount_fen,
        quota_levy: new.quota_levy,
        legal_basis,
        state: StandardState::Proposed,
        proposed_by: Some(permit.actor().user),
        proposed_at: Some(tx.now()),
        decided_by: None,
        decided_at: None,
        comment: None,
        version: 1,
    };
    store::insert(tx, &standard)?;
    let event = event(permit.origin(), "employment_standard.proposed", &standard)
        .change("amount_fen", standard.amount_fen)
        .change("quota_levy", standard.quota_levy);
    tx.record(event, standard)
}

/// Approves or rejects what somebody else proposed.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::EmploymentStandardApprove>,
    id: EmploymentStandardId,
    seen: IfMatch,
    decision: &StandardDecision,
) -> Result<Recorded<Standard>> {
    let in_sight = |one: &Standard| one.division_code.is_some_and(|at| permit.scope().sees(at));
    let old = store::find(tx, id)?
        .filter(in_sight)
        .ok_or(Code::StandardNotFound)?;
    seen.check(old.version)?;
    let rejects = decision.outcome == StandardOutcome::Reject;
    let comment = words::comment(decision.comment.as_deref(), rejects)?;
    if old.state != StandardState::Proposed {
        return Err(Code::StandardDecided.into());
    }
    let actor = permit.actor().user;
    if old.proposed_by == Some(actor) {
        return Err(Code::StandardOwn.into());
    }
    let decided = Standard {
        state: match decision.outcome {
            StandardOutcome::Approve => StandardState::Approved,
            StandardOutcome::Reject => StandardState::Rejected,
        },
        decided_by: Some(actor),
        decided_at: Some(tx.now()),
        comment,
        version: old.version + 1,
        ..old
    };
    store::decide(tx, &decided)?;
    tx.record(
        event(permit.origin(), "employment_standard.decided", &decided),
        decided,
    )
}
