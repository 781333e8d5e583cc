//! Moving cases: what is asked for, and what happens by itself.

use std::sync::Arc;

use super::history::{self, Entry};
use super::life::{Action, Duty, Move, State, follow};
use super::model::{
    Approval, Case, Desk, NewTransition, Situation, Termination, refused, separation,
};
use super::service::{Shown, event, found, shown};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Origin;
use crate::casework::decisions::service::Made;
use crate::casework::decisions::{self, NoticeKind};
use crate::casework::{documents, public_notices, recusals, tasks, transfers};
use crate::db::{Db, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, RequestId};
use crate::programs::{self, Decision, Outcome, ProgramVersion};
use crate::registry::residents;

/// Moves a case: decided by its state, the caller's role and what the caller has done before.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    desk: &Desk,
    id: CaseId,
    seen: IfMatch,
    mut request: NewTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, permit, id)?;
    seen.check(old.version)?;
    request.check()?;
    let actor = permit.actor();
    let today = tx.today();
    // A case takes the steps of the version in force on the day it is submitted.
    let version = match request.action {
        Action::Submit => Arc::new(programs::service::in_force(
            tx,
            &old.program_code,
            old.division_code,
            today,
        )?),
        _ => programs::service::version(tx, old.program_version_id)?,
    };
    let duties = history::duties(tx, id, actor.user)?;
    let ties = recusals::service::ties_of(tx, actor.user, old.resident_id)?;
    let closing = decisions::service::closing(tx, &old)?;
    let situation = Situation {
        case: &old,
        steps: &version.terms.steps,
        actor,
        duties: &duties,
        ties: &ties,
        transfer: transfers::service::offered(tx, old.resident_id)?,
        closing: closing.as_ref(),
        today,
    };
    let next = situation.check(request.action)?;
    if request.action == Action::Endorse && request.comment.is_none() {
        public_notices::service::nothing_to_answer(tx, id)?;
    }
    let mut case = old.clone();
    case.position = next.to;
    case.due_date = next.working_days.map(|days| desk.due(today, days));
    let now = tx.now();
    let mut decided = None;
    match request.action {
        Action::Submit | Action::Approve => {
            decided = Some(decide(tx, permit, &version, &mut case)?);
            if request.action == Action::Submit {
                documents::service::require(tx, id, &version)?;
            }
            // The month of the first submission counts, however often a case was returned.
            case.submitted_at.get_or_insert(now);
            case.decided_at = (request.action == Action::Approve).then_some(now);
        }
        Action::Reject => case.decided_at = Some(now),
        Action::Reopen => case.decided_at = None,
        _ => {}
    }
    let fresh = untaken(&next, &duties)?;
    let moved = advance(
        tx,
        &old,
        case,
        decided.as_ref(),
        &Entry {
            case: id,
            sequence: old.last_transition + 1,
            action: request.action,
            from: Some(old.position),
            to: next.to,
            actor: Some(actor.user),
            duty: next.duty,
            comment: request.comment.as_deref(),
        },
    )?;
    if let Some(duty) = fresh {
        history::insert_duty(tx, id, next.to.round, actor.user, duty)?;
    }
    let assignee = tasks::service::turn(tx, &moved, &version.terms.steps)?;
    public_notices::service::publish(tx, permit.scope(), &moved)?;
    let mut event = event(permit.origin(), request.action.recorded_as(), &moved)
        .change("assignee_id", assignee);
    if let Some(kind) = NoticeKind::of(request.action) {
        let made = Made {
            kind,
            case: &moved,
            version: &version,
            decision: decided.as_ref(),
            grounds: request.comment.as_deref(),
            office: situation.office(request.action)?,
        };
        let number = decisions::service::issue(tx, &made)?;
        event = event.change("notice", number);
    }
    if let Some(comment) = request.comment {
        event = event.reason(comment);
    }
    let recorded = tx.record(event, ())?;
    let recorded = match request.action {
        Action::Approve => approve(tx, permit.origin(), desk, &moved, decided.as_ref())?,
        Action::Terminate => terminate(tx, permit.origin(), desk, &moved)?,
        _ => recorded,
    };
    let moved = shown(tx, actor, moved, decided)?;
    Ok(recorded.map(|()| moved))
}

/// The duty that a move takes, unless it was taken by the same person before.
fn untaken(next: &Move, duties: &[(i32, Duty)]) -> Result<Option<Duty>> {
    let held = duties
        .iter()
        .find(|(round, _)| *round == next.to.round)
        .map(|(_, duty)| *duty);
    match (next.duty, held) {
        (Some(duty), Some(held)) if held != duty => Err(separation(held)),
        (duty, None) => Ok(duty),
        (_, Some(_)) => Ok(None),
    }
}

/// Writes where the case now stands and the entry that led there. The case comes first: of two who
/// act on the same version at once, the second finds it changed.
fn advance(
    tx: &mut Tx<'_>,
    old: &Case,
    mut case: Case,
    decided: Option<&Decision>,
    entry: &Entry<'_>,
) -> Result<Case> {
    case.last_transition = entry.sequence;
    case.version = old.version + 1;
    case.updated_at = tx.now();
    case.closed_at = case.position.state.is_closed().then_some(case.updated_at);
    store::update(tx, &case, decided, old.version)?;
    history::insert_transition(tx, entry)?;
    public_notices::service::end(tx, case.id, entry.action)?;
    Ok(case)
}

/// Applies a version's rules to what is known today. Submission may leave facts to be found out;
/// approval may not.
fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    version: &ProgramVersion,
    case: &mut Case,
) -> Result<Decision> {
    let today = tx.today();
    let resident =
        residents::service::counting(tx, permit.scope(), case.resident_id).map_err(|error| {
            match error.code() {
                Code::ResidentNotFound => Code::CaseResidentMoved.into(),
                _ => error,
            }
        })?;
    case.program_version_id = version.id;
    let decision = programs::service::decide(tx, version, &resident, today)?;
    match (decision.outcome, case.position.state) {
        (Outcome::NotEligible, _) => Err(refused(&decision, Code::CaseNotEligible)),
        (Outcome::NeedsInformation, State::Approved) => {
            Err(refused(&decision, Code::CaseNeedsInformation))
        }
        _ => Ok(decision),
    }
}

fn approve(
    tx: &mut Tx<'_>,
    origin: &Origin,
    desk: &Desk,
    case: &Case,
    decided: Option<&Decision>,
) -> Result<Recorded<()>> {
    let amount = decided.and_then(|decision| decision.amount_fen);
    let (Some(submitted), Some(amount)) = (case.submitted_at, amount) else {
        return Err(Error::internal(
            "an approved case was submitted and has an amount",
        ));
    };
    let approval = Approval {
        case,
        origin,
        submitted_on: submitted.office_date(),
        amount,
    };
    desk.service(case.service)?.on_approved(tx, &approval)
}

fn terminate(tx: &mut Tx<'_>, origin: &Origin, desk: &Desk, case: &Case) -> Result<Recorded<()>> {
    let service = desk.service(case.service)?;
    service.on_terminated(tx, &Termination { case, origin })
}

/// Ends the oldest public notice that ran out without objection.
pub fn close_notice(tx: &mut Tx<'_>, desk: &Desk, request: RequestId) -> Result<Recorded<()>> {
    let today = tx.today();
    let Some(old) = store::notice_over(tx, today)? else {
        return Err(Code::CaseNotFound.into());
    };
    by_itself(tx, desk, request, &old, Action::CloseNotice, None)
}

/// Moves a case that nobody moves.
pub fn by_itself(
    tx: &mut Tx<'_>,
    desk: &Desk,
    request: RequestId,
    old: &Case,
    action: Action,
    comment: Option<&str>,
) -> Result<Recorded<()>> {
    let origin = Origin::system(request);
    let today = tx.today();
    let version = programs::service::version(tx, old.program_version_id)?;
    let next = follow(old.position, action, &version.terms.steps, None)
        .ok_or_else(|| Error::internal(format!("a case cannot {action} by itself")))?;
    let mut case = old.clone();
    case.position = next.to;
    case.due_date = next.working_days.map(|days| desk.due(today, days));
    let entry = Entry {
        case: old.id,
        sequence: old.last_transition + 1,
        action,
        from: Some(old.position),
        to: next.to,
        actor: None,
        duty: None,
        comment,
    };
    let moved = advance(tx, old, case, None, &entry)?;
    let assignee = tasks::service::turn(tx, &moved, &version.terms.steps)?;
    let event = event(&origin, action.recorded_as(), &moved);
    tx.record(event.change("assignee_id", assignee), ())
}

/// Whether a public notice waits to be ended.
pub fn notice_waits(db: &mut Db) -> Result<bool> {
    let today = db.today();
    Ok(store::notice_over(db, today)?.is_some())
}
