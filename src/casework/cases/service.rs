//! Use cases of cases.

use chrono::Datelike;

use super::details;
use super::history::{self, Entry};
use super::life::{Duty, Position};
use super::model::{Case, Desk, NewCase, Situation, Transition, files_as_liaison};
use super::store;
use crate::access::{Act, Actor, Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::decisions;
use crate::casework::recusals::{self, keep_off};
use crate::casework::tasks::{self, Staff};
use crate::casework::transfers;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ApplicationId, CaseId};
use crate::programs::{self, Decision};
use crate::registry::residents;

pub use super::history::all as entries;
pub use super::life::Action;
pub use super::moves::{act, by_itself, close_notice, notice_waits, start, stop};
pub use super::store::{
    Filter, Mark, Named, Order, eligibility, named, open_programs, submitted_at,
};

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
    /// With whom its present step waits.
    pub assignee: Option<Staff>,
}

/// A case in sight, or 404.
pub fn found<A: Act>(db: &mut Db, permit: &Permit<A>, id: CaseId) -> Result<Case> {
    store::find(db, permit.scope(), id)?.ok_or_else(|| Code::CaseNotFound.into())
}

pub(super) fn shown(
    db: &mut Db,
    actor: &Actor,
    case: Case,
    eligibility: Option<Decision>,
) -> Result<Shown> {
    let version = programs::service::version(db, case.program_version_id)?;
    let duties = history::duties(db, case.id, actor.user)?;
    let ties = recusals::service::ties_of(db, actor.user, case.resident_id)?;
    let closing = decisions::service::closing(db, &case)?;
    let allowed = Situation {
        case: &case,
        steps: &version.terms.steps,
        actor,
        duties: &duties,
        ties: &ties,
        transfer: transfers::service::offered(db, case.resident_id)?,
        closing: closing.as_ref(),
        today: db.today(),
    }
    .allowed();
    let eligibility = match eligibility {
        Some(known) => known,
        None => store::eligibility(db, case.id)?,
    };
    let assignee = tasks::service::assignees(db, &[case.id])?.remove(&case.id);
    Ok(Shown {
        case,
        assignee,
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
    transfers::hold(transfers::service::offered(tx, resident.id)?)?;
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
    let claimed = desk
        .service(program.service)?
        .claimed(&version, &new.details)?;
    let eligibility =
        programs::service::decide_claim(tx, &version, &resident, today, claimed.as_ref())?;
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
    history::insert_duty(tx, case.id, case.position.round, actor.user, Duty::Filing)?;
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
    history::insert_transition(tx, &entry)?;
    let event =
        event(permit.origin(), "case.created", &case).change("eligibility", eligibility.outcome);
    let case = shown(tx, actor, case, Some(eligibility))?;
    tx.record(event, case)
}

pub(super) fn event(origin: &Origin, action: &'static str, case: &Case) -> Event {
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
    let duties = history::duties_on(db, &ids, user)?;
    let mut assignees = tasks::service::assignees(db, &ids)?;
    let residents: Vec<_> = cases.iter().map(|case| case.resident_id).collect();
    let ties = recusals::service::ties(db, &[user], &residents)?;
    let offered = transfers::service::all_offered(db, &residents)?;
    let mut versions: Vec<_> = cases.iter().map(|case| case.program_version_id).collect();
    versions.sort_unstable();
    versions.dedup();
    let versions = programs::service::laid_down(db, &versions)?;
    let closings = decisions::service::closings(db, &cases.iter().collect::<Vec<_>>())?;
    let today = db.today();
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
                transfer: offered.get(&case.resident_id).copied(),
                closing: closings.get(&case.id),
                today,
            }
            .allowed();
            Ok(Shown {
                assignee: assignees.remove(&case.id),
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
    let all = history::all(db, id)?;
    db.looked(
        Event::new(permit.origin(), "case.history_viewed")
            .on(&id)
            .about(case.resident_id)
            .within(case.division_code),
        all,
    )
}
