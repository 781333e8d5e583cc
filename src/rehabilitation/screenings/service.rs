//! Use cases of screenings.

use chrono::NaiveDate;

use super::due;
use super::model::{
    Help, NewScreening, NewScreeningReferral, NewScreeningTransition, Screening, ScreeningResult,
    ScreeningState, allowed,
};
use super::store::{self, Filter};
use crate::access::{Act, Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::referrals::{self, NewReferral};
use crate::casework::{cases, transfers};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, ReferralId, ResidentId, ScreeningId};
use crate::registry::residents;
use crate::rehabilitation::{deadlines, needs};

pub use super::store::SEALED_COLUMNS;

fn event(origin: &Origin, action: &'static str, of: &Screening) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .about(of.resident_id)
        .within(of.division_code)
        .change("screening_kind", of.kind)
        .change("screening_state", of.state)
        .change("due_date", of.due_date)
}

/// A screening in sight with its history, or 404.
fn found(db: &mut Db, scope: &Scope, id: ScreeningId) -> Result<Screening> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    let one = one.ok_or(Code::ScreeningNotFound)?;
    let history = Some(store::history(db, id)?);
    Ok(Screening { history, ..one })
}

/// Writes down what a screening found; whom it found is referred at once, where somebody says so.
pub fn record(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ScreeningWrite>,
    new: &NewScreening,
) -> Result<Recorded<Screening>> {
    let resident = residents::service::standing(tx, permit.scope(), new.resident_id)?;
    transfers::hold(transfers::service::offered(tx, resident.id)?)?;
    let step = new.step(tx.today())?;
    let deadline = match new.result {
        ScreeningResult::Negative => None,
        _ => {
            let division = resident.division_code;
            Some(deadlines::service::in_force(tx, new.kind, division)?)
        }
    };
    let due_date = deadline.as_ref().and_then(|deadline| new.due(deadline));
    let state = match new.result {
        ScreeningResult::Negative => ScreeningState::Clear,
        _ => ScreeningState::DiagnosisDue,
    };
    let referred = match (&new.referral, due_date) {
        (Some(referral), Some(due)) => Some(refer(tx, permit, new, referral, due)?),
        _ => None,
    };
    let screening = Screening {
        id: tx.new_id(),
        resident_id: resident.id,
        division_code: resident.division_code,
        kind: new.kind,
        screened_date: new.screened_date,
        result: new.result,
        deadline_id: deadline.map(|deadline| deadline.id),
        referral_id: referred.as_ref().map(|referral| *referral.value()),
        state,
        due_date,
        overdue: false,
        allowed_actions: allowed(state),
        recorded_by: permit.actor().user,
        recorded_at: tx.now(),
        version: 1,
        history: None,
    };
    store::insert(tx, &screening)?;
    store::insert_entry(tx, &screening, None, &step, permit.actor().user)?;
    let event = event(permit.origin(), step.action.recorded_as(), &screening)
        .change("referral_id", screening.referral_id);
    let shown = found(tx, permit.scope(), screening.id)?;
    let recorded = tx.record(event, shown)?;
    let recorded = match referred {
        Some(referral) => recorded.and(referral).map(|(screening, _)| screening),
        None => recorded,
    };
    kept_up(tx, permit, recorded)
}

/// Refers whom a screening found, by a case of theirs, until the day the diagnosis is due.
fn refer(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ScreeningWrite>,
    new: &NewScreening,
    to: &NewScreeningReferral,
    due: NaiveDate,
) -> Result<Recorded<ReferralId>> {
    let permit = permit.also::<acts::CaseAct>()?;
    is_of_person(
        tx,
        &permit,
        to.case_id,
        new.resident_id,
        "/referral/case_id",
    )?;
    let (kind, result) = (new.kind.label_zh(), new.result.label_zh());
    let asked = NewReferral {
        to_organization_id: to.to_organization_id,
        purpose: format!("{kind}筛查{result}，请于{due}前完成诊断"),
        // A day that has passed is no day to ask for.
        due_date: Some(due).filter(|due| *due > tx.today()),
    };
    let offered = referrals::service::offer(tx, &permit, to.case_id, &asked)?;
    Ok(offered.map(|shown| shown.referral.id))
}

/// Whether a case in sight is of the person one of whose records this is.
fn is_of_person<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    case: CaseId,
    resident: ResidentId,
    pointer: &str,
) -> Result<()> {
    let case = cases::service::found(db, permit, case).map_err(|_hidden| {
        Error::field(
            pointer,
            "case.unknown",
            "there is no such case in your sight",
            "您的可见范围内没有该个案",
        )
    })?;
    is_same_person(db, case.resident_id, resident, pointer)
}

fn is_same_person(
    db: &mut Db,
    helped: ResidentId,
    screened: ResidentId,
    pointer: &str,
) -> Result<()> {
    let records = db.in_every_office(|db| residents::service::person(db, screened))?;
    if records.contains(&helped) {
        return Ok(());
    }
    Err(Error::field(
        pointer,
        "screening.person",
        "of the person who was screened",
        "须为被筛查人本人的个案或服务",
    ))
}

/// Writes down what followed: a diagnosis, an intervention, or why nothing will.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ScreeningWrite>,
    id: ScreeningId,
    seen: IfMatch,
    asked: &NewScreeningTransition,
) -> Result<Recorded<Screening>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let today = tx.today();
    let last = old.history.as_ref().and_then(|all| all.last());
    let step = asked.step(today, last.map_or(today, |entry| entry.on_date))?;
    let Some(deadline) = old.deadline_id else {
        return Err(Error::new(Code::ScreeningTransition).member("state", old.state.as_str()));
    };
    let deadline = deadlines::service::laid_down(tx, deadline)?;
    let next = old.after(&step, &deadline)?;
    transfers::hold(transfers::service::offered(tx, old.resident_id)?)?;
    match step.help {
        Some(Help::Case(case)) => {
            let cases = permit.also::<acts::CaseRead>()?;
            is_of_person(tx, &cases, case, old.resident_id, "/case_id")?;
        }
        Some(Help::Service(service)) => {
            let scope = permit.scope_for::<acts::RehabilitationServiceRead>();
            let service = needs::service::found(tx, &scope, service).map_err(|_hidden| {
                Error::field(
                    "/service_id",
                    "service.unknown",
                    "there is no such rehabilitation service in your sight",
                    "您的可见范围内没有该康复服务",
                )
            })?;
            is_same_person(tx, service.resident_id, old.resident_id, "/service_id")?;
        }
        None => {}
    }
    store::update(tx, &next, old.version)?;
    store::insert_entry(tx, &next, Some(old.state), &step, permit.actor().user)?;
    let event = event(permit.origin(), step.action.recorded_as(), &next);
    let shown = found(tx, permit.scope(), id)?;
    let recorded = tx.record(event, shown)?;
    kept_up(tx, permit, recorded)
}

/// With what is due now on somebody's desk, and what was due no more.
fn kept_up(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ScreeningWrite>,
    recorded: Recorded<Screening>,
) -> Result<Recorded<Screening>> {
    let by = permit.actor().user;
    let all = due::keep_up(tx, permit.origin(), recorded.value(), by)?;
    Ok(recorded.along(all))
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::ScreeningRead>,
    id: ScreeningId,
) -> Result<Looked<Screening>> {
    let one = found(db, permit.scope(), id)?;
    let event = event(permit.origin(), "screening.viewed", &one);
    db.looked(event, one)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub filter: Filter,
    pub resident: Option<ResidentId>,
    pub after: Option<ScreeningId>,
    pub count: i64,
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::ScreeningRead>,
    scope: &Scope,
    window: &Window,
) -> Result<Looked<Vec<Screening>>> {
    let residents = match window.resident {
        Some(resident) => Some(residents::service::records(db, &[resident])?),
        None => None,
    };
    let filter = Filter {
        residents,
        ..window.filter.clone()
    };
    let all = store::page(db, scope, &filter, window.after, window.count)?;
    let event = Event::new(permit.origin(), "screening.listed").within_first(scope.divisions());
    let event = match window.resident {
        Some(resident) => event.about(resident),
        None => event,
    };
    db.looked(event, all)
}
