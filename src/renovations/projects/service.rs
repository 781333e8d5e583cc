//! Use cases of renovation projects: survey, list, read; what casework asks.

use super::counts::{Asked, Count, tally};
use super::model::{Item, Project, RenovationAction, RenovationState, Turn, allowed};
use super::request::NewProject;
use super::{history, items, store};
use crate::access::{Act, Permit, Role, Scope, acts, organizations};
use crate::audit::{Event, Origin};
use crate::casework::{Case, State, cases, recusals, transfers};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, HouseholdId, OrganizationId, RenovationProjectId, ResidentId, UserId,
};
use crate::programs::Service;
use crate::registry::{households, residents};
use crate::renovations::dwellings::{self, dwelling_index};
use crate::renovations::visits::{self, RenovationVisit};

pub use super::history::SEALED_COLUMNS as SEALED_COMMENTS;
pub use super::items::of as items_of;
pub use super::steps::act;
pub use super::store::{Filter, SEALED_COLUMNS};

/// A project with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub project: Project,
    pub allowed: Vec<RenovationAction>,
    /// Left out of lists.
    pub told: Option<Told>,
}

/// What a look at one project shows.
#[derive(Debug)]
pub struct Told {
    pub items: Vec<Item>,
    pub history: Vec<Turn>,
    pub visits: Vec<RenovationVisit>,
}

pub(super) fn event(origin: &Origin, action: &'static str, one: &Project) -> Event {
    Event::new(origin, action)
        .on(&one.id)
        .about(one.resident_id)
        .within(one.division_code)
        .change("case_id", one.case_id)
        .change("state", one.state)
}

/// Whether somebody sits in the county's office of a project.
pub(super) fn of_county<A: Act>(permit: &Permit<A>, one: &Project) -> bool {
    let holds = |role| permit.actor().holds(role, one.division_code);
    holds(Role::CountyCaseworker) || holds(Role::CountyApprover)
}

pub fn found(db: &mut Db, scope: &Scope, id: RenovationProjectId) -> Result<Project> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::RenovationNotFound.into())
}

/// One wherever its case is; that the caller may know it is the caller's care.
pub fn anywhere(db: &mut Db, id: RenovationProjectId) -> Result<Project> {
    let one = store::anywhere(db, id)?;
    one.ok_or_else(|| Code::RenovationNotFound.into())
}

fn listed<A: Act>(permit: &Permit<A>, project: Project) -> Shown {
    let of_county = of_county(permit, &project);
    Shown {
        allowed: allowed(&project, permit.actor().user, of_county),
        told: None,
        project,
    }
}

pub(super) fn shown<A: Act>(db: &mut Db, permit: &Permit<A>, project: Project) -> Result<Shown> {
    let told = Told {
        items: items::of(db, &project)?,
        history: history::of(db, project.id)?,
        visits: visits::service::of(db, project.id)?,
    };
    Ok(Shown {
        told: Some(told),
        ..listed(permit, project)
    })
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::RenovationRead>,
    id: RenovationProjectId,
) -> Result<Looked<Shown>> {
    let one = found(db, permit.scope(), id)?;
    let event = event(permit.origin(), "renovation_project.viewed", &one);
    let shown = shown(db, permit, one)?;
    db.looked(event, shown)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub filter: Filter,
    pub resident: Option<ResidentId>,
    pub after: Option<RenovationProjectId>,
    pub count: i64,
}

/// Whose home is renovated is told of nobody without a record.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::RenovationRead>,
    scope: &Scope,
    window: &Window,
) -> Result<Looked<Vec<Shown>>> {
    let residents = match window.resident {
        Some(resident) => Some(residents::service::records(db, &[resident])?),
        None => None,
    };
    let filter = Filter {
        residents,
        ..window.filter.clone()
    };
    let all = store::page(db, scope, &filter, window.after, window.count)?;
    let shown = all.into_iter().map(|one| listed(permit, one)).collect();
    let event =
        Event::new(permit.origin(), "renovation_project.listed").within_first(scope.divisions());
    let event = match window.resident {
        Some(resident) => event.about(resident),
        None => event,
    };
    db.looked(event, shown)
}

/// How many households' homes were accepted in a period: of a division, and of what lies right beneath it.
pub fn count(db: &mut Db, scope: &Scope, asked: Asked) -> Result<Vec<Count>> {
    let accepted = store::accepted_between(db, scope, &asked)?;
    Ok(tally(asked, &accepted))
}

/// Both ends hold until a transfer is decided.
pub fn stays(db: &mut Db, resident: ResidentId) -> Result<()> {
    transfers::hold(transfers::service::offered(db, resident)?)
}

/// A case for which a home is renovated.
pub(super) fn runs(db: &mut Db, case: &Case) -> Result<()> {
    stays(db, case.resident_id)?;
    let goes_on = matches!(case.position.state, State::Approved | State::InService);
    if case.service == Service::AccessibilityRenovation && goes_on {
        return Ok(());
    }
    let state = case.position.state.as_str();
    Err(Error::new(Code::RenovationCase).member("state", state))
}

pub(super) fn known_organization(db: &mut Db, id: OrganizationId, pointer: &str) -> Result<()> {
    if organizations::service::known(db, &[id])?.is_empty() {
        let (en, zh) = ("there is no such organization", "没有该单位");
        return Err(Error::field(pointer, "organization.unknown", en, zh));
    }
    Ok(())
}

/// Neither under way, nor within the period, nor by the program for the elderly.
fn free(db: &mut Db, dwelling: &[u8], household: Option<HouseholdId>) -> Result<()> {
    if dwellings::service::is_elderly_friendly(db, dwelling)? {
        return Err(Code::RenovationElderly.into());
    }
    let all = store::of_home(db, dwelling, household)?;
    if all.iter().any(|(_, state, _)| state.is_open()) {
        return Err(Code::RenovationOpen.into());
    }
    let today = db.today();
    let here = all.iter().filter(|(index, ..)| index == dwelling);
    let until = here.filter_map(|(.., possible)| *possible).max();
    match until.filter(|until| *until > today) {
        Some(until) => Err(Error::new(Code::RenovationPeriod)
            .detail(
                format!("another is possible from {until}"),
                format!("自{until}起方可再次改造"),
            )
            .member("possible_from", until.to_string())),
        None => Ok(()),
    }
}

/// Takes down a dwelling that is to be renovated: the case begins.
pub fn survey(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RenovationSurvey>,
    mut new: NewProject,
) -> Result<Recorded<Shown>> {
    let case = cases::service::found(tx, permit, new.case_id)?;
    new.check()?;
    let actor = permit.actor();
    recusals::service::apart(tx, actor.user, &[case.resident_id])?;
    runs(tx, &case)?;
    if store::of_case(tx, case.id)?
        .iter()
        .any(|one| one.state != RenovationState::Cancelled)
    {
        return Err(Code::RenovationOpen.into());
    }
    let household = households::service::home_of(tx, case.resident_id)?;
    let dwelling = dwelling_index(tx, case.division_code, &new.address);
    free(tx, &dwelling, household)?;
    let decided = cases::service::eligibility(tx, case.id)?.amount_fen;
    let cap = decided.ok_or_else(|| Error::internal("what was approved has an amount"))?;
    let one = Project {
        id: tx.new_id(),
        case_id: case.id,
        resident_id: case.resident_id,
        division_code: case.division_code,
        household,
        address: new.address,
        dwelling_index: dwelling,
        cap,
        assessment: None,
        design: None,
        consent: None,
        contractor: None,
        acceptance: None,
        settlement: None,
        state: RenovationState::Surveyed,
        last_transition: 1,
        recorded_by: (
            actor.user,
            actor.username.clone(),
            actor.display_name.clone(),
        ),
        recorded_at: tx.now(),
    };
    store::insert(tx, &one)?;
    let entry = (RenovationAction::Survey, None);
    let said = (None, Some(new.finding.as_str()));
    history::insert(tx, &one, entry, actor.user, said)?;
    let begun = match case.position.state {
        State::Approved => Some(cases::service::start(tx, permit, case.id)?),
        _ => None,
    };
    let action = RenovationAction::Survey.recorded_as();
    let event = event(permit.origin(), action, &one).change("cap_fen", one.cap);
    let shown = shown(tx, permit, one)?;
    let recorded = tx.record(event, shown)?;
    Ok(match begun {
        Some(begun) => recorded.and(begun).map(|(shown, ())| shown),
        None => recorded,
    })
}

/// A case of a renovation is done when its project was accepted.
pub fn done(db: &mut Db, case: CaseId) -> Result<()> {
    let all = store::of_case(db, case)?;
    let accepted = all.iter().any(|one| one.acceptance.is_some());
    if accepted && !all.iter().any(|one| one.state.is_open()) {
        Ok(())
    } else {
        Err(Code::RenovationUnfinished.into())
    }
}

/// Gives up what was not accepted yet of a case that was stopped.
pub fn end_of_case(
    tx: &mut Tx<'_>,
    origin: &Origin,
    case: CaseId,
    by: UserId,
    why: &str,
) -> Result<Vec<Recorded<()>>> {
    let all = store::of_case(tx, case)?;
    let mut ended = Vec::new();
    for old in all.into_iter().filter(|one| one.state.is_open()) {
        let moved = Project {
            state: RenovationState::Cancelled,
            last_transition: old.last_transition + 1,
            ..old.clone()
        };
        store::update(tx, &moved, old.last_transition)?;
        let entry = (RenovationAction::Cancel, Some(old.state));
        history::insert(tx, &moved, entry, by, (None, Some(why)))?;
        let event = event(origin, RenovationAction::Cancel.recorded_as(), &moved);
        ended.push(tx.record(event, ())?);
    }
    Ok(ended)
}
