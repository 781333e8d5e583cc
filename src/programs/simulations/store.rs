//! SQL of simulations. They count people and name none; jobs find them wherever they are.

use std::time::Duration;

use diesel::prelude::*;

use super::model::{Known, Simulation, SimulationState};
use crate::access::{Scope, within};
use crate::db::schema::simulations;
use crate::db::types::{self, from_json, to_json};
use crate::db::{Db, MultiBackend, Tx};
use crate::kernel::crypto::hex;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{ProgramDraftId, SimulationId, UserId};
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;

types::text_columns!(Known, SimulationState);

#[derive(Queryable, Selectable)]
#[diesel(table_name = simulations)]
struct Row {
    id: SimulationId,
    program_code: String,
    draft_id: ProgramDraftId,
    draft_revision: i32,
    division_code: DivisionCode,
    from_month: Month,
    to_month: Month,
    known: Known,
    rules: String,
    state: SimulationState,
    done: i32,
    total: i32,
    result: Option<String>,
    digest: Option<Vec<u8>>,
    requested_by: UserId,
    requested_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl Row {
    fn read(self) -> Result<Simulation> {
        Ok(Simulation {
            id: self.id,
            program_code: self.program_code,
            draft_id: self.draft_id,
            draft_revision: self.draft_revision,
            division_code: self.division_code,
            from_month: self.from_month,
            to_month: self.to_month,
            known: self.known,
            rules: from_json(&self.rules)?,
            state: self.state,
            done: self.done,
            total: self.total,
            requested_by: self.requested_by,
            requested_at: self.requested_at,
            finished_at: self.finished_at,
            digest: self.digest.map(|digest| hex(&digest)),
            result: self.result.as_deref().map(from_json).transpose()?,
        })
    }
}

pub fn insert(tx: &mut Tx<'_>, asked: &Simulation) -> Result<()> {
    diesel::insert_into(simulations::table)
        .values((
            simulations::id.eq(asked.id),
            simulations::program_code.eq(&asked.program_code),
            simulations::draft_id.eq(asked.draft_id),
            simulations::draft_revision.eq(asked.draft_revision),
            simulations::division_code.eq(asked.division_code),
            simulations::from_month.eq(asked.from_month),
            simulations::to_month.eq(asked.to_month),
            simulations::known.eq(asked.known),
            simulations::rules.eq(to_json(&asked.rules)?),
            simulations::state.eq(asked.state),
            simulations::done.eq(asked.done),
            simulations::total.eq(asked.total),
            simulations::attempts.eq(0),
            simulations::requested_by.eq(asked.requested_by),
            simulations::requested_at.eq(asked.requested_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

pub fn find(db: &mut Db, id: SimulationId) -> Result<Option<Simulation>> {
    let row: Option<Row> = simulations::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    row.map(Row::read).transpose()
}

/// Of a program, newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    code: &str,
    after: Option<SimulationId>,
    count: i64,
) -> Result<Vec<Simulation>> {
    let mut query = simulations::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(simulations::division_code, scope))
        .filter(simulations::program_code.eq(code));
    if let Some(after) = after {
        query = query.filter(simulations::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(simulations::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(Row::read).collect()
}

/// How long a process has for one county before another may take the simulation over.
const LEASE: Duration = Duration::from_mins(5);
/// How often one is begun before it is given up.
const MOST_ATTEMPTS: i32 = 3;

/// The next that nobody works at; with how often it was begun.
pub fn waiting(db: &mut Db) -> Result<Option<(SimulationId, i32)>> {
    let now = db.now();
    let left = simulations::state
        .eq(SimulationState::Running)
        .and(simulations::leased_until.lt(now).assume_not_null());
    Ok(simulations::table
        .filter(simulations::state.eq(SimulationState::Queued).or(left))
        .order(simulations::id)
        .select((simulations::id, simulations::attempts))
        .first(db.conn())
        .optional()?)
}

/// Takes one that was waiting, if nobody else did; whether it may still be tried.
pub fn claim(tx: &mut Tx<'_>, id: SimulationId, attempts: i32) -> Result<bool> {
    let until = tx.now().plus(LEASE);
    let same = simulations::table
        .filter(simulations::id.eq(id))
        .filter(simulations::attempts.eq(attempts))
        .filter(simulations::state.eq_any([SimulationState::Queued, SimulationState::Running]));
    let claimed = diesel::update(same)
        .set((
            simulations::state.eq(SimulationState::Running),
            simulations::attempts.eq(attempts + 1),
            simulations::leased_until.eq(until),
            simulations::done.eq(0),
        ))
        .execute(tx.conn())?;
    if claimed != 1 {
        return Err(Code::IfMatchStale.into());
    }
    Ok(attempts < MOST_ATTEMPTS)
}

/// Notes how many counties are done, while it is ours.
pub fn progress(tx: &mut Tx<'_>, id: SimulationId, attempt: i32, done: i32) -> Result<()> {
    let until = tx.now().plus(LEASE);
    let ours = simulations::table
        .filter(simulations::id.eq(id))
        .filter(simulations::state.eq(SimulationState::Running))
        .filter(simulations::attempts.eq(attempt));
    let changed = diesel::update(ours)
        .set((
            simulations::done.eq(done),
            simulations::leased_until.eq(until),
        ))
        .execute(tx.conn())?;
    once(changed)
}

/// Keeps what was found, or that nothing could be.
pub fn finish(
    tx: &mut Tx<'_>,
    id: SimulationId,
    attempt: i32,
    found: Option<(String, Vec<u8>)>,
) -> Result<()> {
    let now = tx.now();
    let state = match found {
        Some(_) => SimulationState::Done,
        None => SimulationState::Failed,
    };
    let (result, digest) = found.unzip();
    let ours = simulations::table
        .filter(simulations::id.eq(id))
        .filter(simulations::state.eq(SimulationState::Running))
        .filter(simulations::attempts.eq(attempt));
    let changed = diesel::update(ours)
        .set((
            simulations::state.eq(state),
            simulations::result.eq(result),
            simulations::digest.eq(digest),
            simulations::finished_at.eq(now),
        ))
        .execute(tx.conn())?;
    once(changed)
}

fn once(changed: usize) -> Result<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}
