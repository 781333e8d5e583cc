//! SQL of retention checks.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{CheckOutcome, CheckState, RetentionCheck};
use crate::access::{Scope, within};
use crate::db::schema::retention_checks;
use crate::db::sealed::{SealedColumn, open, seal_if, sealed_column};
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{PlacementId, ResidentId, RetentionCheckId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(CheckState, CheckOutcome);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(retention_checks::note of id: RetentionCheckId)];

const NOTE: &str = "retention_checks|note";

#[derive(Queryable, Selectable)]
#[diesel(table_name = retention_checks)]
struct Row {
    id: RetentionCheckId,
    placement_id: PlacementId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    months: i32,
    due_date: NaiveDate,
    state: CheckState,
    outcome: Option<CheckOutcome>,
    checked_date: Option<NaiveDate>,
    wage_fen: Option<Fen>,
    insured: Option<bool>,
    checked_by: Option<UserId>,
    checked_at: Option<Timestamp>,
    version: i32,
}

impl From<Row> for RetentionCheck {
    fn from(row: Row) -> Self {
        Self {
            note: None,
            id: row.id,
            placement_id: row.placement_id,
            resident_id: row.resident_id,
            division_code: row.division_code,
            months: row.months,
            due_date: row.due_date,
            state: row.state,
            outcome: row.outcome,
            checked_date: row.checked_date,
            wage_fen: row.wage_fen,
            insured: row.insured,
            checked_by: row.checked_by,
            checked_at: row.checked_at,
            version: row.version,
        }
    }
}

pub fn find(db: &mut Db, scope: &Scope, id: RetentionCheckId) -> Result<Option<RetentionCheck>> {
    let row: Option<Row> = retention_checks::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            retention_checks::division_code,
            retention_checks::county_code,
            scope
        ))
        .filter(retention_checks::id.eq(id))
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// What was noted at a check.
pub fn note(db: &mut Db, id: RetentionCheckId) -> Result<Option<String>> {
    let sealed: Option<Vec<u8>> = retention_checks::table
        .find(id)
        .select(retention_checks::note)
        .first(db.conn())?;
    open(db, NOTE, id, sealed.as_deref())
}

/// Of some placements.
pub fn of_placements(db: &mut Db, ids: &[PlacementId]) -> Result<Vec<RetentionCheck>> {
    let rows: Vec<Row> = retention_checks::table
        .filter(retention_checks::placement_id.eq_any(ids))
        .order((retention_checks::placement_id, retention_checks::months))
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Which checks a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<CheckState>,
    pub placement: Option<PlacementId>,
    pub due_before: Option<NaiveDate>,
}

/// The longest overdue first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<(NaiveDate, RetentionCheckId)>,
    count: i64,
) -> Result<Vec<RetentionCheck>> {
    let mut query = retention_checks::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            retention_checks::division_code,
            retention_checks::county_code,
            scope
        ));
    if let Some(state) = filter.state {
        query = query.filter(retention_checks::state.eq(state));
    }
    if let Some(placement) = filter.placement {
        query = query.filter(retention_checks::placement_id.eq(placement));
    }
    if let Some(day) = filter.due_before {
        query = query.filter(retention_checks::due_date.lt(day));
    }
    if let Some((day, id)) = after {
        query = query.filter(
            retention_checks::due_date
                .gt(day)
                .or(retention_checks::due_date
                    .eq(day)
                    .and(retention_checks::id.gt(id))),
        );
    }
    let rows: Vec<Row> = query
        .order((retention_checks::due_date, retention_checks::id))
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &RetentionCheck) -> Result<()> {
    diesel::insert_into(retention_checks::table)
        .values((
            retention_checks::id.eq(new.id),
            retention_checks::placement_id.eq(new.placement_id),
            retention_checks::resident_id.eq(new.resident_id),
            retention_checks::division_code.eq(new.division_code),
            retention_checks::months.eq(new.months),
            retention_checks::due_date.eq(new.due_date),
            retention_checks::state.eq(new.state),
            retention_checks::version.eq(new.version),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes how a check came out, once.
pub fn update(tx: &mut Tx<'_>, check: &RetentionCheck) -> Result<()> {
    let note = seal_if(tx, NOTE, check.id, check.note.as_deref())?;
    let due = retention_checks::table
        .find(check.id)
        .filter(retention_checks::state.eq(CheckState::Due));
    let changed = diesel::update(due)
        .set((
            retention_checks::state.eq(check.state),
            retention_checks::outcome.eq(check.outcome),
            retention_checks::checked_date.eq(check.checked_date),
            retention_checks::wage_fen.eq(check.wage_fen),
            retention_checks::insured.eq(check.insured),
            retention_checks::note.eq(note),
            retention_checks::checked_by.eq(check.checked_by),
            retention_checks::checked_at.eq(check.checked_at),
            retention_checks::version.eq(check.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::RetentionCheckDone.into())
    }
}
