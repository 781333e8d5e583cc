//! Use cases of rehabilitation plans: choose, list, read; what casework asks.

use std::collections::HashMap;

use chrono::Datelike;

use super::model::{
    Assessment, Child, NewPlan, Plan, PlanAction, PlanState, Sight, Standing, Turn,
};
use super::{line, store};
use crate::access::organizations::{self, Organization};
use crate::access::{Act, Permit, Role, acts};
use crate::audit::{Event, Origin};
use crate::casework::cases::{self, files_as_liaison};
use crate::casework::recusals::{self, keep_off};
use crate::casework::{Case, State, transfers};
use crate::db::{Db, Looked, Reach, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, OrganizationId, RehabilitationPlanId, ResidentId, UserId};
use crate::programs;
use crate::registry::residents;
use crate::rehabilitation::institutions::{self, InstitutionState};
use crate::rehabilitation::settlements;

pub use super::line::occupancies;
pub use super::steps::{act, assess};
pub use super::store::{Filter, SEALED_COLUMNS, known};

/// A plan with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub plan: Plan,
    pub institution: Organization,
    /// Whether the caller has the case in sight.
    pub case_in_sight: bool,
    /// The first of those who wait is 1.
    pub place_in_line: Option<usize>,
    pub allowed: Vec<PlanAction>,
    /// Left out of lists: it tells of people's health.
    pub told: Option<Told>,
}

/// What a look at one plan shows.
#[derive(Debug)]
pub struct Told {
    pub child: Child,
    pub assessments: Vec<Assessment>,
    /// Of this year, where something was settled in it.
    pub annual_cap: Option<settlements::AnnualCap>,
    pub history: Vec<Turn>,
}

/// Whom somebody sees. The scope of the permit itself would be an institution's whole county.
pub fn sight<A: Act>(permit: &Permit<A>) -> Sight {
    Sight {
        cases: permit.scope_beside::<acts::RehabilitationRead>(Role::InstitutionWorker),
        institutions: institutions::service::works_at(permit),
    }
}

/// What the database lets such work see: no more of residents than one's own office may.
pub fn reach<A: Act>(permit: &Permit<A>) -> Reach {
    let cases = permit.scope_beside::<acts::RehabilitationRead>(Role::InstitutionWorker);
    Reach::of(permit.actor().user, cases.divisions())
}

/// On which sides of a plan somebody acts.
pub fn standing<A: Act>(permit: &Permit<A>, plan: &Plan) -> Standing {
    let office = permit.scope_beside::<acts::RehabilitationAct>(Role::InstitutionWorker);
    Standing {
        office: office.sees(plan.division_code),
        institution: institutions::service::works_at(permit).contains(&plan.institution),
    }
}

pub(super) fn event(origin: &Origin, action: &'static str, plan: &Plan) -> Event {
    Event::new(origin, action)
        .on(&plan.id)
        .about(plan.resident_id)
        .within(plan.division_code)
        .change("case_id", plan.case_id)
        .change("state", plan.state)
}

pub fn found(db: &mut Db, sight: &Sight, id: RehabilitationPlanId) -> Result<Plan> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, sight, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::RehabilitationPlanNotFound.into())
}

fn listed<A: Act>(db: &mut Db, permit: &Permit<A>, all: Vec<Plan>) -> Result<Vec<Shown>> {
    let ids: Vec<_> = all.iter().map(|one| one.institution).collect();
    let known: HashMap<OrganizationId, Organization> = organizations::service::known(db, &ids)?
        .into_iter()
        .map(|one| (one.id, one))
        .collect();
    let cases = sight(permit).cases;
    let waits = |one: &&Plan| one.state == PlanState::Waiting;
    let ids: Vec<_> = all
        .iter()
        .filter(waits)
        .map(|one| one.institution)
        .collect();
    let waiting = line::waiting(db, &ids)?;
    all.into_iter()
        .map(|plan| {
            let institution = known.get(&plan.institution).cloned();
            let own = plan.place.filter(|_| waits(&&plan));
            let place_in_line = own.map(|own| {
                let others = waiting.get(&plan.institution).into_iter().flatten();
                others.filter(|place| **place <= own).count()
            });
            Ok(Shown {
                institution: institution
                    .ok_or_else(|| Error::internal("an institution is an organization"))?,
                case_in_sight: cases.sees(plan.division_code),
                allowed: standing(permit, &plan).allowed(plan.state),
                place_in_line,
                told: None,
                plan,
            })
        })
        .collect()
}

/// The child a plan is of, wherever that lives.
pub fn child(db: &mut Db, id: ResidentId) -> Result<Child> {
    let known = residents::service::named(db, &[id])?.remove(&id);
    known
        .map(Child::from)
        .ok_or_else(|| Error::internal("a plan is of a resident"))
}

pub(super) fn shown<A: Act>(db: &mut Db, permit: &Permit<A>, plan: Plan) -> Result<Shown> {
    let year = db.today().year();
    let told = Told {
        child: child(db, plan.resident_id)?,
        assessments: store::assessments(db, plan.id)?,
        annual_cap: settlements::service::standing(db, plan.resident_id, &plan.program_code, year)?,
        history: store::history(db, plan.id)?,
    };
    let one = listed(db, permit, vec![plan])?.pop();
    let one = one.ok_or_else(|| Error::internal("one plan is shown as one"))?;
    Ok(Shown {
        told: Some(told),
        ..one
    })
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::RehabilitationRead>,
    id: RehabilitationPlanId,
) -> Result<Looked<Shown>> {
    let plan = found(db, &sight(permit), id)?;
    let event = event(permit.origin(), "rehabilitation_plan.viewed", &plan);
    let shown = shown(db, permit, plan)?;
    db.looked(event, shown)
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::RehabilitationRead>,
    filter: &Filter,
    after: Option<RehabilitationPlanId>,
    count: i64,
) -> Result<Looked<Vec<Shown>>> {
    let sight = sight(permit);
    let all = store::page(db, &sight, filter, after, count)?;
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let event = Event::new(permit.origin(), "rehabilitation_plan.listed")
        .within_first(permit.scope().divisions())
        .change("plan_ids", ids);
    let shown = listed(db, permit, all)?;
    db.looked(event, shown)
}

/// The program's version pays institutions by the unit, for this service.
fn settles(db: &mut Db, case: &Case, new: &NewPlan) -> Result<()> {
    let version = programs::service::version(db, case.program_version_id)?;
    let rates = &version.terms.unit_rates;
    if rates.is_empty() {
        return Err(Code::RehabilitationPlanCase.into());
    }
    if rates.contains_key(new.service_type.as_str()) {
        return Ok(());
    }
    Err(Error::field(
        "/service_type",
        "service_type.no_rate",
        "the program pays nothing for this service",
        "该项目未规定此类服务的结算标准",
    ))
}

/// The agreement that takes the child in today.
fn agreed(db: &mut Db, case: &Case, new: &NewPlan) -> Result<i32> {
    let institution = institutions::service::found(db, new.institution_id).map_err(|_unknown| {
        Error::field(
            "/institution_id",
            "institution.unknown",
            "there is no such designated institution",
            "没有该定点机构",
        )
    })?;
    let today = db.today();
    let agreement = institutions::service::agreement_on(db, institution.id, today)?;
    let covers = |one: &institutions::Agreement| {
        one.division_code.contains(case.division_code)
            && one.service_types.contains(&new.service_type)
    };
    let covering = agreement.filter(covers);
    match covering {
        Some(one) if institution.state == InstitutionState::Agreed => Ok(one.capacity),
        _ => Err(Code::InstitutionNotAgreed.into()),
    }
}

/// Takes down what a guardian chose: where the institution has a free place and nobody waits, the child begins today.
pub fn choose(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RehabilitationChoose>,
    mut new: NewPlan,
) -> Result<Recorded<Shown>> {
    let case = cases::service::found(tx, permit, new.case_id)?;
    new.check()?;
    let actor = permit.actor();
    let ties = recusals::service::ties_of(tx, actor.user, case.resident_id)?;
    keep_off(&ties, files_as_liaison(actor, case.division_code))?;
    transfers::hold(transfers::service::offered(tx, case.resident_id)?)?;
    if !matches!(case.position.state, State::Approved | State::InService) {
        return Err(Code::RehabilitationPlanCase.into());
    }
    settles(tx, &case, &new)?;
    let capacity = agreed(tx, &case, &new)?;
    let left = leave(tx, permit, &case, &new)?;
    let stays = left.as_ref().is_some_and(|left| {
        let old = left.value();
        old.institution == new.institution_id && old.start_date.is_some()
    });
    let plan = placed(tx, permit, &case, new, (capacity, stays))?;
    store::insert(tx, &plan)?;
    store::insert_transition(tx, &plan, (PlanAction::Choose, None), actor.user, None)?;
    let begun = match case.position.state {
        State::Approved => Some(cases::service::start(tx, permit, case.id)?),
        _ => None,
    };
    let event = event(permit.origin(), PlanAction::Choose.recorded_as(), &plan)
        .change("institution_id", plan.institution)
        .change("service_type", plan.service_type);
    let shown = shown(tx, permit, plan)?;
    let recorded = tx.record(event, shown)?;
    let recorded = match left {
        Some(left) => recorded.and(left).map(|(shown, _)| shown),
        None => recorded,
    };
    Ok(match begun {
        Some(begun) => recorded.and(begun).map(|(shown, ())| shown),
        None => recorded,
    })
}

/// Ends the plan that another takes over from.
fn leave(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RehabilitationChoose>,
    case: &Case,
    new: &NewPlan,
) -> Result<Option<Recorded<Plan>>> {
    let all = store::of_case(tx, case.id)?;
    let live = all.into_iter().find(|one| one.state.is_live());
    let Some(previous) = new.previous_plan_id else {
        return match live {
            Some(_) => Err(Code::RehabilitationPlanOpen.into()),
            None => Ok(None),
        };
    };
    let old = live.filter(|one| one.id == previous).ok_or_else(|| {
        Error::field(
            "/previous_plan_id",
            "previous_plan.not_live",
            "the plan of this case that is under way",
            "须为该个案进行中的计划",
        )
    })?;
    let moved = Plan {
        state: PlanState::Transferred,
        end_date: Some(tx.today()),
        last_transition: old.last_transition + 1,
        ..old.clone()
    };
    store::update(tx, &moved, old.last_transition)?;
    let entry = (PlanAction::Transfer, Some(old.state));
    let (user, reason) = (permit.actor().user, new.transfer_reason.as_deref());
    store::insert_transition(tx, &moved, entry, user, reason)?;
    let event = event(permit.origin(), PlanAction::Transfer.recorded_as(), &moved);
    tx.record(event, moved).map(Some)
}

/// Whether the child begins or waits.
fn placed(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RehabilitationChoose>,
    case: &Case,
    new: NewPlan,
    (capacity, stays): (i32, bool),
) -> Result<Plan> {
    let actor = permit.actor();
    let (now, today) = (tx.now(), tx.today());
    // Whoever chooses the same institution at the same time waits for this.
    let place = institutions::service::next_place(tx, new.institution_id)?;
    let there = line::occupancies(tx, &[new.institution_id])?;
    let there = there.get(&new.institution_id).copied().unwrap_or_default();
    // Whose service changes where they already are keeps their place.
    let free = stays || (there.waiting_count == 0 && there.active_count < i64::from(capacity));
    Ok(Plan {
        id: tx.new_id(),
        case_id: case.id,
        resident_id: case.resident_id,
        division_code: case.division_code,
        program_code: case.program_code.clone(),
        institution: new.institution_id,
        service_type: new.service_type,
        goals: new.goals,
        previous: new.previous_plan_id,
        place: (!free).then_some(place),
        start_date: free.then_some(today),
        end_date: None,
        outcome: None,
        state: if free {
            PlanState::Active
        } else {
            PlanState::Waiting
        },
        last_transition: 1,
        chosen_by: (
            actor.user,
            actor.username.clone(),
            actor.display_name.clone(),
        ),
        chosen_at: now,
    })
}

/// Ends what is under way of a case that was stopped.
pub fn end_of_case(
    tx: &mut Tx<'_>,
    origin: &Origin,
    case: CaseId,
    by: UserId,
    why: &str,
) -> Result<Vec<Recorded<()>>> {
    let all = store::of_case(tx, case)?;
    let mut ended = Vec::new();
    for old in all.into_iter().filter(|one| one.state.is_live()) {
        let moved = Plan {
            state: PlanState::Ended,
            end_date: Some(tx.today()),
            last_transition: old.last_transition + 1,
            ..old.clone()
        };
        store::update(tx, &moved, old.last_transition)?;
        let entry = (PlanAction::End, Some(old.state));
        store::insert_transition(tx, &moved, entry, by, Some(why))?;
        let event = event(origin, PlanAction::End.recorded_as(), &moved);
        ended.push(tx.record(event, ())?);
    }
    Ok(ended)
}

/// A case of a program that pays institutions is done when a plan of it was completed, and none is under way.
pub fn finished(db: &mut Db, case: &Case) -> Result<()> {
    let version = programs::service::version(db, case.program_version_id)?;
    if version.terms.unit_rates.is_empty() {
        return Ok(());
    }
    let all = store::of_case(db, case.id)?;
    let done = all.iter().any(|one| one.state == PlanState::Completed);
    if done && !all.iter().any(|one| one.state.is_live()) {
        Ok(())
    } else {
        Err(Code::RehabilitationUnfinished.into())
    }
}

/// The day on which the first plan of a case began.
pub fn began(db: &mut Db, case: CaseId) -> Result<Option<chrono::NaiveDate>> {
    let all = store::of_case(db, case)?;
    Ok(all.into_iter().filter_map(|one| one.start_date).min())
}
