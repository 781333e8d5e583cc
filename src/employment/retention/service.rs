//! Use cases of retention checks.

use super::model::{CheckOutcome, CheckState, MONTHS, NewCheckOutcome, RetentionCheck, due};
use super::store;
use crate::access::{Permit, Role, acts};
use crate::audit::{Event, Origin};
use crate::casework::follow_ups::{self, FollowUpKind, FollowUpState, Planned};
use crate::casework::transfers;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::employment::placements::{self, NewEnding, Placement};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{FollowUpId, FollowUpSubjectId, RetentionCheckId};

pub use super::store::{Filter, SEALED_COLUMNS, of_placements, page};

/// Why what is not done is not to be done any more.
const LEFT: &str = "已离岗";

/// What is looked at, as the desks know it.
fn subject(of: RetentionCheckId) -> FollowUpSubjectId {
    FollowUpSubjectId::new(of.uuid())
}

/// Puts down what is to be checked of a placement that was just verified, for the desks of its township to see.
pub fn plan(tx: &mut Tx<'_>, origin: &Origin, of: &Placement) -> Result<Vec<Recorded<FollowUpId>>> {
    let mut all = Vec::new();
    for months in MONTHS {
        let check = RetentionCheck {
            id: tx.new_id(),
            placement_id: of.id,
            resident_id: of.resident_id,
            division_code: of.division_code,
            months,
            due_date: due(of.start_date, months),
            state: CheckState::Due,
            outcome: None,
            checked_date: None,
            wage_fen: None,
            insured: None,
            note: None,
            checked_by: None,
            checked_at: None,
            version: 1,
        };
        store::insert(tx, &check)?;
        let planned = Planned {
            kind: FollowUpKind::RetentionCheck,
            case_id: None,
            resident_id: Some(check.resident_id),
            division_code: check.division_code,
            subject_id: subject(check.id),
            role: Role::TownshipCaseworker,
            due_date: check.due_date,
            kept_from: None,
        };
        all.push(follow_ups::service::plan(tx, origin, planned)?);
    }
    Ok(all)
}

/// What is not done of somebody who left is not to be done any more.
pub fn cancel(tx: &mut Tx<'_>, origin: &Origin, of: &Placement) -> Result<Vec<Recorded<()>>> {
    let mut recorded = Vec::new();
    let all = store::of_placements(tx, &[of.id])?;
    for check in all.into_iter().filter(|one| one.state == CheckState::Due) {
        let cancelled = RetentionCheck {
            state: CheckState::Cancelled,
            version: check.version + 1,
            ..check
        };
        store::update(tx, &cancelled)?;
        let subject = subject(cancelled.id);
        recorded.extend(follow_ups::service::cancel_for(tx, origin, subject, LEFT)?);
    }
    Ok(recorded)
}

/// A check with its note.
pub fn view(
    db: &mut Db,
    permit: &Permit<acts::PlacementRead>,
    id: RetentionCheckId,
) -> Result<Looked<RetentionCheck>> {
    let found = store::find(db, permit.scope(), id)?;
    let found = found.ok_or(Code::RetentionCheckNotFound)?;
    let check = RetentionCheck {
        note: store::note(db, id)?,
        ..found
    };
    let event = Event::new(permit.origin(), "retention_check.viewed")
        .on(&id)
        .about(check.resident_id)
        .within(check.division_code);
    db.looked(event, check)
}

/// Puts down how a check came out; who is found to have left leaves by it.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PlacementWrite>,
    id: RetentionCheckId,
    seen: IfMatch,
    new: &NewCheckOutcome,
) -> Result<Recorded<RetentionCheck>> {
    let found = store::find(tx, permit.scope(), id)?;
    let old = found.ok_or(Code::RetentionCheckNotFound)?;
    seen.check(old.version)?;
    let note = new.check()?;
    if old.state != CheckState::Due {
        return Err(Code::RetentionCheckDone.into());
    }
    transfers::hold(transfers::service::offered(tx, old.resident_id)?)?;
    let today = tx.today();
    if new.outcome == CheckOutcome::Retained && today < old.due_date {
        return Err(Error::field(
            "/outcome",
            "retention.early",
            format!("not before {}", old.due_date),
            format!("不得早于{}", old.due_date),
        ));
    }
    let done = RetentionCheck {
        state: CheckState::Done,
        outcome: Some(new.outcome),
        checked_date: Some(today),
        wage_fen: new.wage_fen,
        insured: new.insured,
        note,
        checked_by: Some(permit.actor().user),
        checked_at: Some(tx.now()),
        version: old.version + 1,
        ..old
    };
    store::update(tx, &done)?;
    let (origin, by) = (permit.origin(), permit.actor().user);
    let mut seen_to = Vec::new();
    for open in follow_ups::service::of(tx, subject(id))? {
        if open.state == FollowUpState::Open {
            seen_to.push(follow_ups::service::done(tx, origin, &open, by)?);
        }
    }
    let ended = match (new.end_date, new.leave_reason) {
        (Some(end_date), Some(reason)) => {
            let placement = placements::service::found(tx, permit.scope(), done.placement_id)?;
            let ending = NewEnding {
                end_date,
                reason,
                comment: done.note.clone(),
            };
            Some(placements::service::leave(tx, permit, &placement, &ending)?)
        }
        _ => None,
    };
    let event = Event::new(origin, "retention_check.done")
        .on(&id)
        .about(done.resident_id)
        .within(done.division_code)
        .change("placement_id", done.placement_id)
        .change("months", done.months)
        .change("outcome", new.outcome);
    let recorded = tx.record(event, done)?.along(ended);
    Ok(recorded.along(seen_to))
}
