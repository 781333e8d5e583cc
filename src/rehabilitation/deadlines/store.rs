//! SQL of deadlines.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{ScreeningDeadline, ScreeningKind};
use crate::db::schema::screening_deadlines;
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{ScreeningDeadlineId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(ScreeningKind);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = screening_deadlines)]
struct Row {
    id: ScreeningDeadlineId,
    division_code: DivisionCode,
    kind: ScreeningKind,
    effective_from: NaiveDate,
    positive_days: i32,
    doubtful_days: i32,
    intervention_days: i32,
    legal_basis: String,
    laid_down_by: UserId,
    laid_down_at: Timestamp,
}

impl From<Row> for ScreeningDeadline {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            division_code: row.division_code,
            kind: row.kind,
            effective_from: row.effective_from,
            positive_days: row.positive_days,
            doubtful_days: row.doubtful_days,
            intervention_days: row.intervention_days,
            legal_basis: row.legal_basis,
            laid_down_by: row.laid_down_by,
            laid_down_at: row.laid_down_at,
        }
    }
}

pub fn insert(tx: &mut Tx<'_>, new: &ScreeningDeadline) -> Result<()> {
    let row = Row {
        id: new.id,
        division_code: new.division_code,
        kind: new.kind,
        effective_from: new.effective_from,
        positive_days: new.positive_days,
        doubtful_days: new.doubtful_days,
        intervention_days: new.intervention_days,
        legal_basis: new.legal_basis.clone(),
        laid_down_by: new.laid_down_by,
        laid_down_at: new.laid_down_at,
    };
    diesel::insert_into(screening_deadlines::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "screening_deadlines.division_code",
                "screening_deadlines_division_code_kind_effective_from_key",
                || Code::ScreeningDeadlineKnown.into(),
            )
        })?;
    Ok(())
}

/// All of a kind that have begun to hold by a day.
pub fn begun(db: &mut Db, kind: ScreeningKind, day: NaiveDate) -> Result<Vec<ScreeningDeadline>> {
    let rows: Vec<Row> = screening_deadlines::table
        .filter(screening_deadlines::kind.eq(kind))
        .filter(screening_deadlines::effective_from.le(day))
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn find(db: &mut Db, id: ScreeningDeadlineId) -> Result<Option<ScreeningDeadline>> {
    let row: Option<Row> = screening_deadlines::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Newest first.
pub fn page(
    db: &mut Db,
    kind: Option<ScreeningKind>,
    after: Option<ScreeningDeadlineId>,
    count: i64,
) -> Result<Vec<ScreeningDeadline>> {
    let mut query = screening_deadlines::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(kind) = kind {
        query = query.filter(screening_deadlines::kind.eq(kind));
    }
    if let Some(after) = after {
        query = query.filter(screening_deadlines::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(screening_deadlines::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}
