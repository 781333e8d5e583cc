//! SQL of the books: read only, for the database writes them itself.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Account, EntryKind, LedgerEntry};
use crate::access::{Scope, within};
use crate::db::schema::ledger_entries;
use crate::db::{Db, MultiBackend, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{EntitlementId, PayableId, PaymentId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::registry::residents;

types::text_columns!(Account, EntryKind);

#[derive(Queryable, Selectable)]
#[diesel(table_name = ledger_entries)]
struct Row {
    sequence: i64,
    at: Timestamp,
    entry: EntryKind,
    debit: Account,
    credit: Account,
    amount_fen: Fen,
    resident_id: ResidentId,
    program_code: String,
    division_code: DivisionCode,
    entitlement_id: Option<EntitlementId>,
    payable_id: Option<PayableId>,
    payment_id: Option<PaymentId>,
}

impl From<Row> for LedgerEntry {
    fn from(row: Row) -> Self {
        Self {
            sequence: row.sequence,
            at: row.at,
            entry: row.entry,
            debit: row.debit,
            credit: row.credit,
            amount_fen: row.amount_fen,
            resident_id: row.resident_id,
            program_code: row.program_code,
            division_code: row.division_code,
            entitlement_id: row.entitlement_id,
            payable_id: row.payable_id,
            payment_id: row.payment_id,
        }
    }
}

/// Which entries are meant.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub program_code: Option<String>,
    pub resident: Option<ResidentId>,
    pub entry: Option<EntryKind>,
    /// Office days, both included.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

macro_rules! meant {
    ($db:expr, $query:expr, $scope:expr, $filter:expr) => {{
        let mut query = $query.filter(within!(
            ledger_entries::division_code,
            ledger_entries::county_code,
            $scope
        ));
        if let Some(code) = &$filter.program_code {
            query = query.filter(ledger_entries::program_code.eq(code.clone()));
        }
        if let Some(resident) = $filter.resident {
            let records = residents::service::records($db, &[resident])?;
            query = query.filter(ledger_entries::resident_id.eq_any(records));
        }
        if let Some(entry) = $filter.entry {
            query = query.filter(ledger_entries::entry.eq(entry));
        }
        if let Some(from) = $filter.from {
            query = query.filter(ledger_entries::at.ge(Timestamp::start_of(from)));
        }
        if let Some(after) = $filter.to.and_then(|to| to.succ_opt()) {
            query = query.filter(ledger_entries::at.lt(Timestamp::start_of(after)));
        }
        query
    }};
}

pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<i64>,
    count: i64,
) -> Result<Vec<LedgerEntry>> {
    let query = ledger_entries::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    let mut query = meant!(db, query, scope, filter);
    if let Some(after) = after {
        query = query.filter(ledger_entries::sequence.gt(after));
    }
    let rows: Vec<Row> = query
        .order(ledger_entries::sequence)
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What was booked from one account to another. Summed in pieces that cannot overflow.
pub fn sums(db: &mut Db, scope: &Scope, filter: &Filter) -> Result<Vec<(Account, Account, Fen)>> {
    let query = ledger_entries::table
        .group_by((
            ledger_entries::debit,
            ledger_entries::credit,
            ledger_entries::amount_fen,
        ))
        .select((
            ledger_entries::debit,
            ledger_entries::credit,
            ledger_entries::amount_fen,
            diesel::dsl::count_star(),
        ))
        .into_boxed::<MultiBackend>();
    let query = meant!(db, query, scope, filter);
    let rows: Vec<(Account, Account, Fen, i64)> = query.load(db.conn())?;
    let mut sums: HashMap<(Account, Account), Fen> = HashMap::new();
    for (debit, credit, amount, count) in rows {
        let sum = sums.entry((debit, credit)).or_default();
        let more = amount
            .checked_mul(count)
            .and_then(|part| sum.checked_add(part));
        *sum = more.ok_or_else(|| Error::internal("books beyond counting"))?;
    }
    Ok(sums
        .into_iter()
        .map(|((debit, credit), sum)| (debit, credit, sum))
        .collect())
}
