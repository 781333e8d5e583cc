//! SQL of standards of need.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{NeedStandard, NeedStandardState};
use crate::db::schema::need_standards;
use crate::db::types::{from_json, to_json};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{NeedStandardId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(NeedStandardState);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = need_standards)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: NeedStandardId,
    division_code: DivisionCode,
    effective_from: NaiveDate,
    clauses: String,
    legal_basis: String,
    state: NeedStandardState,
    proposed_by: UserId,
    proposed_at: Timestamp,
    decided_by: Option<UserId>,
    decided_at: Option<Timestamp>,
    comment: Option<String>,
    version: i32,
}

impl Row {
    fn read(self) -> Result<NeedStandard> {
        Ok(NeedStandard {
            id: self.id,
            division_code: self.division_code,
            effective_from: self.effective_from,
            clauses: from_json(&self.clauses)?,
            legal_basis: self.legal_basis,
            state: self.state,
            proposed_by: self.proposed_by,
            proposed_at: self.proposed_at,
            decided_by: self.decided_by,
            decided_at: self.decided_at,
            comment: self.comment,
            version: self.version,
        })
    }
}

pub fn insert(tx: &mut Tx<'_>, new: &NeedStandard) -> Result<()> {
    let row = Row {
        id: new.id,
        division_code: new.division_code,
        effective_from: new.effective_from,
        clauses: to_json(&new.clauses)?,
        legal_basis: new.legal_basis.clone(),
        state: new.state,
        proposed_by: new.proposed_by,
        proposed_at: new.proposed_at,
        decided_by: new.decided_by,
        decided_at: new.decided_at,
        comment: new.comment.clone(),
        version: new.version,
    };
    diesel::insert_into(need_standards::table)
        .values(&row)
        .execute(tx.conn())?;
    Ok(())
}

pub fn find(db: &mut Db, id: NeedStandardId) -> Result<Option<NeedStandard>> {
    let row: Option<Row> = need_standards::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    row.map(Row::read).transpose()
}

/// Writes what was decided, once.
pub fn decide(tx: &mut Tx<'_>, standard: &NeedStandard) -> Result<()> {
    let waiting = need_standards::table
        .find(standard.id)
        .filter(need_standards::state.eq(NeedStandardState::Proposed));
    let changed = diesel::update(waiting)
        .set((
            need_standards::state.eq(standard.state),
            need_standards::decided_by.eq(standard.decided_by),
            need_standards::decided_at.eq(standard.decided_at),
            need_standards::comment.eq(standard.comment.clone()),
            need_standards::version.eq(standard.version),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "need_standards.division_code",
                "need_standards_in_force",
                || Code::NeedStandardTaken.into(),
            )
        })?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::NeedStandardDecided.into())
    }
}

/// All that were approved and had begun on a day; an office has a few.
pub fn approved(db: &mut Db, day: NaiveDate) -> Result<Vec<NeedStandard>> {
    let rows: Vec<Row> = need_standards::table
        .filter(need_standards::state.eq(NeedStandardState::Approved))
        .filter(need_standards::effective_from.le(day))
        .order((
            need_standards::division_code,
            need_standards::effective_from,
        ))
        .select(Row::as_select())
        .load(db.conn())?;
    rows.into_iter().map(Row::read).collect()
}

/// Which standards a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    pub state: Option<NeedStandardState>,
    pub division: Option<DivisionCode>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    filter: Filter,
    after: Option<NeedStandardId>,
    count: i64,
) -> Result<Vec<NeedStandard>> {
    let mut query = need_standards::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(state) = filter.state {
        query = query.filter(need_standards::state.eq(state));
    }
    if let Some(division) = filter.division {
        let (lowest, highest) = division.range();
        query = query.filter(need_standards::division_code.between(lowest, highest));
    }
    if let Some(after) = after {
        query = query.filter(need_standards::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(need_standards::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(Row::read).collect()
}
