//! SQL of tasks and of who they were given to.

use chrono::NaiveDate;
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::model::{Listed, Overdue, Reminder, Staff, Task, View};
use crate::access::{Actor, Role, Scope, on_desk, within};
use crate::casework::cases::Duty;
use crate::casework::cases::service::Action;
use crate::db::schema::{
    case_duties, case_transitions, cases, residents, task_assignments, tasks, users,
};
use crate::db::{Db, MultiBackend, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{CaseId, ResidentId, TaskAssignment, UserId};
use crate::kernel::time::Timestamp;
use crate::programs::{Service, Step};

diesel::allow_tables_to_appear_in_same_query!(tasks, cases);
diesel::allow_tables_to_appear_in_same_query!(tasks, residents);
diesel::allow_tables_to_appear_in_same_query!(tasks, users);
diesel::allow_tables_to_appear_in_same_query!(cases, residents);
diesel::allow_tables_to_appear_in_same_query!(cases, users);
diesel::allow_tables_to_appear_in_same_query!(residents, users);
diesel::allow_tables_to_appear_in_same_query!(case_duties, tasks);
diesel::allow_tables_to_appear_in_same_query!(case_duties, cases);
diesel::allow_tables_to_appear_in_same_query!(case_duties, residents);
diesel::allow_tables_to_appear_in_same_query!(case_duties, users);
diesel::allow_tables_to_appear_in_same_query!(case_transitions, tasks);
diesel::allow_tables_to_appear_in_same_query!(case_transitions, cases);
diesel::allow_tables_to_appear_in_same_query!(case_transitions, residents);

#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
struct Row {
    case_id: CaseId,
    sequence: i32,
    resident_id: ResidentId,
    division_code: DivisionCode,
    round: i32,
    step: Step,
    role: Role,
    due_date: NaiveDate,
    assignee_id: Option<UserId>,
    version: i32,
    created_at: Timestamp,
    soon_reminded_at: Option<Timestamp>,
    late_reminded_at: Option<Timestamp>,
    paused_at: Option<Timestamp>,
}

impl From<Row> for Task {
    fn from(row: Row) -> Self {
        Self {
            case_id: row.case_id,
            sequence: row.sequence,
            resident_id: row.resident_id,
            division_code: row.division_code,
            round: row.round,
            step: row.step,
            role: row.role,
            due_date: row.due_date,
            assignee: row.assignee_id,
            version: row.version,
            created_at: row.created_at,
            reminded_at: row.late_reminded_at.or(row.soon_reminded_at),
            paused: row.paused_at.is_some(),
        }
    }
}

pub fn insert(tx: &mut Tx<'_>, task: &Task) -> Result<()> {
    diesel::insert_into(tasks::table)
        .values((
            tasks::case_id.eq(task.case_id),
            tasks::sequence.eq(task.sequence),
            tasks::resident_id.eq(task.resident_id),
            tasks::division_code.eq(task.division_code),
            tasks::round.eq(task.round),
            tasks::step.eq(task.step),
            tasks::role.eq(task.role),
            tasks::due_date.eq(task.due_date),
            tasks::assignee_id.eq(task.assignee),
            tasks::version.eq(task.version),
            tasks::created_at.eq(task.created_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends what waits of a case, if anything does.
pub fn finish(tx: &mut Tx<'_>, case: CaseId) -> Result<()> {
    let now = tx.now();
    let open = tasks::table
        .filter(tasks::case_id.eq(case))
        .filter(tasks::done_at.is_null());
    diesel::update(open)
        .set(tasks::done_at.eq(now))
        .execute(tx.conn())?;
    Ok(())
}

/// Stops the clock of what waits of a case, or lets it go on until another day, of which nobody was
/// reminded.
pub fn set_clock(
    tx: &mut Tx<'_>,
    case: CaseId,
    paused_at: Option<Timestamp>,
    due_date: Option<NaiveDate>,
) -> Result<()> {
    let open = tasks::table
        .filter(tasks::case_id.eq(case))
        .filter(tasks::done_at.is_null());
    let never = None::<Timestamp>;
    let changed = diesel::update(open)
        .set((
            tasks::paused_at.eq(paused_at),
            due_date.map(|day| tasks::due_date.eq(day)),
            tasks::soon_reminded_at.eq(never),
            tasks::late_reminded_at.eq(never),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::TaskNotFound.into())
    }
}

/// Gives a task to somebody, or to nobody, unless it was given away or done since it was read.
pub fn assign(tx: &mut Tx<'_>, task: &Task, to: Option<UserId>) -> Result<()> {
    let same = tasks::table
        .find((task.case_id, task.sequence))
        .filter(tasks::version.eq(task.version))
        .filter(tasks::done_at.is_null());
    let changed = diesel::update(same)
        .set((
            tasks::assignee_id.eq(to),
            tasks::version.eq(task.version + 1),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Notes whose a task is from now on, and who said so: nobody, where it came about by rule.
pub fn note(tx: &mut Tx<'_>, task: &Task, to: Option<UserId>, by: Option<UserId>) -> Result<()> {
    let (id, now) = (tx.new_id::<TaskAssignment>(), tx.now());
    diesel::insert_into(task_assignments::table)
        .values((
            task_assignments::id.eq(id),
            task_assignments::case_id.eq(task.case_id),
            task_assignments::sequence.eq(task.sequence),
            task_assignments::user_id.eq(to),
            task_assignments::assigned_by.eq(by),
            task_assignments::assigned_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// What waits of a case.
pub fn find(db: &mut Db, scope: &Scope, case: CaseId) -> Result<Option<Task>> {
    let row: Option<Row> = tasks::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(tasks::division_code, tasks::county_code, scope))
        .filter(tasks::case_id.eq(case))
        .filter(tasks::done_at.is_null())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// What waits of a case, wherever it is.
pub fn waiting(db: &mut Db, case: CaseId) -> Result<Option<Task>> {
    let row: Option<Row> = tasks::table
        .select(Row::as_select())
        .filter(tasks::case_id.eq(case))
        .filter(tasks::done_at.is_null())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// All that waits with a user, within scope.
pub fn of_user(db: &mut Db, scope: &Scope, user: UserId) -> Result<Vec<Task>> {
    let rows: Vec<Row> = tasks::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(tasks::division_code, tasks::county_code, scope))
        .filter(tasks::assignee_id.eq(user))
        .filter(tasks::done_at.is_null())
        .order((tasks::due_date, tasks::case_id))
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What waits with a user of one resident's cases.
pub fn with(db: &mut Db, user: UserId, resident: ResidentId) -> Result<Vec<Task>> {
    let rows: Vec<Row> = tasks::table
        .select(Row::as_select())
        .filter(tasks::assignee_id.eq(user))
        .filter(tasks::resident_id.eq(resident))
        .filter(tasks::done_at.is_null())
        .order(tasks::case_id)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// With whom something waits.
pub fn burdened(db: &mut Db) -> Result<Vec<UserId>> {
    Ok(tasks::table
        .filter(tasks::done_at.is_null())
        .filter(tasks::assignee_id.is_not_null())
        .select(tasks::assignee_id.assume_not_null())
        .distinct()
        .load(db.conn())?)
}

/// What waits with some users.
pub fn waiting_with(db: &mut Db, with: &[UserId]) -> Result<Vec<Task>> {
    let rows: Vec<Row> = tasks::table
        .select(Row::as_select())
        .filter(tasks::assignee_id.eq_any(with))
        .filter(tasks::done_at.is_null())
        .order(tasks::case_id)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Who has done something else in a round, and so does not take the step.
pub fn separated(db: &mut Db, case: CaseId, round: i32, own: Option<Duty>) -> Result<Vec<UserId>> {
    let all: Vec<(UserId, Duty)> = case_duties::table
        .filter(case_duties::case_id.eq(case))
        .filter(case_duties::round.eq(round))
        .select((case_duties::user_id, case_duties::duty))
        .load(db.conn())?;
    let others = all.into_iter().filter(|(_, duty)| Some(*duty) != own);
    Ok(others.map(|(user, _)| user).collect())
}

/// How many tasks wait with each of some users, wherever: how busy somebody is shows no resident, and
/// who asks may see but a part of their tasks.
pub fn loads(db: &mut Db, of: &[UserId]) -> Result<Vec<(UserId, i64)>> {
    let query = tasks::table
        .filter(tasks::assignee_id.eq_any(of))
        .filter(tasks::done_at.is_null())
        .group_by(tasks::assignee_id)
        .select((tasks::assignee_id.assume_not_null(), count_star()));
    db.in_every_office(|db| Ok(query.load(db.conn())?))
}

/// What nobody was reminded of yet: due by `horizon`, or due before `today`.
pub fn unreminded(
    db: &mut Db,
    today: NaiveDate,
    horizon: NaiveDate,
    most: i64,
) -> Result<Vec<(Task, Reminder)>> {
    let late: Vec<Row> = tasks::table
        .select(Row::as_select())
        .filter(tasks::done_at.is_null())
        .filter(tasks::paused_at.is_null())
        .filter(tasks::late_reminded_at.is_null())
        .filter(tasks::due_date.lt(today))
        .order((tasks::due_date, tasks::case_id))
        .limit(most)
        .load(db.conn())?;
    let soon: Vec<Row> = tasks::table
        .select(Row::as_select())
        .filter(tasks::done_at.is_null())
        .filter(tasks::paused_at.is_null())
        .filter(tasks::soon_reminded_at.is_null())
        .filter(tasks::late_reminded_at.is_null())
        .filter(tasks::due_date.between(today, horizon))
        .order((tasks::due_date, tasks::case_id))
        .limit(most)
        .load(db.conn())?;
    let late = late.into_iter().map(|row| (row.into(), Reminder::Overdue));
    let soon = soon.into_iter().map(|row| (row.into(), Reminder::DueSoon));
    Ok(late.chain(soon).collect())
}

/// Notes that somebody was reminded of a task, unless another process was first.
pub fn remind(tx: &mut Tx<'_>, task: &Task, reminder: Reminder) -> Result<bool> {
    let now = tx.now();
    let open = tasks::table
        .find((task.case_id, task.sequence))
        .filter(tasks::done_at.is_null());
    let changed = match reminder {
        Reminder::DueSoon => diesel::update(open.filter(tasks::soon_reminded_at.is_null()))
            .set(tasks::soon_reminded_at.eq(now))
            .execute(tx.conn())?,
        Reminder::Overdue => diesel::update(open.filter(tasks::late_reminded_at.is_null()))
            .set(tasks::late_reminded_at.eq(now))
            .execute(tx.conn())?,
    };
    Ok(changed == 1)
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Mark {
    pub due_date: NaiveDate,
    pub case_id: CaseId,
}

impl Mark {
    pub fn of(task: &Task) -> Self {
        Self {
            due_date: task.due_date,
            case_id: task.case_id,
        }
    }
}

/// Whose tasks a list shows.
#[derive(Debug)]
pub enum Whose<'a> {
    /// What somebody may do; nothing of residents they are related to.
    Desk(&'a Actor, &'a [ResidentId], View),
    /// What waits with one person, or with anybody and nobody.
    Office(Option<UserId>),
}

type ListedRow = (
    Row,
    String,
    Service,
    String,
    Option<String>,
    Option<(String, String)>,
);

/// What waits, the most urgent first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    whose: &Whose<'_>,
    due_before: Option<NaiveDate>,
    after: Option<&Mark>,
    count: i64,
) -> Result<Vec<Listed>> {
    let mut query = tasks::table
        .inner_join(cases::table.on(cases::id.eq(tasks::case_id)))
        .left_join(residents::table.on(residents::id.eq(tasks::resident_id)))
        .left_join(users::table.on(tasks::assignee_id.eq(users::id.nullable())))
        .select((
            Row::as_select(),
            cases::case_number,
            cases::service,
            cases::program_code,
            residents::name.nullable(),
            (users::username, users::display_name).nullable(),
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(tasks::division_code, tasks::county_code, scope))
        .filter(tasks::done_at.is_null());
    match whose {
        Whose::Office(None) => {}
        Whose::Office(Some(user)) => query = query.filter(tasks::assignee_id.eq(*user)),
        Whose::Desk(actor, related, view) => {
            let user = actor.user;
            let mine = tasks::assignee_id.eq(user);
            let nobodys = tasks::assignee_id.is_null();
            query = match view {
                View::All => query.filter(nobodys.or(mine)),
                View::Mine => query.filter(mine),
                View::Unassigned => query.filter(nobodys),
            };
            query = query.filter(on_desk!(tasks::role, tasks::division_code, actor));
            let other_duty = case_duties::table
                .filter(case_duties::case_id.eq(tasks::case_id))
                .filter(case_duties::round.eq(tasks::round))
                .filter(case_duties::user_id.eq(user))
                .filter(case_duties::duty.ne(tasks::step));
            // Who closed a case does not judge that; a round has one closing.
            let closed = case_transitions::table
                .filter(case_transitions::case_id.eq(tasks::case_id))
                .filter(case_transitions::round.eq(tasks::round))
                .filter(case_transitions::actor_id.eq(user))
                .filter(case_transitions::action.eq_any([Action::Reject, Action::Terminate]));
            query = query
                .filter(not(exists(other_duty)))
                .filter(not(exists(closed)))
                .filter(tasks::resident_id.ne_all(*related));
        }
    }
    if let Some(day) = due_before {
        query = query
            .filter(tasks::due_date.lt(day))
            .filter(tasks::paused_at.is_null());
    }
    if let Some(mark) = after {
        let later = tasks::due_date.gt(mark.due_date);
        let same = tasks::due_date.eq(mark.due_date);
        query = query.filter(later.or(same.and(tasks::case_id.gt(mark.case_id))));
    }
    let rows: Vec<ListedRow> = query
        .order((tasks::due_date.asc(), tasks::case_id.asc()))
        .limit(count)
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(
            |(row, case_number, service, program_code, resident_name, assignee)| Listed {
                task: row.into(),
                case_number,
                service,
                program_code,
                resident_name,
                assignee,
            },
        )
        .collect())
}

type Count = (DivisionCode, Role, Option<UserId>, i64);

/// How many tasks were due before a day, by division, role and person.
pub fn overdue(db: &mut Db, scope: &Scope, day: NaiveDate) -> Result<Vec<Overdue>> {
    let rows: Vec<Count> = tasks::table
        .group_by((tasks::division_code, tasks::role, tasks::assignee_id))
        .select((
            tasks::division_code,
            tasks::role,
            tasks::assignee_id,
            count_star(),
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(tasks::division_code, tasks::county_code, scope))
        .filter(tasks::done_at.is_null())
        .filter(tasks::paused_at.is_null())
        .filter(tasks::due_date.lt(day))
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(|(division, role, assignee, count)| Overdue {
            division,
            role,
            assignee,
            count,
        })
        .collect())
}

/// With whom the open tasks of some cases are, where with anybody.
pub fn assignees(db: &mut Db, of: &[CaseId]) -> Result<Vec<(CaseId, Staff)>> {
    Ok(tasks::table
        .inner_join(users::table.on(tasks::assignee_id.eq(users::id.nullable())))
        .filter(tasks::case_id.eq_any(of))
        .filter(tasks::done_at.is_null())
        .select((
            tasks::case_id,
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?)
}

/// The tasks in sight that some cases have or had: their versions, nothing for those that are done.
pub fn versions(db: &mut Db, scope: &Scope, of: &[CaseId]) -> Result<Vec<(CaseId, Option<i32>)>> {
    let all: Vec<(CaseId, i32, Option<Timestamp>)> = tasks::table
        .select((tasks::case_id, tasks::version, tasks::done_at))
        .into_boxed::<MultiBackend>()
        .filter(within!(tasks::division_code, scope))
        .filter(tasks::case_id.eq_any(of))
        .load(db.conn())?;
    Ok(all
        .into_iter()
        .map(|(case, version, done_at)| (case, done_at.is_none().then_some(version)))
        .collect())
}

/// User names and display names of some users.
pub fn names(db: &mut Db, of: &[UserId]) -> Result<Vec<(UserId, String, String)>> {
    Ok(users::table
        .filter(users::id.eq_any(of))
        .select((users::id, users::username, users::display_name))
        .load(db.conn())?)
}
