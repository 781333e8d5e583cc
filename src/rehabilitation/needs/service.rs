//! Use cases of rehabilitation services.

use std::collections::HashMap;

use super::counts::{Asked, Count, tally};
use super::model::{
    NewService, NewServiceTransition, RehabilitationService, RehabilitationServiceAction,
    RehabilitationServiceState, Step, allowed,
};
use super::store::{self, Filter};
use crate::access::organizations::{self, OrganizationKind};
use crate::access::{Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::cases::{self, Case, State, files_as_liaison};
use crate::casework::recusals::{self, keep_off};
use crate::casework::transfers;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, OrganizationId, RehabilitationServiceId, ResidentId, UserId};
use crate::programs::Service;
use crate::registry::residents;

pub use super::store::SEALED_COLUMNS;

fn event(origin: &Origin, action: &'static str, of: &RehabilitationService) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .about(of.resident_id)
        .within(of.division_code)
        .change("case_id", of.case_id)
        .change("kind", of.kind)
        .change("state", of.state)
}

/// A service in sight with all that is told of it, or 404.
pub fn found(
    db: &mut Db,
    scope: &Scope,
    id: RehabilitationServiceId,
) -> Result<RehabilitationService> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    let one = one.ok_or(Code::RehabilitationServiceNotFound)?;
    let history = store::histories(db, &[id])?.remove(&id);
    Ok(RehabilitationService { history, ..one })
}

/// Whom it is not for: who is tied to the resident; and nobody, while a transfer is offered.
fn may_act(
    db: &mut Db,
    permit: &Permit<acts::RehabilitationServiceAct>,
    case: &Case,
) -> Result<()> {
    let actor = permit.actor();
    let ties = recusals::service::ties_of(db, actor.user, case.resident_id)?;
    keep_off(&ties, files_as_liaison(actor, case.division_code))?;
    transfers::hold(transfers::service::offered(db, case.resident_id)?)
}

fn is_running(case: &Case) -> bool {
    case.service == Service::Rehabilitation
        && matches!(case.position.state, State::Approved | State::InService)
}

/// Notes what a case's resident needs.
pub fn open(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RehabilitationServiceAct>,
    new: &NewService,
) -> Result<Recorded<RehabilitationService>> {
    let case = cases::service::found(tx, permit, new.case_id)?;
    let need = new.need()?;
    may_act(tx, permit, &case)?;
    if !is_running(&case) {
        return Err(Code::RehabilitationServiceCase.into());
    }
    let state = RehabilitationServiceState::Needed;
    let service = RehabilitationService {
        id: tx.new_id(),
        case_id: case.id,
        resident_id: case.resident_id,
        division_code: case.division_code,
        program_code: case.program_code,
        kind: new.kind,
        need: None,
        state,
        assessor_organization_id: None,
        provider_organization_id: None,
        delivered_date: None,
        result: None,
        allowed_actions: allowed(state),
        opened_by: permit.actor().user,
        opened_at: tx.now(),
        version: 1,
        history: None,
    };
    store::insert(tx, &service, &need)?;
    let step = Step {
        action: RehabilitationServiceAction::Open,
        on_date: tx.today(),
        performed: None,
        result: None,
        comment: None,
    };
    store::insert_entry(tx, &service, None, &step, permit.actor().user)?;
    let begun = match case.position.state {
        State::Approved => Some(cases::service::start(tx, permit, case.id)?),
        _ => None,
    };
    let event = event(permit.origin(), step.action.recorded_as(), &service);
    let shown = found(tx, permit.scope(), service.id)?;
    let recorded = tx.record(event, shown)?;
    Ok(match begun {
        Some(begun) => recorded.and(begun).map(|(shown, ())| shown),
        None => recorded,
    })
}

/// Who assesses or provides: no office that sees no residents.
fn performs(db: &mut Db, id: OrganizationId) -> Result<()> {
    let refused = |code, en: &str, zh: &str| Err(Error::field("/organization_id", code, en, zh));
    match organizations::service::known(db, &[id])?.first() {
        None => refused(
            "organization.unknown",
            "there is no such organization",
            "没有这个机构",
        ),
        Some(one) if one.kind == OrganizationKind::Administration => refused(
            "organization.kind",
            "this organization sees no residents",
            "该机构不得接触残疾人信息",
        ),
        Some(_) => Ok(()),
    }
}

/// Writes down the next step: what was assessed, provided, judged or called off.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RehabilitationServiceAct>,
    id: RehabilitationServiceId,
    seen: IfMatch,
    asked: &NewServiceTransition,
) -> Result<Recorded<RehabilitationService>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let today = tx.today();
    let last = old.history.as_ref().and_then(|all| all.last());
    let before = last.map_or(today, |entry| entry.on_date);
    let step = asked.step(today, before)?;
    let next = old.after(&step)?;
    let case = cases::service::found(tx, permit, old.case_id)?;
    may_act(tx, permit, &case)?;
    if step.action.needs_running_case() && !is_running(&case) {
        return Err(Code::RehabilitationServiceCase.into());
    }
    if let Some((organization, _)) = &step.performed {
        performs(tx, *organization)?;
    }
    store::update(tx, &next, old.version)?;
    store::insert_entry(tx, &next, Some(old.state), &step, permit.actor().user)?;
    let event = event(permit.origin(), step.action.recorded_as(), &next)
        .change("delivered_date", next.delivered_date)
        .change("result", next.result);
    let shown = found(tx, permit.scope(), id)?;
    tx.record(event, shown)
}

/// A case is not done while something is to be provided.
pub fn finished(db: &mut Db, case: CaseId) -> Result<()> {
    if store::of_case(db, case)?
        .iter()
        .any(|one| one.state.is_open())
    {
        return Err(Code::RehabilitationUnfinished.into());
    }
    Ok(())
}

/// Calls off what was not provided yet of a case that was stopped.
pub fn end_of_case(
    tx: &mut Tx<'_>,
    origin: &Origin,
    case: CaseId,
    by: UserId,
    why: &str,
) -> Result<Vec<Recorded<()>>> {
    let open = store::of_case(tx, case)?
        .into_iter()
        .filter(|one| one.state.is_open());
    let mut ended = Vec::new();
    for old in open {
        let step = Step {
            action: RehabilitationServiceAction::Cancel,
            on_date: tx.today(),
            performed: None,
            result: None,
            comment: Some(why.to_owned()),
        };
        let next = old.after(&step)?;
        store::update(tx, &next, old.version)?;
        store::insert_entry(tx, &next, Some(old.state), &step, by)?;
        let event = event(origin, step.action.recorded_as(), &next);
        ended.push(tx.record(event, ())?);
    }
    Ok(ended)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::RehabilitationServiceRead>,
    id: RehabilitationServiceId,
) -> Result<Looked<RehabilitationService>> {
    let one = found(db, permit.scope(), id)?;
    let event = event(permit.origin(), "rehabilitation_service.viewed", &one);
    db.looked(event, one)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub filter: Filter,
    pub resident: Option<ResidentId>,
    pub after: Option<RehabilitationServiceId>,
    pub count: i64,
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::RehabilitationServiceRead>,
    scope: &Scope,
    window: &Window,
) -> Result<Looked<Vec<RehabilitationService>>> {
    let residents = match window.resident {
        Some(resident) => Some(residents::service::records(db, &[resident])?),
        None => None,
    };
    let filter = Filter {
        residents,
        ..window.filter.clone()
    };
    let all = store::page(db, scope, &filter, window.after, window.count)?;
    let all = all
        .into_iter()
        .map(|one| RehabilitationService { need: None, ..one });
    let event = Event::new(permit.origin(), "rehabilitation_service.listed")
        .within_first(scope.divisions());
    let event = match window.resident {
        Some(resident) => event.about(resident),
        None => event,
    };
    db.looked(event, all.collect())
}

/// Persons who were helped in a division and right beneath it.
pub fn count(db: &mut Db, scope: &Scope, asked: &Asked) -> Result<Vec<Count>> {
    let filter = Filter {
        program_code: asked.program_code.clone(),
        delivered_from: Some(asked.from),
        delivered_to: Some(asked.to),
        ..Filter::default()
    };
    let delivered = store::delivered(db, scope, &filter)?;
    let mut people: Vec<_> = delivered.iter().map(|(_, _, resident)| *resident).collect();
    people.sort_unstable();
    people.dedup();
    // A record may have been merged into one that lies elsewhere; nothing of that is told but a number.
    let kept = db.in_every_office(|db| residents::service::kept_for_each(db, &people))?;
    let kept: HashMap<_, _> = kept.into_iter().collect();
    Ok(tally(asked, &delivered, &kept))
}
