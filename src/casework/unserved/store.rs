//! SQL of those who have what they are entitled to, or wait for it.

use std::collections::HashSet;

use diesel::prelude::*;

use crate::casework::cases::State;
use crate::db::Db;
use crate::db::schema::cases;
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;

/// Programs for which some residents have an open case, or a benefit that goes on.
pub fn served(db: &mut Db, residents: &[ResidentId]) -> Result<HashSet<(ResidentId, String)>> {
    let pairs: Vec<(ResidentId, String)> = cases::table
        .filter(cases::resident_id.eq_any(residents))
        .filter(cases::state.eq_any(State::OPEN))
        .select((cases::resident_id, cases::program_code))
        .load(db.conn())?;
    Ok(pairs.into_iter().collect())
}
