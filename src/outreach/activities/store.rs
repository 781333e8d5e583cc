//! SQL of activities, their history and who came.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    Activity, ActivityAction, ActivityAttendance, ActivityEntry, ActivityKind, ActivityState, Step,
    allowed,
};
use crate::access::{Scope, within};
use crate::db::schema::{activities, activity_attendances, activity_transitions, residents};
use crate::db::{Db, MultiBackend, Tx, insert_all, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{
    ActivityAttendanceId, ActivityId, ActivityTransitionId, HouseholdId, OrganizationId,
    ResidentId, UserId,
};
use crate::kernel::time::Timestamp;

types::text_columns!(ActivityKind, ActivityState, ActivityAction);

diesel::joinable!(activity_attendances -> activities (activity_id));
diesel::allow_tables_to_appear_in_same_query!(activity_attendances, activities);
diesel::allow_tables_to_appear_in_same_query!(activity_attendances, residents);
diesel::allow_tables_to_appear_in_same_query!(activities, residents);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = activities)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: ActivityId,
    kind: ActivityKind,
    name: String,
    organization_id: OrganizationId,
    division_code: DivisionCode,
    place: Option<String>,
    planned_date: NaiveDate,
    held_date: Option<NaiveDate>,
    others_count: Option<i32>,
    state: ActivityState,
    created_by: UserId,
    created_at: Timestamp,
    last_transition: i32,
}

impl From<Row> for Activity {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            organization_id: row.organization_id,
            division_code: row.division_code,
            place: row.place,
            planned_date: row.planned_date,
            held_date: row.held_date,
            others_count: row.others_count,
            state: row.state,
            allowed_actions: allowed(row.state),
            created_by: row.created_by,
            created_at: row.created_at,
            version: row.last_transition,
            named_count: None,
            history: None,
        }
    }
}

/// Which activities a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<ActivityId>,
    pub kind: Option<ActivityKind>,
    pub state: Option<ActivityState>,
    /// Held on this day or later.
    pub held_from: Option<NaiveDate>,
    /// Held on this day or earlier.
    pub held_to: Option<NaiveDate>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<ActivityId>,
    count: i64,
) -> Result<Vec<Activity>> {
    let mut query = activities::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            activities::division_code,
            activities::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(activities::id.eq(id));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(activities::kind.eq(kind));
    }
    if let Some(state) = filter.state {
        query = query.filter(activities::state.eq(state));
    }
    if let Some(day) = filter.held_from {
        query = query.filter(activities::held_date.ge(day));
    }
    if let Some(day) = filter.held_to {
        query = query.filter(activities::held_date.le(day));
    }
    if let Some(after) = after {
        query = query.filter(activities::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(activities::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &Activity) -> Result<()> {
    let row = Row {
        id: new.id,
        kind: new.kind,
        name: new.name.clone(),
        organization_id: new.organization_id,
        division_code: new.division_code,
        place: new.place.clone(),
        planned_date: new.planned_date,
        held_date: new.held_date,
        others_count: new.others_count,
        state: new.state,
        created_by: new.created_by,
        created_at: new.created_at,
        last_transition: new.version,
    };
    diesel::insert_into(activities::table)
        .values(&row)
        .execute(tx.conn())?;
    Ok(())
}

/// Writes how an activity now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, activity: &Activity, seen: i32) -> Result<()> {
    let same = activities::table
        .find(activity.id)
        .filter(activities::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            activities::planned_date.eq(activity.planned_date),
            activities::held_date.eq(activity.held_date),
            activities::others_count.eq(activity.others_count),
            activities::state.eq(activity.state),
            activities::last_transition.eq(activity.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes the entry that led to how an activity now stands.
pub fn insert_entry(
    tx: &mut Tx<'_>,
    now_at: &Activity,
    from: Option<ActivityState>,
    step: &Step,
    actor: UserId,
) -> Result<()> {
    let (id, now): (ActivityTransitionId, _) = (tx.new_id(), tx.now());
    diesel::insert_into(activity_transitions::table)
        .values((
            activity_transitions::id.eq(id),
            activity_transitions::activity_id.eq(now_at.id),
            activity_transitions::sequence.eq(now_at.version),
            activity_transitions::action.eq(step.action),
            activity_transitions::previous_sequence.eq(from.map(|_| now_at.version - 1)),
            activity_transitions::from_state.eq(from),
            activity_transitions::to_state.eq(now_at.state),
            activity_transitions::on_date.eq(step.on_date),
            activity_transitions::others_count.eq(step.others_count),
            activity_transitions::reason.eq(step.reason.clone()),
            activity_transitions::actor_id.eq(actor),
            activity_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "activity_transitions.activity_id",
                "activity_transitions_activity_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = activity_transitions)]
struct EntryRow {
    sequence: i32,
    action: ActivityAction,
    from_state: Option<ActivityState>,
    to_state: ActivityState,
    on_date: Option<NaiveDate>,
    others_count: Option<i32>,
    reason: Option<String>,
    actor_id: UserId,
    at: Timestamp,
}

/// What happened to an activity, from the beginning.
pub fn history(db: &mut Db, of: ActivityId) -> Result<Vec<ActivityEntry>> {
    let rows: Vec<EntryRow> = activity_transitions::table
        .filter(activity_transitions::activity_id.eq(of))
        .order(activity_transitions::sequence)
        .select(EntryRow::as_select())
        .load(db.conn())?;
    let entry = |row: EntryRow| ActivityEntry {
        sequence: row.sequence,
        action: row.action,
        from_state: row.from_state,
        to_state: row.to_state,
        on_date: row.on_date,
        others_count: row.others_count,
        reason: row.reason,
        actor_id: row.actor_id,
        at: row.at,
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// How many are named.
pub fn named(db: &mut Db, of: ActivityId) -> Result<i64> {
    Ok(activity_attendances::table
        .filter(activity_attendances::activity_id.eq(of))
        .filter(activity_attendances::withdrawn_at.is_null())
        .count()
        .get_result(db.conn())?)
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = activity_attendances)]
#[diesel(treat_none_as_default_value = false)]
struct AttendanceRow {
    id: ActivityAttendanceId,
    activity_id: ActivityId,
    kind: ActivityKind,
    resident_id: ResidentId,
    division_code: DivisionCode,
    household_id: Option<HouseholdId>,
    recorded_by: UserId,
    recorded_at: Timestamp,
    withdrawn_by: Option<UserId>,
    withdrawn_at: Option<Timestamp>,
    withdrawal_reason: Option<String>,
}

impl From<AttendanceRow> for ActivityAttendance {
    fn from(row: AttendanceRow) -> Self {
        Self {
            id: row.id,
            activity_id: row.activity_id,
            resident_id: row.resident_id,
            division_code: row.division_code,
            household_id: row.household_id,
            recorded_by: row.recorded_by,
            recorded_at: row.recorded_at,
            withdrawn_by: row.withdrawn_by,
            withdrawn_at: row.withdrawn_at,
            withdrawal_reason: row.withdrawal_reason,
        }
    }
}

pub fn insert_attendances(
    tx: &mut Tx<'_>,
    kind: ActivityKind,
    all: &[ActivityAttendance],
) -> Result<()> {
    let rows: Vec<_> = all
        .iter()
        .map(|one| AttendanceRow {
            id: one.id,
            activity_id: one.activity_id,
            kind,
            resident_id: one.resident_id,
            division_code: one.division_code,
            household_id: one.household_id,
            recorded_by: one.recorded_by,
            recorded_at: one.recorded_at,
            withdrawn_by: None,
            withdrawn_at: None,
            withdrawal_reason: None,
        })
        .collect();
    insert_all!(tx, activity_attendances::table, &rows).map_err(|error| {
        on_unique(
            error,
            "activity_attendances.activity_id",
            "activity_attendances_once",
            || Code::ActivityAttended.into(),
        )
    })
}

/// Which attendances.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attended {
    pub id: Option<ActivityAttendanceId>,
    pub activity: Option<ActivityId>,
}

/// Of those who lived in sight, oldest first; those who were taken off again, too.
pub fn attendances(
    db: &mut Db,
    scope: &Scope,
    which: Attended,
    after: Option<ActivityAttendanceId>,
    count: i64,
) -> Result<Vec<ActivityAttendance>> {
    let mut query = activity_attendances::table
        .select(AttendanceRow::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            activity_attendances::division_code,
            activity_attendances::county_code,
            scope
        ));
    if let Some(id) = which.id {
        query = query.filter(activity_attendances::id.eq(id));
    }
    if let Some(activity) = which.activity {
        query = query.filter(activity_attendances::activity_id.eq(activity));
    }
    if let Some(after) = after {
        query = query.filter(activity_attendances::id.gt(after));
    }
    let rows: Vec<AttendanceRow> = query
        .order(activity_attendances::id)
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Takes one off again, once.
pub fn withdraw(tx: &mut Tx<'_>, one: &ActivityAttendance) -> Result<()> {
    let standing = activity_attendances::table
        .find(one.id)
        .filter(activity_attendances::withdrawn_at.is_null());
    let changed = diesel::update(standing)
        .set((
            activity_attendances::withdrawn_by.eq(one.withdrawn_by),
            activity_attendances::withdrawn_at.eq(one.withdrawn_at),
            activity_attendances::withdrawal_reason.eq(one.withdrawal_reason.clone()),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::ActivityWithdrawn.into())
    }
}

/// A session that was held: its kind, and how many came besides those who are named.
pub type Session = (ActivityId, ActivityKind, i32);
/// Somebody who came: to which session, when, who of all their records, in which household.
pub type Came = (ActivityId, NaiveDate, ResidentId, Option<HouseholdId>);

/// What was held by those in sight from one day to another.
pub fn held(db: &mut Db, scope: &Scope, from: NaiveDate, to: NaiveDate) -> Result<Vec<Session>> {
    Ok(activities::table
        .select((
            activities::id,
            activities::kind,
            activities::others_count.assume_not_null(),
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            activities::division_code,
            activities::county_code,
            scope
        ))
        .filter(activities::state.eq(ActivityState::Held))
        .filter(activities::held_date.between(from, to))
        .load(db.conn())?)
}

/// Who came to these sessions, by the record that is kept of each.
pub fn came(db: &mut Db, scope: &Scope, from: NaiveDate, to: NaiveDate) -> Result<Vec<Came>> {
    type Found = (
        ActivityId,
        NaiveDate,
        ResidentId,
        Option<ResidentId>,
        Option<HouseholdId>,
    );
    let rows: Vec<Found> = activity_attendances::table
        .inner_join(activities::table)
        .inner_join(residents::table.on(residents::id.eq(activity_attendances::resident_id)))
        .select((
            activities::id,
            activities::held_date.assume_not_null(),
            activity_attendances::resident_id,
            residents::merged_into_id,
            activity_attendances::household_id,
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            activities::division_code,
            activities::county_code,
            scope
        ))
        .filter(activities::state.eq(ActivityState::Held))
        .filter(activities::held_date.between(from, to))
        .filter(activity_attendances::withdrawn_at.is_null())
        .load(db.conn())?;
    let kept = |(activity, day, record, kept, household): Found| {
        (activity, day, kept.unwrap_or(record), household)
    };
    Ok(rows.into_iter().map(kept).collect())
}
