//! SQL of those who have what they are entitled to, or wait for it.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use crate::casework::cases::State;
use crate::db::Db;
use crate::db::schema::cases;
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::kernel::time::Timestamp;
use crate::registry::residents;

/// Those of some residents for whom, by whichever record of theirs, something goes on, or was completed since.
pub fn helped(db: &mut Db, of: &[ResidentId], since: Timestamp) -> Result<HashSet<ResidentId>> {
    let kept: HashMap<_, _> = residents::service::merged_into(db, of)?
        .into_iter()
        .collect();
    let records: Vec<_> = of.iter().chain(kept.keys()).copied().collect();
    let lately = cases::state
        .eq(State::Completed)
        .and(cases::closed_at.ge(since).assume_not_null());
    let found: Vec<ResidentId> = cases::table
        .filter(cases::resident_id.eq_any(records))
        .filter(cases::state.eq_any(State::OPEN).or(lately))
        .select(cases::resident_id)
        .distinct()
        .load(db.conn())?;
    let person = |record| kept.get(&record).copied().unwrap_or(record);
    Ok(found.into_iter().map(person).collect())
}

/// Programs for which some residents, by whichever record of theirs, have an open case, or a benefit that goes on.
pub fn served(db: &mut Db, of: &[ResidentId]) -> Result<HashSet<(ResidentId, String)>> {
    let kept: HashMap<_, _> = residents::service::merged_into(db, of)?
        .into_iter()
        .collect();
    let records: Vec<_> = of.iter().chain(kept.keys()).copied().collect();
    let pairs: Vec<(ResidentId, String)> = cases::table
        .filter(cases::resident_id.eq_any(records))
        .filter(cases::state.eq_any(State::OPEN))
        .select((cases::resident_id, cases::program_code))
        .load(db.conn())?;
    Ok(pairs
        .into_iter()
        .map(|(record, program)| (kept.get(&record).copied().unwrap_or(record), program))
        .collect())
}
