//! Use cases of cases.

use std::sync::Arc;

use chrono::Datelike;

use super::details;
use super::life::{Duty, Position, State, follow};
use super::model::{
    Approval, Case, Desk, NewCase, NewTransition, Situation, Transition, files_as_liaison,
    separation,
};
use super::store::{self, Entry};
use crate::access::{Act, Actor, Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::documents;
use crate::casework::recusals::{self, keep_off};
use crate::casework::tasks;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ApplicationId, CaseId, RequestId};
use crate::kernel::money::Fen;
use crate::programs::{self, Decision, Outcome, ProgramVersion};
use crate::registry::residents;

pub use super::life::Action;
pub use super::store::{Filter, Mark, Order, open_programs};

/// What one form opens at the most.
pub const MOST_TOGETHER: i64 = 20;

/// A case with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub case: Case,
    /// The number of the program's version that it follows.
    pub program_version: i32,
    /// Left out of lists: it tells of people's health.
    pub eligibility: Option<Decision>,
    pub allowed: Vec<Action>,
}

/// A case in sight, or 404.
pub fn found<A: Act>(db: &mut Db, permit: &Permit<A>, id: CaseId) -> Result<Case> {
    store::find(db, permit.scope(), id)?.ok_or_else(|| Code::CaseNotFound.into())
}

fn shown(db: &mut Db, actor: &Actor, case: Case, eligibility: Option<Decision>) -> Result<Shown> {
    let version = programs::service::version(db, case.program_version_id)?;
    let duties = store::duties(db, case.id, actor.user)?;
    let ties = recusals::service::ties_of(db, actor.user, case.resident_id)?;
    let allowed = Situation {
        case: &case,
        steps: &version.terms.steps,
        actor,
        duties: &duties,
        ties: &ties,
    }
    .allowed();
    let eligibility = match eligibility {
        Some(known) => known,
        None => store::eligibility(db, case.id)?,
    };
    Ok(Shown {
        case,
        program_version: version.version,
        eligibility: Some(eligibility),
        allowed,
    })
}

/// All that were opened by the same form as this one; itself, where it was opened alone.
pub fn filed_together(db: &mut Db, scope: &Scope, case: &Case) -> Result<Vec<Case>> {
    match case.application_id {
        None => Ok(vec![case.clone()]),
        Some(application) => of_application(db, scope, application),
    }
}

/// The cases that one form opened, as they were named in it.
pub fn of_application(db: &mut Db, scope: &Scope, application: ApplicationId) -> Result<Vec<Case>> {
    let filter = Filter {
        application: Some(application),
        ..Filter::default()
    };
    store::page(db, scope, &filter, &[], None, MOST_TOGETHER)
}

/// Opens a draft. What the rules say of it is shown, and decides only on submission.
pub fn create(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseFile>,
    desk: &Desk,
    new: NewCase,
) -> Result<Recorded<Shown>> {
    open(tx, permit, desk, new, None)
}

/// As `create`; one of several that a form opens.
pub fn open(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseFile>,
    desk: &Desk,
    new: NewCase,
    application: Option<ApplicationId>,
) -> Result<Recorded<Shown>> {
    let actor = permit.actor();
    let resident = residents::service::standing(tx, permit.scope(), new.resident_id)?;
    let ties = recusals::service::ties_of(tx, actor.user, resident.id)?;
    keep_off(&ties, files_as_liaison(actor, resident.division_code))?;
    let program = programs::service::find(tx, &new.program_code).map_err(|_unknown| {
        Error::field(
            "/program_code",
            "program.unknown",
            "there is no such program",
            "没有这个项目",
        )
    })?;
    details::check(&new.details, desk.service(program.service)?.details())?;
    let (now, today) = (tx.now(), tx.today());
    let version = programs::service::in_force(tx, &program.code, resident.division_code, today)?;
    let eligibility = programs::service::decide(tx, &version, &resident, today)?;
    let county = resident
        .division_code
        .county()
        .unwrap_or(resident.division_code);
    let case = Case {
        id: tx.new_id(),
        case_number: store::next_number(tx, county, today.year())?,
        service: program.service,
        program_code: program.code,
        program_version_id: version.id,
        resident_id: resident.id,
        application_id: application,
        division_code: resident.division_code,
        position: Position::START,
        last_transition: 1,
        due_date: None,
        details: new.details,
        version: 1,
        created_at: now,
        updated_at: now,
        submitted_at: None,
        decided_at: None,
        closed_at: None,
    };
    store::insert(tx, &case, &eligibility, actor.user)?;
    store::insert_duty(tx, case.id, case.position.round, actor.user, Duty::Filing)?;
    let entry = Entry {
        case: case.id,
        sequence: case.last_transition,
        action: Action::Create,
        from: None,
        to: case.position,
        actor: Some(actor.user),
        duty: Some(Duty::Filing),
        comment: None,
    };
    store::insert_transition(tx, &entry)?;
    let event =
        event(permit.origin(), "case.created", &case).change("eligibility", eligibility.outcome);
    let case = shown(tx, actor, case, Some(eligibility))?;
    tx.record(event, case)
}

fn event(origin: &Origin, action: &'static str, case: &Case) -> Event {
    Event::new(origin, action)
        .on(&case.id)
        .about(case.resident_id)
        .within(case.division_code)
        .change("case_number", &case.case_number)
        .change("state", case.position.state)
        .change("step", case.position.step)
}

pub fn view(db: &mut Db, permit: &Permit<acts::CaseRead>, id: CaseId) -> Result<Looked<Shown>> {
    let case = found(db, permit, id)?;
    let event = Event::new(permit.origin(), "case.viewed")
        .on(&id)
        .about(case.resident_id)
        .within(case.division_code);
    let case = shown(db, permit.actor(), case, None)?;
    db.looked(event, case)
}

/// A page of cases; `allowed` for each, from one look at programs and duties.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    division: Option<DivisionCode>,
    filter: &Filter,
    after: Option<&Mark>,
    count: i64,
) -> Result<Vec<Shown>> {
    let scope = permit.scope_in(division)?;
    let records = match filter.resident {
        None => Vec::new(),
        Some(resident) => {
            let resident = residents::service::find(db, permit.scope(), resident)?;
            residents::service::records(db, &[resident.id])?
        }
    };
    let cases = store::page(db, &scope, filter, &records, after, count)?;
    let ids: Vec<_> = cases.iter().map(|case| case.id).collect();
    let user = permit.actor().user;
    let duties = store::duties_on(db, &ids, user)?;
    let residents: Vec<_> = cases.iter().map(|case| case.resident_id).collect();
    let ties = recusals::service::ties(db, &[user], &residents)?;
    let mut versions: Vec<_> = cases.iter().map(|case| case.program_version_id).collect();
    versions.sort_unstable();
    versions.dedup();
    let versions = programs::service::laid_down(db, &versions)?;
    cases
        .into_iter()
        .map(|case| {
            let version = versions
                .get(&case.program_version_id)
                .ok_or_else(|| Error::internal("a case follows a version of its program"))?;
            let done: Vec<_> = duties
                .iter()
                .filter(|(id, ..)| *id == case.id)
                .map(|(_, round, duty)| (*round, *duty))
                .collect();
            let tied: Vec<_> = ties
                .iter()
                .filter(|(_, resident, _)| *resident == case.resident_id)
                .map(|(_, _, tie)| *tie)
                .collect();
            let allowed = Situation {
                case: &case,
                steps: &version.terms.steps,
                actor: permit.actor(),
                duties: &done,
                ties: &tied,
            }
            .allowed();
            Ok(Shown {
                case,
                program_version: version.version,
                eligibility: None,
                allowed,
            })
        })
        .collect()
}

pub fn history(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    id: CaseId,
) -> Result<Looked<Vec<Transition>>> {
    let case = found(db, permit, id)?;
    let all = store::history(db, id)?;
    db.looked(
        Event::new(permit.origin(), "case.history_viewed")
            .on(&id)
            .about(case.resident_id)
            .within(case.division_code),
        all,
    )
}

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
    let duties = store::duties(tx, id, actor.user)?;
    let ties = recusals::service::ties_of(tx, actor.user, old.resident_id)?;
    let next = Situation {
        case: &old,
        steps: &version.terms.steps,
        actor,
        duties: &duties,
        ties: &ties,
    }
    .check(request.action)?;
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
        _ => {}
    }
    let held = duties
        .iter()
        .find(|(round, _)| *round == next.to.round)
        .map(|(_, duty)| *duty);
    let fresh = match (next.duty, held) {
        (Some(duty), Some(held)) if held != duty => return Err(separation(held)),
        (duty, None) => duty,
        (_, Some(_)) => None,
    };
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
        store::insert_duty(tx, id, next.to.round, actor.user, duty)?;
    }
    let assignee = tasks::service::turn(tx, &moved, &version.terms.steps)?;
    let mut event = event(permit.origin(), request.action.recorded_as(), &moved)
        .change("assignee_id", assignee);
    if let Some(comment) = request.comment {
        event = event.reason(comment);
    }
    let recorded = tx.record(event, ())?;
    let opened = if request.action == Action::Approve {
        let amount = decided.as_ref().and_then(|decision| decision.amount_fen);
        approve(tx, permit.origin(), desk, &moved, amount)?
    } else {
        recorded
    };
    let moved = shown(tx, actor, moved, decided)?;
    Ok(opened.map(|()| moved))
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
    store::insert_transition(tx, entry)?;
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
    let resident = residents::service::counting(tx, permit.scope(), case.resident_id)?;
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

/// Names the clauses that decided.
fn refused(decision: &Decision, code: Code) -> Error {
    let decided: Vec<_> = decision
        .clauses
        .iter()
        .filter(|clause| clause.holds != Some(true))
        .collect();
    let (en, zh): (Vec<_>, Vec<_>) = decided
        .iter()
        .map(|clause| (clause.en.as_str(), clause.zh.as_str()))
        .unzip();
    let missing: Vec<_> = decided
        .iter()
        .flat_map(|clause| clause.missing.iter().map(String::as_str))
        .collect();
    Error::new(code)
        .detail(
            format!("not met: {}", en.join("; ")),
            format!("未满足：{}", zh.join("；")),
        )
        .member(
            "clauses",
            serde_json::to_value(&decided).unwrap_or_default(),
        )
        .member("missing", missing)
}

fn approve(
    tx: &mut Tx<'_>,
    origin: &Origin,
    desk: &Desk,
    case: &Case,
    amount: Option<Fen>,
) -> Result<Recorded<()>> {
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
    let next = follow(old.position, action, &version.terms.steps)
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
