//! SQL of financial disclosure.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::access::{Scope, within};
use crate::db::schema::{budgets, ledger_entries};
use crate::db::{Db, MultiBackend};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::subsidies::ledger::EntryKind;

macro_rules! within_days {
    ($query:expr, $scope:expr, $from:expr, $to:expr) => {
        $query
            .filter(within!(
                ledger_entries::division_code,
                ledger_entries::county_code,
                $scope
            ))
            .filter(ledger_entries::at.ge(Timestamp::start_of($from)))
            .filter(ledger_entries::at.lt(Timestamp::start_of(
                $to.succ_opt().unwrap_or(NaiveDate::MAX),
            )))
    };
}

/// What was booked between two days, both included: by program, kind and amount, and how often.
pub fn booked(
    db: &mut Db,
    scope: &Scope,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(String, EntryKind, Fen, i64)>> {
    let query = ledger_entries::table
        .group_by((
            ledger_entries::program_code,
            ledger_entries::entry,
            ledger_entries::amount_fen,
        ))
        .select((
            ledger_entries::program_code,
            ledger_entries::entry,
            ledger_entries::amount_fen,
            diesel::dsl::count_star(),
        ))
        .into_boxed::<MultiBackend>();
    Ok(within_days!(query, scope, from, to).load(db.conn())?)
}

/// To how many money was released, by program.
pub fn persons(
    db: &mut Db,
    scope: &Scope,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(String, i64)>> {
    let query = ledger_entries::table
        .group_by(ledger_entries::program_code)
        .select((
            ledger_entries::program_code,
            diesel::dsl::count(ledger_entries::resident_id).aggregate_distinct(),
        ))
        .into_boxed::<MultiBackend>()
        .filter(ledger_entries::entry.eq(EntryKind::Release));
    Ok(within_days!(query, scope, from, to).load(db.conn())?)
}

/// What may be spent in a year, revision by revision.
pub fn budgeted(
    db: &mut Db,
    scope: &Scope,
    year: i32,
) -> Result<Vec<(String, DivisionCode, i32, Fen)>> {
    Ok(budgets::table
        .select((
            budgets::program_code,
            budgets::division_code,
            budgets::revision,
            budgets::amount_fen,
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(budgets::division_code, budgets::county_code, scope))
        .filter(budgets::year.eq(year))
        .load(db.conn())?)
}
