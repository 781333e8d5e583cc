//! SQL of entitlements.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::model::{Entitlement, EntitlementState, Reason};
use crate::access::{Scope, within};
use crate::db::schema::{entitlements, payment_items};
use crate::db::types::{self, from_json, to_json};
use crate::db::{Db, MultiBackend, Tx, insert_all, on_unique};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{
    EnrollmentId, EntitlementId, EntitlementRunId, ProgramVersionId, ResidentId,
};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::registry::residents;

types::text_columns!(EntitlementState);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = entitlements)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: EntitlementId,
    resident_id: ResidentId,
    enrollment_id: EnrollmentId,
    program_code: String,
    division_code: DivisionCode,
    month: Month,
    run_month: Month,
    run_id: EntitlementRunId,
    state: EntitlementState,
    amount_fen: Fen,
    reasons: Option<String>,
    program_version_id: Option<ProgramVersionId>,
    facts: Option<Vec<u8>>,
    version: i32,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Row {
    fn of(new: Entitlement) -> Result<Self> {
        let reasons = match new.state {
            EntitlementState::Held => Some(to_json(&new.reasons)?),
            _ => None,
        };
        Ok(Self {
            id: new.id,
            resident_id: new.resident_id,
            enrollment_id: new.enrollment_id,
            program_code: new.program_code,
            division_code: new.division_code,
            month: new.month,
            run_month: new.run_month,
            run_id: new.run_id,
            state: new.state,
            amount_fen: new.amount_fen,
            reasons,
            program_version_id: new.program_version_id,
            facts: new.facts,
            version: new.version,
            created_at: new.created_at,
            updated_at: new.updated_at,
        })
    }

    fn read(self) -> Result<Entitlement> {
        let reasons: Option<Vec<Reason>> = self.reasons.as_deref().map(from_json).transpose()?;
        Ok(Entitlement {
            id: self.id,
            resident_id: self.resident_id,
            enrollment_id: self.enrollment_id,
            program_code: self.program_code,
            division_code: self.division_code,
            month: self.month,
            run_month: self.run_month,
            run_id: self.run_id,
            state: self.state,
            amount_fen: self.amount_fen,
            reasons: reasons.unwrap_or_default(),
            program_version_id: self.program_version_id,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            facts: self.facts,
        })
    }
}

/// Rows of one statement.
const TOGETHER: usize = 100;

/// Adds what a run found.
pub fn insert(tx: &mut Tx<'_>, all: Vec<Entitlement>) -> Result<()> {
    let mut rows = all.into_iter().map(Row::of).collect::<Result<Vec<_>>>()?;
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(TOGETHER));
        insert_all!(tx, entitlements::table, &rows).map_err(|error| {
            on_unique(
                error,
                "entitlements.resident_id",
                "entitlements_one",
                || Code::EntitledAlready.into(),
            )
        })?;
        rows = rest;
    }
    Ok(())
}

/// What was held is found otherwise: due, held for other reasons, or nothing at all.
pub fn settle(tx: &mut Tx<'_>, found: Entitlement) -> Result<()> {
    let seen = found.version - 1;
    let row = Row::of(found)?;
    let same = entitlements::table
        .find(row.id)
        .filter(entitlements::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            entitlements::division_code.eq(row.division_code),
            entitlements::run_month.eq(row.run_month),
            entitlements::run_id.eq(row.run_id),
            entitlements::state.eq(row.state),
            entitlements::amount_fen.eq(row.amount_fen),
            entitlements::reasons.eq(row.reasons),
            entitlements::program_version_id.eq(row.program_version_id),
            entitlements::facts.eq(row.facts),
            entitlements::version.eq(row.version),
            entitlements::updated_at.eq(row.updated_at),
        ))
        .execute(tx.conn())?;
    once(changed)
}

/// Takes back what is due, as it is.
pub fn reverse(tx: &mut Tx<'_>, id: EntitlementId, seen: i32) -> Result<()> {
    let now = tx.now();
    let same = entitlements::table
        .find(id)
        .filter(entitlements::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            entitlements::state.eq(EntitlementState::Reversed),
            entitlements::version.eq(seen + 1),
            entitlements::updated_at.eq(now),
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

/// Which entitlements a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<EntitlementState>,
    pub program_code: Option<String>,
    pub month: Option<Month>,
    pub run_month: Option<Month>,
    pub run: Option<EntitlementRunId>,
    pub resident: Option<ResidentId>,
    pub enrollment: Option<EnrollmentId>,
}

pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<EntitlementId>,
    count: i64,
) -> Result<Vec<Entitlement>> {
    let mut query = entitlements::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            entitlements::division_code,
            entitlements::county_code,
            scope
        ));
    if let Some(state) = filter.state {
        query = query.filter(entitlements::state.eq(state));
    }
    if let Some(code) = &filter.program_code {
        query = query.filter(entitlements::program_code.eq(code.clone()));
    }
    if let Some(month) = filter.month {
        query = query.filter(entitlements::month.eq(month));
    }
    if let Some(month) = filter.run_month {
        query = query.filter(entitlements::run_month.eq(month));
    }
    if let Some(run) = filter.run {
        query = query.filter(entitlements::run_id.eq(run));
    }
    if let Some(resident) = filter.resident {
        let records = residents::service::records(db, &[resident])?;
        query = query.filter(entitlements::resident_id.eq_any(records));
    }
    if let Some(enrollment) = filter.enrollment {
        query = query.filter(entitlements::enrollment_id.eq(enrollment));
    }
    if let Some(after) = after {
        query = query.filter(entitlements::id.gt(after));
    }
    let rows: Vec<Row> = query.order(entitlements::id).limit(count).load(db.conn())?;
    rows.into_iter().map(Row::read).collect()
}

pub fn find(db: &mut Db, scope: &Scope, id: EntitlementId) -> Result<Option<Entitlement>> {
    let row: Option<Row> = entitlements::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            entitlements::division_code,
            entitlements::county_code,
            scope
        ))
        .filter(entitlements::id.eq(id))
        .first(db.conn())
        .optional()?;
    row.map(Row::read).transpose()
}

/// What stands of some people: of the months since one, and what is held of any month.
pub fn standing(db: &mut Db, of: &[ResidentId], since: Month) -> Result<Vec<Entitlement>> {
    let rows: Vec<Row> = entitlements::table
        .filter(entitlements::resident_id.eq_any(of))
        .filter(entitlements::state.ne(EntitlementState::Reversed))
        .filter(
            entitlements::month
                .ge(since)
                .or(entitlements::state.eq(EntitlementState::Held)),
        )
        .select(Row::as_select())
        .load(db.conn())?;
    rows.into_iter().map(Row::read).collect()
}

/// Of what is due to some people since a month, what no payment has taken up.
pub fn unpaid(db: &mut Db, of: &[ResidentId], since: Month) -> Result<Vec<EntitlementId>> {
    let taken = payment_items::table
        .filter(payment_items::entitlement_id.eq(entitlements::id))
        .filter(payment_items::live.eq(true));
    Ok(entitlements::table
        .filter(entitlements::resident_id.eq_any(of))
        .filter(entitlements::state.eq(EntitlementState::Due))
        .filter(entitlements::month.ge(since))
        .filter(not(exists(taken)))
        .select(entitlements::id)
        .load(db.conn())?)
}

/// Of what is due of an enrollment from a month on, what no payment has taken up.
pub fn open_since(db: &mut Db, of: EnrollmentId, from: Month) -> Result<Vec<(EntitlementId, i32)>> {
    let taken = payment_items::table
        .filter(payment_items::entitlement_id.eq(entitlements::id))
        .filter(payment_items::live.eq(true));
    Ok(entitlements::table
        .filter(entitlements::enrollment_id.eq(of))
        .filter(entitlements::state.eq(EntitlementState::Due))
        .filter(entitlements::month.ge(from))
        .filter(not(exists(taken)))
        .order(entitlements::month)
        .select((entitlements::id, entitlements::version))
        .load(db.conn())?)
}

/// Of some people, the months before one for which something is due.
pub fn months_before(
    db: &mut Db,
    of: &[ResidentId],
    before: Month,
) -> Result<Vec<(ResidentId, String, Month)>> {
    Ok(entitlements::table
        .filter(entitlements::resident_id.eq_any(of))
        .filter(entitlements::state.eq(EntitlementState::Due))
        .filter(entitlements::month.lt(before))
        .select((
            entitlements::resident_id,
            entitlements::program_code,
            entitlements::month,
        ))
        .load(db.conn())?)
}

/// How many months before one something is due for, a person and program.
pub fn count_before(
    db: &mut Db,
    of: &[ResidentId],
    before: Month,
) -> Result<Vec<(ResidentId, String, i64)>> {
    Ok(entitlements::table
        .filter(entitlements::resident_id.eq_any(of))
        .filter(entitlements::state.eq(EntitlementState::Due))
        .filter(entitlements::month.lt(before))
        .group_by((entitlements::resident_id, entitlements::program_code))
        .select((
            entitlements::resident_id,
            entitlements::program_code,
            diesel::dsl::count_star(),
        ))
        .load(db.conn())?)
}
