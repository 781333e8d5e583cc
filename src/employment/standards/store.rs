//! SQL of standards.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{QuotaTerms, Standard, StandardKind, StandardState};
use crate::db::schema::employment_standards;
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{EmploymentStandardId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

types::text_columns!(StandardKind, StandardState);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = employment_standards)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: EmploymentStandardId,
    kind: StandardKind,
    division_code: Option<DivisionCode>,
    effective_from: NaiveDate,
    amount_fen: Option<Fen>,
    quota_basis_points: Option<i32>,
    threshold_basis_points: Option<i32>,
    upper_percent: Option<i32>,
    lower_percent: Option<i32>,
    exempt_staff: Option<i32>,
    wage_cap_percent: Option<i32>,
    severe_weight: Option<i32>,
    legal_basis: String,
    state: StandardState,
    proposed_by: Option<UserId>,
    proposed_at: Option<Timestamp>,
    decided_by: Option<UserId>,
    decided_at: Option<Timestamp>,
    comment: Option<String>,
    version: i32,
}

impl Row {
    fn terms(&self) -> Option<QuotaTerms> {
        Some(QuotaTerms {
            quota_basis_points: self.quota_basis_points?,
            threshold_basis_points: self.threshold_basis_points?,
            upper_percent: self.upper_percent?,
            lower_percent: self.lower_percent?,
            exempt_staff: self.exempt_staff?,
            wage_cap_percent: self.wage_cap_percent?,
            severe_weight: self.severe_weight?,
        })
    }
}

impl From<Row> for Standard {
    fn from(row: Row) -> Self {
        Self {
            quota_levy: row.terms(),
            id: row.id,
            kind: row.kind,
            division_code: row.division_code,
            effective_from: row.effective_from,
            amount_fen: row.amount_fen,
            legal_basis: row.legal_basis,
            state: row.state,
            proposed_by: row.proposed_by,
            proposed_at: row.proposed_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            comment: row.comment,
            version: row.version,
        }
    }
}

pub fn insert(tx: &mut Tx<'_>, new: &Standard) -> Result<()> {
    let terms = new.quota_levy;
    let row = Row {
        id: new.id,
        kind: new.kind,
        division_code: new.division_code,
        effective_from: new.effective_from,
        amount_fen: new.amount_fen,
        quota_basis_points: terms.map(|terms| terms.quota_basis_points),
        threshold_basis_points: terms.map(|terms| terms.threshold_basis_points),
        upper_percent: terms.map(|terms| terms.upper_percent),
        lower_percent: terms.map(|terms| terms.lower_percent),
        exempt_staff: terms.map(|terms| terms.exempt_staff),
        wage_cap_percent: terms.map(|terms| terms.wage_cap_percent),
        severe_weight: terms.map(|terms| terms.severe_weight),
        legal_basis: new.legal_basis.clone(),
        state: new.state,
        proposed_by: new.proposed_by,
        proposed_at: new.proposed_at,
        decided_by: new.decided_by,
        decided_at: new.decided_at,
        comment: new.comment.clone(),
        version: new.version,
    };
    diesel::insert_into(employment_standards::table)
        .values(&row)
        .execute(tx.conn())?;
    Ok(())
}

pub fn find(db: &mut Db, id: EmploymentStandardId) -> Result<Option<Standard>> {
    let row: Option<Row> = employment_standards::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Writes what was decided, once.
pub fn decide(tx: &mut Tx<'_>, standard: &Standard) -> Result<()> {
    let waiting = employment_standards::table
        .find(standard.id)
        .filter(employment_standards::state.eq(StandardState::Proposed));
    let changed = diesel::update(waiting)
        .set((
            employment_standards::state.eq(standard.state),
            employment_standards::decided_by.eq(standard.decided_by),
            employment_standards::decided_at.eq(standard.decided_at),
            employment_standards::comment.eq(standard.comment.clone()),
            employment_standards::version.eq(standard.version),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "employment_standards.kind",
                "employment_standards_in_force",
                || Code::StandardTaken.into(),
            )
        })?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::StandardDecided.into())
    }
}

/// Those of a kind that were approved for one of some divisions or the country, from that day or an earlier one.
pub fn approved(
    db: &mut Db,
    kind: StandardKind,
    divisions: &[DivisionCode],
    day: NaiveDate,
) -> Result<Vec<Standard>> {
    let rows: Vec<Row> = employment_standards::table
        .filter(employment_standards::kind.eq(kind))
        .filter(employment_standards::state.eq(StandardState::Approved))
        .filter(employment_standards::effective_from.le(day))
        .filter(
            employment_standards::division_code
                .eq_any(divisions)
                .assume_not_null()
                .or(employment_standards::division_code.is_null()),
        )
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Which standards a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub kind: Option<StandardKind>,
    pub state: Option<StandardState>,
    pub division: Option<DivisionCode>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    filter: &Filter,
    after: Option<EmploymentStandardId>,
    count: i64,
) -> Result<Vec<Standard>> {
    let mut query = employment_standards::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(kind) = filter.kind {
        query = query.filter(employment_standards::kind.eq(kind));
    }
    if let Some(state) = filter.state {
        query = query.filter(employment_standards::state.eq(state));
    }
    if let Some(division) = filter.division {
        let (lowest, highest) = division.range();
        query = query.filter(employment_standards::division_code.between(lowest, highest));
    }
    if let Some(after) = after {
        query = query.filter(employment_standards::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(employment_standards::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}
