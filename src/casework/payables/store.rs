//! SQL of what is owed to organizations.

use diesel::prelude::*;

use super::model::{Owed, Payable, PayableSource, PayableState};
use crate::access::{Scope, within};
use crate::db::schema::payables;
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{CaseId, OrganizationId, PayableId, PayableSubjectId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;

types::text_columns!(PayableSource, PayableState);

#[derive(Queryable, Selectable)]
#[diesel(table_name = payables)]
struct Row {
    id: PayableId,
    source: PayableSource,
    subject_id: PayableSubjectId,
    organization_id: OrganizationId,
    case_id: CaseId,
    resident_id: ResidentId,
    program_code: String,
    division_code: DivisionCode,
    month: Month,
    amount_fen: Fen,
    state: PayableState,
    reason: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Payable {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            owed: Owed {
                source: row.source,
                subject_id: row.subject_id,
                organization_id: row.organization_id,
                case_id: row.case_id,
                resident_id: row.resident_id,
                program_code: row.program_code,
                division_code: row.division_code,
                month: row.month,
                amount: row.amount_fen,
            },
            state: row.state,
            reason: row.reason,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub fn insert(tx: &mut Tx<'_>, new: &Payable) -> Result<()> {
    let owed = &new.owed;
    diesel::insert_into(payables::table)
        .values((
            payables::id.eq(new.id),
            payables::source.eq(owed.source),
            payables::subject_id.eq(owed.subject_id),
            payables::organization_id.eq(owed.organization_id),
            payables::case_id.eq(owed.case_id),
            payables::resident_id.eq(owed.resident_id),
            payables::program_code.eq(&owed.program_code),
            payables::division_code.eq(owed.division_code),
            payables::month.eq(owed.month),
            payables::amount_fen.eq(owed.amount),
            payables::state.eq(new.state),
            payables::created_at.eq(new.created_at),
            payables::updated_at.eq(new.updated_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Withdraws one that no payment has taken.
pub fn withdraw(tx: &mut Tx<'_>, id: PayableId, reason: &str) -> Result<()> {
    let now = tx.now();
    let due = payables::table
        .find(id)
        .filter(payables::state.eq(PayableState::Due));
    let changed = diesel::update(due)
        .set((
            payables::state.eq(PayableState::Withdrawn),
            payables::reason.eq(reason),
            payables::updated_at.eq(now),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::PayableInPayment.into())
    }
}

pub fn of(db: &mut Db, ids: &[PayableId]) -> Result<Vec<Payable>> {
    let rows: Vec<Row> = payables::table
        .filter(payables::id.eq_any(ids))
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What is due in a county up to a month and not in any payment.
pub fn open(
    db: &mut Db,
    county: DivisionCode,
    program: &str,
    month: Month,
) -> Result<Vec<Payable>> {
    let rows: Vec<Row> = payables::table
        .filter(payables::county_code.eq(county.county_digits()))
        .filter(payables::program_code.eq(program))
        .filter(payables::month.le(month))
        .filter(payables::state.eq(PayableState::Due))
        .order(payables::id)
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Which payables a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub organization: Option<OrganizationId>,
    pub case: Option<CaseId>,
    pub state: Option<PayableState>,
    pub month: Option<Month>,
}

/// In the order in which they came to be owed.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<PayableId>,
    count: i64,
) -> Result<Vec<Payable>> {
    let mut query = payables::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            payables::division_code,
            payables::county_code,
            scope
        ));
    if let Some(organization) = filter.organization {
        query = query.filter(payables::organization_id.eq(organization));
    }
    if let Some(case) = filter.case {
        query = query.filter(payables::case_id.eq(case));
    }
    if let Some(state) = filter.state {
        query = query.filter(payables::state.eq(state));
    }
    if let Some(month) = filter.month {
        query = query.filter(payables::month.eq(month));
    }
    if let Some(after) = after {
        query = query.filter(payables::id.gt(after));
    }
    let rows: Vec<Row> = query.order(payables::id).limit(count).load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}
