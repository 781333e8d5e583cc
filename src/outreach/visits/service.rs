//! Use cases of visits.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::findings;
use super::model::{NewVisit, NewVisitTransition, Step, Visit, VisitState, allowed, due};
use super::plan::{LeftOut, LeftOutReason, NewVisitPlan, VisitPlan};
use super::store::{self, Pointless};
use crate::access::{Act, Permit, Role, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::follow_ups::{self, FollowUpKind, FollowUpState, Planned};
use crate::casework::{recusals, transfers, unserved};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    FollowUpSubjectId, NeedAssessmentId, RequestId, ResidentId, UserId, VisitId,
};
use crate::outreach::need_scores::{self, InNeed, Rank};
use crate::registry::facts::{self, AsOf, CircumstanceKind};
use crate::registry::{Resident, residents};

pub use super::store::{Filter, SEALED_COLUMNS};

fn event(origin: &Origin, action: &'static str, of: &Visit) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .about(of.resident_id)
        .within(of.division_code)
        .change("state", of.state)
        .change("due_date", of.due_date)
}

/// A visit in sight with its history, or 404.
fn found(db: &mut Db, scope: &Scope, id: VisitId) -> Result<Visit> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    let one = one.ok_or(Code::VisitNotFound)?;
    let history = Some(store::history(db, id)?);
    Ok(Visit { history, ..one })
}

/// With what was begun for the person after it, as far as the caller may see it.
fn with_cases<A: Act>(db: &mut Db, permit: &Permit<A>, of: Visit) -> Result<Visit> {
    let cases = match of.visited_date {
        Some(day) if of.state == VisitState::Done => {
            let records = residents::service::person(db, of.resident_id)?;
            store::begun(db, &permit.scope_for::<acts::CaseRead>(), &records, day)?
        }
        _ => Vec::new(),
    };
    Ok(Visit {
        cases: Some(cases),
        ..of
    })
}

/// What waits on the liaison's desk, as the desks know it.
fn subject(of: VisitId) -> FollowUpSubjectId {
    FollowUpSubjectId::new(of.uuid())
}

/// Whether somebody is believed to have died.
fn is_dead(db: &mut Db, resident: ResidentId) -> Result<bool> {
    let at = AsOf {
        valid_at: db.today(),
        known_at: None,
    };
    let snapshot = facts::service::snapshot(db, resident, at)?;
    Ok(snapshot.get(CircumstanceKind::Death).is_some())
}

/// Plans a visit to somebody, on the desk of their village's liaison.
fn begin(
    tx: &mut Tx<'_>,
    (origin, by): (&Origin, UserId),
    resident: &Resident,
    due_date: NaiveDate,
    assessment_id: Option<NeedAssessmentId>,
) -> Result<Recorded<Visit>> {
    let visit = Visit {
        id: tx.new_id(),
        resident_id: resident.id,
        division_code: resident.division_code,
        assessment_id,
        due_date,
        overdue: false,
        state: VisitState::Planned,
        visited_date: None,
        in_need: None,
        allowed_actions: allowed(VisitState::Planned),
        planned_by: by,
        planned_at: tx.now(),
        version: 1,
        history: None,
        cases: None,
    };
    let step = Step::plan();
    store::insert(tx, &visit)?;
    store::insert_entry(tx, &visit, None, &step, Some(by))?;
    let planned = Planned {
        kind: FollowUpKind::NeedVisit,
        case_id: None,
        resident_id: Some(visit.resident_id),
        kept_from: None,
        division_code: visit.division_code,
        subject_id: subject(visit.id),
        role: Role::VillageLiaison,
        due_date,
    };
    let task = follow_ups::service::plan(tx, origin, planned)?;
    let event = event(origin, step.action.recorded_as(), &visit)
        .change("assessment_id", visit.assessment_id);
    let recorded = tx.record(event, visit)?;
    Ok(recorded.and(task).map(|(visit, _)| visit))
}

/// Plans a visit by hand.
pub fn plan(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::VisitWrite>,
    new: &NewVisit,
) -> Result<Recorded<Visit>> {
    let resident = residents::service::standing(tx, permit.scope(), new.resident_id)?;
    let due_date = due(new.due_date, tx.today())?;
    transfers::hold(transfers::service::offered(tx, resident.id)?)?;
    if is_dead(tx, resident.id)? {
        return Err(Error::field(
            "/resident_id",
            "resident.dead",
            "somebody who lives",
            "该人已死亡",
        ));
    }
    let whose = (permit.origin(), permit.actor().user);
    let recorded = begin(tx, whose, &resident, due_date, None)?;
    let shown = found(tx, permit.scope(), recorded.value().id)?;
    Ok(recorded.map(|_| shown))
}

/// Ends what waits on the desk: somebody was there, or nobody goes.
fn clear_desk(
    tx: &mut Tx<'_>,
    origin: &Origin,
    of: VisitId,
    went: Option<UserId>,
    reason: &str,
) -> Result<Vec<Recorded<()>>> {
    let Some(by) = went else {
        return follow_ups::service::cancel_for(tx, origin, subject(of), reason);
    };
    let all = follow_ups::service::of(tx, subject(of))?.into_iter();
    let open = all.filter(|one| one.state == FollowUpState::Open);
    open.map(|one| follow_ups::service::done(tx, origin, &one, by))
        .collect()
}

/// Said on desks of a visit that was cancelled; the reason itself stands in the history, sealed.
const CANCELLED: &str = "走访已取消";

/// Writes down what came of a visit; what was found becomes known of the person.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::VisitWrite>,
    id: VisitId,
    seen: IfMatch,
    asked: &NewVisitTransition,
) -> Result<Recorded<Visit>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    old.takes(asked.action)?;
    let step = asked.step(&old, tx.today())?;
    let next = old.after(&step)?;
    let by = permit.actor().user;
    if asked.action.finds() {
        recusals::service::apart(tx, by, &[old.resident_id])?;
    }
    if step.on_date.is_some() {
        transfers::hold(transfers::service::offered(tx, old.resident_id)?)?;
    }
    store::update(tx, &next, old.version)?;
    store::insert_entry(tx, &next, Some(old.state), &step, Some(by))?;
    let mut parts = Vec::new();
    if old.state == VisitState::Planned {
        let went = step.on_date.map(|_| by);
        parts.extend(clear_desk(tx, permit.origin(), id, went, CANCELLED)?);
    }
    if let Some(day) = step.on_date.filter(|_| step.action.finds()) {
        // Who has left the county since is written on there, by those who visit them there.
        let person = residents::service::counting(tx, permit.scope(), old.resident_id);
        if let Ok(person) = person {
            let origin = permit.origin();
            parts.extend(findings::learn(tx, origin, person, step.findings, day)?);
        }
    }
    let event = event(permit.origin(), step.action.recorded_as(), &next)
        .change("visited_date", next.visited_date)
        .change("in_need", next.in_need)
        .change("services", &step.services);
    let shown = found(tx, permit.scope(), id)?;
    let shown = with_cases(tx, permit, shown)?;
    let recorded = tx.record(event, shown)?;
    Ok(recorded.along(parts))
}

/// Why somebody of the list is not planned for by now.
fn left_out(db: &mut Db, one: &InNeed) -> Result<Option<LeftOutReason>> {
    let (id, today) = (one.resident_id, db.today());
    if one.planned_visit_id.is_some() {
        return Ok(Some(LeftOutReason::VisitPlanned));
    }
    if transfers::service::offered(db, id)?.is_some() {
        return Ok(Some(LeftOutReason::InTransfer));
    }
    if is_dead(db, id)? {
        return Ok(Some(LeftOutReason::Died));
    }
    let helped = unserved::service::helped(db, &[id], today)?;
    Ok(helped
        .contains(&id)
        .then_some(LeftOutReason::HelpedMeanwhile))
}

/// Of the list, how many are looked at for one plan.
const MOST_LOOKED_AT: usize = 500;
const CHUNK: i64 = 100;

/// Plans visits to those most in need, from the list: the highest score first.
pub fn plan_many(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::VisitPlan>,
    new: &NewVisitPlan,
) -> Result<Recorded<VisitPlan>> {
    new.check(tx.today())?;
    let scope = permit.scope_in(Some(new.division_code))?;
    let named = (new.assessment_id, Some(new.division_code));
    let assessment = need_scores::service::chosen(tx, permit, named.0, named.1)?
        .ok_or(Code::NeedAssessmentMissing)?;
    let filter = need_scores::service::Filter {
        assessment: assessment.id,
        served: false,
        min_score: Some(new.min_score),
    };
    let first = Event::new(permit.origin(), "need_assessment.visits_planned")
        .on(&assessment.id)
        .within(new.division_code)
        .change("min_score", new.min_score)
        .change("limit", new.limit);
    let mut recorded = tx.record(first, ())?;
    let (mut visit_ids, mut left) = (Vec::new(), Vec::new());
    let (mut after, mut looked_at) = (None, 0);
    let most = usize::from(new.limit);
    'list: while looked_at < MOST_LOOKED_AT {
        let chunk = need_scores::service::next_of(tx, &scope, filter, after, CHUNK)?;
        let Some(last) = chunk.last() else { break };
        after = Some(Rank::of(last));
        for one in &chunk {
            looked_at += 1;
            if let Some(reason) = left_out(tx, one)? {
                left.push(LeftOut {
                    resident_id: one.resident_id,
                    reason,
                });
                continue;
            }
            let resident = residents::service::standing(tx, &scope, one.resident_id)?;
            let whose = (permit.origin(), permit.actor().user);
            let visit = begin(tx, whose, &resident, new.due_date, Some(assessment.id))?;
            recorded = recorded
                .and(visit)
                .map(|((), visit)| visit_ids.push(visit.id));
            if visit_ids.len() >= most {
                break 'list;
            }
        }
    }
    Ok(recorded.map(|()| VisitPlan {
        assessment_id: assessment.id,
        planned: visit_ids.len(),
        visit_ids,
        left_out: left,
    }))
}

pub fn view(db: &mut Db, permit: &Permit<acts::VisitRead>, id: VisitId) -> Result<Looked<Visit>> {
    let one = found(db, permit.scope(), id)?;
    let one = with_cases(db, permit, one)?;
    let event = event(permit.origin(), "visit.viewed", &one);
    db.looked(event, one)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub filter: Filter,
    pub resident: Option<ResidentId>,
    pub after: Option<VisitId>,
    pub count: i64,
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::VisitRead>,
    scope: &Scope,
    window: &Window,
) -> Result<Looked<Vec<Visit>>> {
    let residents = match window.resident {
        Some(resident) => Some(residents::service::records(db, &[resident])?),
        None => None,
    };
    let filter = Filter {
        residents,
        ..window.filter.clone()
    };
    let all = store::page(db, scope, &filter, window.after, window.count)?;
    let event = Event::new(permit.origin(), "visit.listed").within_first(scope.divisions());
    let event = match window.resident {
        Some(resident) => event.about(resident),
        None => event,
    };
    db.looked(event, all)
}

/// How many, and the very list of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"visits": 12, "list": "/v1/visits?due_from=2022-07-01&due_to=2022-07-31&state=done"}))]
pub struct VisitCount {
    pub visits: i64,
    pub list: String,
}

/// What came of the visits that were due from one day to another.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VisitCounts {
    pub from_date: NaiveDate,
    pub to_date: NaiveDate,
    /// All that were planned, whatever became of them.
    pub planned: VisitCount,
    pub waiting: VisitCount,
    pub overdue: VisitCount,
    pub done: VisitCount,
    pub not_met: VisitCount,
    pub cancelled: VisitCount,
    /// Of those done.
    pub found_in_need: VisitCount,
    /// Of those found in need, for whom something was begun from the day of the visit on.
    pub taken_into_service: VisitCount,
}

/// Days that are counted at once.
const LONGEST: i64 = 3 * 366;

pub fn counts(
    db: &mut Db,
    permit: &Permit<acts::VisitRead>,
    (from, to): (NaiveDate, NaiveDate),
    division: Option<DivisionCode>,
) -> Result<VisitCounts> {
    if to < from || (to - from).num_days() > LONGEST {
        return Err(Error::parameter(
            "to_date",
            "to_date.range",
            "not before from_date, and not more than three years after it",
            "不早于起始日期，且相隔不超过三年",
        ));
    }
    let scope = permit.scope_in(division)?;
    let place = division.map_or_else(String::new, |code| format!("&division_code={code}"));
    let mut of = |what: &str, filter: Filter| {
        let filter = Filter {
            due_from: Some(from),
            due_to: Some(to),
            ..filter
        };
        Ok::<_, Error>(VisitCount {
            visits: store::count(db, &scope, &filter)?,
            list: format!("/v1/visits?due_from={from}&due_to={to}{place}{what}"),
        })
    };
    let standing = |state| Filter {
        state: Some(state),
        ..Filter::default()
    };
    let needy = |taken| Filter {
        in_need: Some(true),
        taken,
        ..Filter::default()
    };
    Ok(VisitCounts {
        from_date: from,
        to_date: to,
        planned: of("", Filter::default())?,
        waiting: of("&state=planned", standing(VisitState::Planned))?,
        overdue: of(
            "&overdue=true",
            Filter {
                overdue: true,
                ..Filter::default()
            },
        )?,
        done: of("&state=done", standing(VisitState::Done))?,
        not_met: of("&state=not_met", standing(VisitState::NotMet))?,
        cancelled: of("&state=cancelled", standing(VisitState::Cancelled))?,
        found_in_need: of("&in_need=true", needy(None))?,
        taken_into_service: of("&in_need=true&taken_into_service=true", needy(Some(true)))?,
    })
}

pub fn pointless_waits(db: &mut Db) -> Result<bool> {
    Ok(store::pointless(db)?.is_some())
}

/// Cancels a planned visit to somebody who has died or left the county, where it was planned.
pub fn end_pointless(tx: &mut Tx<'_>, request: RequestId) -> Result<Recorded<()>> {
    let (old, why) = store::pointless(tx)?.ok_or(Code::VisitNotFound)?;
    let reason = match why {
        Pointless::Died => "走访对象已死亡",
        Pointless::Left => "走访对象已迁往其他县",
    };
    let step = Step::cancel(reason);
    let next = old.after(&step)?;
    store::update(tx, &next, old.version)?;
    store::insert_entry(tx, &next, Some(old.state), &step, None)?;
    let origin = Origin::system(request);
    let parts = clear_desk(tx, &origin, old.id, None, reason)?;
    let event = event(&origin, step.action.recorded_as(), &next).reason(reason);
    let recorded = tx.record(event, ())?;
    Ok(recorded.along(parts))
}
