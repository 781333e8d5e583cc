//! Moving cases: what is asked for, and what happens by itself.

use std::sync::Arc;

use super::history::{self, Entry};
use super::life::{Action, Duty, Move, State, follow};
use super::model::{
    Approval, Case, Completion, Desk, NewTransition, Situation, Termination, refused, separation,
};
use super::service::{Shown, event, found, shown};
use super::store;
use crate::access::{Act, Permit, acts};
use crate::audit::Origin;
use crate::casework::decisions::service::Made;
use crate::casework::decisions::{self, NoticeKind};
use crate::casework::{documents, public_notices, recusals, tasks, transfers};
use crate::db::{Db, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, OrganizationId, RequestId, UserId};
use crate::programs::{self, BenefitPeriod, Decision, Outcome, ProgramVersion};
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
    if request.action == Action::Complete {
        let completion = Completion {
            case: &old,
            origin: permit.origin(),
            by: actor.user,
        };
        desk.service(old.service)?.on_completed(tx, &completion)?;
    }
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
            decided = Some(decide(tx, permit, desk, &version, &mut case)?);
            if request.action == Action::Submit {
                documents::service::require(tx, id, &version)?;
                desk.service(old.service)?.on_submitted(tx, &old)?;
            }
            // The month of the first submission counts, however often a case was returned.
            case.submitted_at.get_or_insert(now);
            case.decided_at = (request.action == Action::Approve).then_some(now);
        }
        Action::Reject => case.decided_at = Some(now),
        Action::Reopen => case.decided_at = None,
        _ => {}
    }
    let comment = request.comment.as_deref();
    let step = Taken {
        old: &old,
        case,
        next: &next,
        action: request.action,
        fresh: untaken(&next, &duties)?,
        decided: decided.as_ref(),
        comment,
        office: situation.office(situation.roles_for(request.action))?,
    };
    let office = step.office;
    let (mut moved, recorded) = take(tx, permit, &version, step)?;
    let (origin, by) = (permit.origin(), actor.user);
    let recorded = match request.action {
        Action::Approve => {
            let approved = approve(tx, origin, desk, &moved, by, decided.as_ref())?;
            // What was claimed for is settled, and the next may be.
            if version.terms.period == BenefitPeriod::Claim {
                let (completed, done) = complete(tx, permit, &version, &moved, office)?;
                moved = completed;
                approved.and(done).map(drop)
            } else {
                approved
            }
        }
        Action::Terminate => {
            let stop = Termination {
                case: &moved,
                origin,
                by,
                comment,
            };
            desk.service(moved.service)?.on_terminated(tx, &stop)?
        }
        _ => recorded,
    };
    let moved = shown(tx, actor, moved, decided)?;
    Ok(recorded.map(|()| moved))
}

/// Nothing is left to be done for a case.
fn complete(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    version: &ProgramVersion,
    old: &Case,
    office: OrganizationId,
) -> Result<(Case, Recorded<()>)> {
    let action = Action::Complete;
    let next = follow(old.position, action, &version.terms.steps, None)
        .ok_or_else(|| Error::internal("what was approved can be completed"))?;
    let mut case = old.clone();
    case.position = next.to;
    let step = Taken {
        old,
        case,
        next: &next,
        action,
        fresh: None,
        decided: None,
        comment: None,
        office,
    };
    take(tx, permit, version, step)
}

/// Begins the service that was approved, by whoever may begin it; the service that asks sees to what it is. One that
/// has begun goes on.
pub fn start<A: Act>(tx: &mut Tx<'_>, permit: &Permit<A>, id: CaseId) -> Result<Recorded<()>> {
    let old = found(tx, permit, id)?;
    let version = programs::service::version(tx, old.program_version_id)?;
    let actor = permit.actor();
    transfers::hold(transfers::service::offered(tx, old.resident_id)?)?;
    let action = Action::Start;
    let next = follow(old.position, action, &version.terms.steps, None).ok_or_else(|| {
        Error::new(Code::CaseTransition).member("state", old.position.state.as_str())
    })?;
    let held = actor
        .grants
        .iter()
        .find(|held| A::ACTION.allows(held.role) && held.division.contains(old.division_code));
    let office = held.ok_or(Code::CaseNotFound)?.organization;
    let mut case = old.clone();
    case.position = next.to;
    case.due_date = None;
    let step = Taken {
        old: &old,
        case,
        next: &next,
        action,
        fresh: None,
        decided: None,
        comment: None,
        office,
    };
    let (_moved, recorded) = take(tx, permit, &version, step)?;
    Ok(recorded)
}

/// Stops a case because what it opened is ended, by whoever may end that. The service that asks sees to what
/// was opened.
pub fn stop<A: Act>(
    tx: &mut Tx<'_>,
    permit: &Permit<A>,
    id: CaseId,
    grounds: &str,
) -> Result<Recorded<()>> {
    let old = found(tx, permit, id)?;
    let version = programs::service::version(tx, old.program_version_id)?;
    let actor = permit.actor();
    let ties = recusals::service::ties_of(tx, actor.user, old.resident_id)?;
    let situation = Situation {
        case: &old,
        steps: &version.terms.steps,
        actor,
        duties: &[],
        ties: &ties,
        transfer: transfers::service::offered(tx, old.resident_id)?,
        // It was approved, and so is not closed.
        closing: None,
        today: tx.today(),
    };
    let roles = A::ACTION.roles();
    let next = situation.check_as(Action::Terminate, roles)?;
    let mut case = old.clone();
    case.position = next.to;
    case.due_date = None;
    let step = Taken {
        old: &old,
        case,
        next: &next,
        action: Action::Terminate,
        fresh: None,
        decided: None,
        comment: Some(grounds),
        office: situation.office(roles)?,
    };
    let (_moved, recorded) = take(tx, permit, &version, step)?;
    Ok(recorded)
}

/// A step that somebody may take and takes.
struct Taken<'a> {
    old: &'a Case,
    /// As it will stand.
    case: Case,
    next: &'a Move,
    action: Action,
    /// A duty that was not theirs before.
    fresh: Option<Duty>,
    decided: Option<&'a Decision>,
    comment: Option<&'a str>,
    /// For which they act.
    office: OrganizationId,
}

/// Writes a step with all that follows from it: duty, task, public notice, decision in writing, record.
fn take<A: Act>(
    tx: &mut Tx<'_>,
    permit: &Permit<A>,
    version: &ProgramVersion,
    step: Taken<'_>,
) -> Result<(Case, Recorded<()>)> {
    let (id, user) = (step.old.id, permit.actor().user);
    let entry = Entry {
        case: id,
        sequence: step.old.last_transition + 1,
        action: step.action,
        from: Some(step.old.position),
        to: step.next.to,
        actor: Some(user),
        duty: step.next.duty,
        comment: step.comment,
    };
    let moved = advance(tx, step.old, step.case, step.decided, &entry)?;
    if let Some(duty) = step.fresh {
        history::insert_duty(tx, id, step.next.to.round, user, duty)?;
    }
    let assignee = tasks::service::turn(tx, &moved, &version.terms.steps)?;
    public_notices::service::publish(tx, permit.scope(), &moved)?;
    let mut event =
        event(permit.origin(), step.action.recorded_as(), &moved).change("assignee_id", assignee);
    if let Some(kind) = NoticeKind::of(step.action) {
        let made = Made {
            kind,
            case: &moved,
            version,
            decision: step.decided,
            grounds: step.comment,
            office: step.office,
        };
        let number = decisions::service::issue(tx, &made)?;
        event = event.change("notice", number);
    }
    if let Some(comment) = step.comment {
        event = event.reason(comment);
    }
    let recorded = tx.record(event, ())?;
    Ok((moved, recorded))
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
    desk: &Desk,
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
    let claimed = desk
        .service(case.service)?
        .claimed(version, &case.details)?;
    let decision =
        programs::service::decide_claim(tx, version, &resident, today, claimed.as_ref())?;
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
    by: UserId,
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
        by,
        submitted_on: submitted.office_date(),
        amount,
    };
    desk.service(case.service)?.on_approved(tx, &approval)
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
