//! Use cases of activities.

use chrono::NaiveDate;

use super::counting::{self, ActivityCounts};
use super::model::{
    Activity, ActivityAction, ActivityAttendance, ActivityState, NewActivity,
    NewActivityTransition, NewAttendances, NewWithdrawal, Step, allowed,
};
use super::store::{self, Attended};
use crate::access::{Act, Permit, Scope, acts, divisions, organizations};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{ActivityAttendanceId, ActivityId, HouseholdId, ResidentId};
use crate::kernel::text;
use crate::registry::facts::AsOf;
use crate::registry::{households, residents};

pub use super::store::{Filter, page};

fn event(origin: &Origin, action: &'static str, of: &Activity) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .within(of.division_code)
        .change("kind", of.kind)
        .change("state", of.state)
}

/// An activity in sight, or 404.
fn found(db: &mut Db, scope: &Scope, id: ActivityId) -> Result<Activity> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::ActivityNotFound.into())
}

/// One in sight, with its history and how many are named.
pub fn view<A: Act>(db: &mut Db, permit: &Permit<A>, id: ActivityId) -> Result<Activity> {
    let one = found(db, permit.scope(), id)?;
    Ok(Activity {
        named_count: Some(store::named(db, id)?),
        history: Some(store::history(db, id)?),
        ..one
    })
}

pub fn plan(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ActivityWrite>,
    new: &NewActivity,
) -> Result<Recorded<Activity>> {
    let (name, place) = new.check(tx.today())?;
    if !permit.scope().sees(new.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    divisions::service::current(tx, new.division_code, "/division_code")?;
    if organizations::service::known(tx, &[new.organization_id])?.is_empty() {
        return Err(Error::field(
            "/organization_id",
            "organization.unknown",
            "there is no such organization",
            "没有这个机构",
        ));
    }
    let activity = Activity {
        id: tx.new_id(),
        kind: new.kind,
        name,
        organization_id: new.organization_id,
        division_code: new.division_code,
        place,
        planned_date: new.planned_date,
        held_date: None,
        others_count: None,
        state: ActivityState::Planned,
        allowed_actions: allowed(ActivityState::Planned),
        created_by: permit.actor().user,
        created_at: tx.now(),
        version: 1,
        named_count: None,
        history: None,
    };
    let step = Step {
        action: ActivityAction::Plan,
        on_date: Some(new.planned_date),
        others_count: None,
        reason: None,
    };
    store::insert(tx, &activity)?;
    store::insert_entry(tx, &activity, None, &step, permit.actor().user)?;
    let event = event(permit.origin(), step.action.recorded_as(), &activity)
        .change("planned_date", activity.planned_date);
    let shown = view(tx, permit, activity.id)?;
    tx.record(event, shown)
}

/// Writes down what became of an activity, or corrects what was written.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ActivityWrite>,
    id: ActivityId,
    seen: IfMatch,
    asked: &NewActivityTransition,
) -> Result<Recorded<Activity>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    old.takes(asked.action)?;
    let step = asked.step(&old, tx.today())?;
    let next = old.after(&step)?;
    store::update(tx, &next, old.version)?;
    store::insert_entry(tx, &next, Some(old.state), &step, permit.actor().user)?;
    let event = event(permit.origin(), step.action.recorded_as(), &next)
        .change("planned_date", next.planned_date)
        .change("held_date", next.held_date)
        .change("others_count", next.others_count)
        .change("reason", &step.reason);
    let shown = view(tx, permit, id)?;
    tx.record(event, shown)
}

/// Of one of several residents.
fn wrong(place: usize, code: &'static str, en: &str, zh: &str) -> FieldError {
    FieldError::new(format!("/resident_ids/{place}"), code, en, zh)
}

/// Who came, and with whom they lived then.
fn named(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ActivityWrite>,
    activity: &Activity,
    day: NaiveDate,
    resident: ResidentId,
    place: usize,
) -> Result<(DivisionCode, Option<HouseholdId>)> {
    let unknown = || {
        Error::fields(vec![wrong(
            place,
            "resident.unknown",
            "there is no such resident in your sight whose record stands",
            "您的可见范围内没有该残疾人，或其档案已合并",
        )])
    };
    let one =
        residents::service::standing(tx, permit.scope(), resident).map_err(|_hidden| unknown())?;
    if !activity.names(one.division_code) {
        return Err(Error::fields(vec![wrong(
            place,
            "resident.guest",
            "who lives elsewhere is counted among the others",
            "非本地残疾人计入其他到场人数",
        )]));
    }
    if !activity.kind.is_at_home() {
        return Ok((one.division_code, None));
    }
    let at = AsOf {
        valid_at: day,
        known_at: None,
    };
    match households::service::of_resident(tx, resident, at)? {
        Some(household) => Ok((one.division_code, Some(household))),
        None => Err(Error::fields(vec![wrong(
            place,
            "household.unknown",
            "the registry knows of no household of theirs on that day",
            "该人当日没有登记家庭",
        )])),
    }
}

/// Puts down who came: all of them or none.
pub fn attend(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ActivityWrite>,
    id: ActivityId,
    new: &NewAttendances,
) -> Result<Recorded<Vec<ActivityAttendance>>> {
    let activity = found(tx, permit.scope(), id)?;
    new.check()?;
    let Some(day) = activity.held_date else {
        return Err(Error::new(Code::ActivityNotHeld).member("state", activity.state.as_str()));
    };
    let (by, now) = (permit.actor().user, tx.now());
    let mut all = Vec::new();
    for (place, resident) in new.resident_ids.iter().enumerate() {
        let (division_code, household_id) = named(tx, permit, &activity, day, *resident, place)?;
        all.push(ActivityAttendance {
            id: tx.new_id(),
            activity_id: id,
            resident_id: *resident,
            division_code,
            household_id,
            recorded_by: by,
            recorded_at: now,
            withdrawn_by: None,
            withdrawn_at: None,
            withdrawal_reason: None,
        });
    }
    store::insert_attendances(tx, activity.kind, &all)?;
    // One record a person: it is told of each where they live.
    let first = event(permit.origin(), "activity.attendances_recorded", &activity)
        .change("count", all.len());
    let mut recorded = tx.record(first, ())?;
    for one in &all {
        let event = event(permit.origin(), "activity.attended", &activity)
            .about(one.resident_id)
            .within(one.division_code)
            .change("attendance_id", one.id);
        let each = tx.record(event, ())?;
        recorded = recorded.and(each).map(|((), ())| ());
    }
    Ok(recorded.map(|()| all))
}

/// Takes somebody off again who had not come.
pub fn withdraw(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ActivityWrite>,
    id: ActivityAttendanceId,
    new: &NewWithdrawal,
) -> Result<Recorded<ActivityAttendance>> {
    let which = Attended {
        id: Some(id),
        activity: None,
    };
    let old = store::attendances(tx, permit.scope(), which, None, 1)?.pop();
    let old = old.ok_or(Code::ActivityAttendanceNotFound)?;
    // Whoever's the activity is corrects it.
    let activity = found(tx, permit.scope(), old.activity_id)
        .map_err(|_hidden| Error::new(Code::ActivityAttendanceNotFound))?;
    let reason = text::reason(&new.reason)?;
    let withdrawn = ActivityAttendance {
        withdrawn_by: Some(permit.actor().user),
        withdrawn_at: Some(tx.now()),
        withdrawal_reason: Some(reason.to_owned()),
        ..old
    };
    store::withdraw(tx, &withdrawn)?;
    let event = event(permit.origin(), "activity.attendance_withdrawn", &activity)
        .about(withdrawn.resident_id)
        .within(withdrawn.division_code)
        .change("attendance_id", id)
        .change("reason", reason);
    tx.record(event, withdrawn)
}

/// Who of those in sight came.
pub fn attendances(
    db: &mut Db,
    permit: &Permit<acts::ActivityRead>,
    id: ActivityId,
    after: Option<ActivityAttendanceId>,
    count: i64,
) -> Result<Looked<Vec<ActivityAttendance>>> {
    let activity = found(db, permit.scope(), id)?;
    let which = Attended {
        id: None,
        activity: Some(id),
    };
    let all = store::attendances(db, permit.scope(), which, after, count)?;
    let ids: Vec<_> = all.iter().map(|one| one.resident_id).collect();
    let event = event(permit.origin(), "activity.attendances_viewed", &activity)
        .change("resident_ids", ids);
    db.looked(event, all)
}

/// What was held from one day to another.
pub fn count(
    db: &mut Db,
    permit: &Permit<acts::ActivityRead>,
    days: (NaiveDate, NaiveDate),
    division: Option<DivisionCode>,
) -> Result<ActivityCounts> {
    let scope = permit.scope_in(division)?;
    let place = division.map_or_else(String::new, |code| format!("&division_code={code}"));
    counting::count(db, &scope, days, &place)
}
