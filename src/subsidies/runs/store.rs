//! SQL of runs.

use std::time::Duration;

use diesel::prelude::*;

use super::model::{EntitlementRun, RunState};
use super::service::Tally;
use crate::access::{Scope, within};
use crate::db::schema::entitlement_runs;
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{EnrollmentId, EntitlementRunId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;

types::text_columns!(RunState);

#[derive(Queryable, Selectable)]
#[diesel(table_name = entitlement_runs)]
struct Row {
    id: EntitlementRunId,
    division_code: DivisionCode,
    month: Month,
    state: RunState,
    done: i32,
    total: i32,
    due_count: i32,
    held_count: i32,
    due_fen: Fen,
    requested_by: UserId,
    requested_at: Timestamp,
    finished_at: Option<Timestamp>,
    version: i32,
}

impl From<Row> for EntitlementRun {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            division_code: row.division_code,
            month: row.month,
            state: row.state,
            done: row.done,
            total: row.total,
            due_count: row.due_count,
            held_count: row.held_count,
            due_fen: row.due_fen,
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            finished_at: row.finished_at,
            version: row.version,
            allowed_actions: row.state.allowed(),
        }
    }
}

pub fn insert(tx: &mut Tx<'_>, run: &EntitlementRun) -> Result<()> {
    diesel::insert_into(entitlement_runs::table)
        .values((
            entitlement_runs::id.eq(run.id),
            entitlement_runs::division_code.eq(run.division_code),
            entitlement_runs::month.eq(run.month),
            entitlement_runs::state.eq(run.state),
            entitlement_runs::done.eq(run.done),
            entitlement_runs::total.eq(run.total),
            entitlement_runs::due_count.eq(run.due_count),
            entitlement_runs::held_count.eq(run.held_count),
            entitlement_runs::due_fen.eq(run.due_fen),
            entitlement_runs::attempts.eq(0),
            entitlement_runs::tries.eq(0),
            entitlement_runs::requested_by.eq(run.requested_by),
            entitlement_runs::requested_at.eq(run.requested_at),
            entitlement_runs::version.eq(run.version),
        ))
        .execute(tx.conn())
        .map_err(one_open)?;
    Ok(())
}

fn one_open(error: diesel::result::Error) -> crate::kernel::error::Error {
    on_unique(
        error,
        "entitlement_runs.division_code",
        "entitlement_runs_open",
        || Code::RunOpen.into(),
    )
}

pub fn find(db: &mut Db, scope: &Scope, id: EntitlementRunId) -> Result<Option<EntitlementRun>> {
    let row: Option<Row> = entitlement_runs::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            entitlement_runs::division_code,
            entitlement_runs::county_code,
            scope
        ))
        .filter(entitlement_runs::id.eq(id))
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// For the job, which has no permit.
pub fn anywhere(db: &mut Db, id: EntitlementRunId) -> Result<EntitlementRun> {
    let row: Row = entitlement_runs::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())?;
    Ok(row.into())
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    month: Option<Month>,
    after: Option<EntitlementRunId>,
    count: i64,
) -> Result<Vec<EntitlementRun>> {
    let mut query = entitlement_runs::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            entitlement_runs::division_code,
            entitlement_runs::county_code,
            scope
        ));
    if let Some(month) = month {
        query = query.filter(entitlement_runs::month.eq(month));
    }
    if let Some(after) = after {
        query = query.filter(entitlement_runs::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(entitlement_runs::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How long a process has for one piece before another may take the run over.
const LEASE: Duration = Duration::from_mins(2);
/// How often one is taken up without getting anywhere before it is given up.
const MOST_TRIES: i32 = 3;

/// The next that nobody works at; with how often it was taken up.
pub fn waiting(db: &mut Db) -> Result<Option<(EntitlementRunId, i32)>> {
    let now = db.now();
    let left = entitlement_runs::state
        .eq(RunState::Running)
        .and(entitlement_runs::leased_until.lt(now).assume_not_null());
    Ok(entitlement_runs::table
        .filter(entitlement_runs::state.eq(RunState::Queued).or(left))
        .order(entitlement_runs::id)
        .select((entitlement_runs::id, entitlement_runs::attempts))
        .first(db.conn())
        .optional()?)
}

/// Takes one that was waiting, if nobody else did; where it stopped, and whether it may still be tried.
pub fn claim(
    tx: &mut Tx<'_>,
    id: EntitlementRunId,
    attempts: i32,
) -> Result<(Option<EnrollmentId>, bool)> {
    let until = tx.now().plus(LEASE);
    let same = entitlement_runs::table
        .filter(entitlement_runs::id.eq(id))
        .filter(entitlement_runs::attempts.eq(attempts))
        .filter(entitlement_runs::state.eq_any([RunState::Queued, RunState::Running]));
    let claimed = diesel::update(same)
        .set((
            entitlement_runs::state.eq(RunState::Running),
            entitlement_runs::attempts.eq(attempts + 1),
            entitlement_runs::tries.eq(entitlement_runs::tries + 1),
            entitlement_runs::leased_until.eq(until),
            entitlement_runs::version.eq(entitlement_runs::version + 1),
        ))
        .execute(tx.conn())?;
    once(claimed)?;
    let (reached, tries): (_, i32) = entitlement_runs::table
        .find(id)
        .select((entitlement_runs::reached, entitlement_runs::tries))
        .first(tx.conn())?;
    Ok((reached, tries <= MOST_TRIES))
}

/// Notes how far a run has come, while it is ours and nobody cancelled it: in the transaction of the very
/// rows, so that what is there twice is not counted, and what is counted is there.
pub fn advance(
    tx: &mut Tx<'_>,
    (id, attempt): (EntitlementRunId, i32),
    reached: EnrollmentId,
    tally: Tally,
) -> Result<()> {
    let until = tx.now().plus(LEASE);
    let ours = entitlement_runs::table
        .filter(entitlement_runs::id.eq(id))
        .filter(entitlement_runs::state.eq(RunState::Running))
        .filter(entitlement_runs::attempts.eq(attempt));
    let changed = diesel::update(ours)
        .set((
            entitlement_runs::reached.eq(reached),
            entitlement_runs::tries.eq(0),
            entitlement_runs::done.eq(entitlement_runs::done + tally.done),
            entitlement_runs::due_count.eq(entitlement_runs::due_count + tally.due),
            entitlement_runs::held_count.eq(entitlement_runs::held_count + tally.held),
            entitlement_runs::due_fen.eq(entitlement_runs::due_fen + tally.due_fen.get()),
            entitlement_runs::leased_until.eq(until),
            entitlement_runs::version.eq(entitlement_runs::version + 1),
        ))
        .execute(tx.conn())?;
    once(changed)
}

/// Ends a run that is ours.
pub fn finish(
    tx: &mut Tx<'_>,
    (id, attempt): (EntitlementRunId, i32),
    state: RunState,
) -> Result<()> {
    let now = tx.now();
    let ours = entitlement_runs::table
        .filter(entitlement_runs::id.eq(id))
        .filter(entitlement_runs::state.eq(RunState::Running))
        .filter(entitlement_runs::attempts.eq(attempt));
    let changed = diesel::update(ours)
        .set((
            entitlement_runs::state.eq(state),
            entitlement_runs::finished_at.eq(now),
            entitlement_runs::version.eq(entitlement_runs::version + 1),
        ))
        .execute(tx.conn())?;
    once(changed)
}

/// Cancels a run or lets it go on, unless somebody changed it since it was read.
pub fn change(tx: &mut Tx<'_>, run: &EntitlementRun, to: RunState) -> Result<()> {
    let finished = (to == RunState::Cancelled).then(|| tx.now());
    let same = entitlement_runs::table
        .filter(entitlement_runs::id.eq(run.id))
        .filter(entitlement_runs::version.eq(run.version));
    let changed = diesel::update(same)
        .set((
            entitlement_runs::state.eq(to),
            entitlement_runs::finished_at.eq(finished),
            entitlement_runs::tries.eq(0),
            entitlement_runs::version.eq(run.version + 1),
        ))
        .execute(tx.conn())
        .map_err(one_open)?;
    once(changed)
}

fn once(changed: usize) -> Result<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}
