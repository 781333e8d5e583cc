//! SQL of vacancies.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Vacancy, VacancyCloseReason, VacancyState};
use crate::db::schema::vacancies;
use crate::db::{Db, MultiBackend, Tx, types};
use crate::employment::words::{join, split};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{EmployerId, UserId, VacancyId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::registry::facts::EmploymentForm;

types::text_columns!(EmploymentForm, VacancyState, VacancyCloseReason);

#[derive(Queryable, Selectable)]
#[diesel(table_name = vacancies)]
struct Row {
    id: VacancyId,
    employer_id: EmployerId,
    title: String,
    form: EmploymentForm,
    division_code: DivisionCode,
    openings: i32,
    wage_from_fen: Fen,
    wage_to_fen: Fen,
    requirements: Option<String>,
    aids: String,
    valid_to: Option<NaiveDate>,
    state: VacancyState,
    close_reason: Option<VacancyCloseReason>,
    created_by: UserId,
    created_at: Timestamp,
    version: i32,
}

fn read(row: Row) -> Result<Vacancy> {
    Ok(Vacancy {
        aids: split(&row.aids)?,
        id: row.id,
        employer_id: row.employer_id,
        title: row.title,
        form: row.form,
        division_code: row.division_code,
        openings: row.openings,
        wage_from_fen: row.wage_from_fen,
        wage_to_fen: row.wage_to_fen,
        requirements: row.requirements,
        valid_to: row.valid_to,
        state: row.state,
        close_reason: row.close_reason,
        created_by: row.created_by,
        created_at: row.created_at,
        version: row.version,
    })
}

pub fn find(db: &mut Db, id: VacancyId) -> Result<Option<Vacancy>> {
    let row: Option<Row> = vacancies::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    row.map(read).transpose()
}

/// What some are called.
pub fn titles(db: &mut Db, ids: &[VacancyId]) -> Result<HashMap<VacancyId, String>> {
    let rows: Vec<(VacancyId, String)> = vacancies::table
        .filter(vacancies::id.eq_any(ids))
        .select((vacancies::id, vacancies::title))
        .load(db.conn())?;
    Ok(rows.into_iter().collect())
}

/// Those where somebody may be sent, in a division and beneath it; newest first.
pub fn open_in(
    db: &mut Db,
    place: DivisionCode,
    today: NaiveDate,
    most: i64,
) -> Result<Vec<Vacancy>> {
    let (lowest, highest) = place.range();
    let rows: Vec<Row> = vacancies::table
        .filter(vacancies::state.eq(VacancyState::Open))
        .filter(vacancies::division_code.between(lowest, highest))
        .filter(
            vacancies::valid_to
                .is_null()
                .or(vacancies::valid_to.ge(today).assume_not_null()),
        )
        .order(vacancies::id.desc())
        .limit(most)
        .select(Row::as_select())
        .load(db.conn())?;
    rows.into_iter().map(read).collect()
}

/// Which vacancies a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub division: Option<DivisionCode>,
    pub employer: Option<EmployerId>,
    pub form: Option<EmploymentForm>,
    pub state: Option<VacancyState>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    filter: &Filter,
    after: Option<VacancyId>,
    count: i64,
) -> Result<Vec<Vacancy>> {
    let mut query = vacancies::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(division) = filter.division {
        let (lowest, highest) = division.range();
        query = query.filter(vacancies::division_code.between(lowest, highest));
    }
    if let Some(employer) = filter.employer {
        query = query.filter(vacancies::employer_id.eq(employer));
    }
    if let Some(form) = filter.form {
        query = query.filter(vacancies::form.eq(form));
    }
    if let Some(state) = filter.state {
        query = query.filter(vacancies::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(vacancies::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(vacancies::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(read).collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &Vacancy) -> Result<()> {
    diesel::insert_into(vacancies::table)
        .values((
            vacancies::id.eq(new.id),
            vacancies::employer_id.eq(new.employer_id),
            vacancies::title.eq(&new.title),
            vacancies::form.eq(new.form),
            vacancies::division_code.eq(new.division_code),
            vacancies::openings.eq(new.openings),
            vacancies::wage_from_fen.eq(new.wage_from_fen),
            vacancies::wage_to_fen.eq(new.wage_to_fen),
            vacancies::requirements.eq(&new.requirements),
            vacancies::aids.eq(join(&new.aids)),
            vacancies::valid_to.eq(new.valid_to),
            vacancies::state.eq(new.state),
            vacancies::created_by.eq(new.created_by),
            vacancies::created_at.eq(new.created_at),
            vacancies::updated_at.eq(new.created_at),
            vacancies::version.eq(new.version),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes a vacancy as it now is, if nobody changed it since it was read.
pub fn update(tx: &mut Tx<'_>, vacancy: &Vacancy, seen: i32) -> Result<()> {
    let now = tx.now();
    let same = vacancies::table
        .find(vacancy.id)
        .filter(vacancies::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            vacancies::openings.eq(vacancy.openings),
            vacancies::wage_from_fen.eq(vacancy.wage_from_fen),
            vacancies::wage_to_fen.eq(vacancy.wage_to_fen),
            vacancies::aids.eq(join(&vacancy.aids)),
            vacancies::valid_to.eq(vacancy.valid_to),
            vacancies::state.eq(vacancy.state),
            vacancies::close_reason.eq(vacancy.close_reason),
            vacancies::updated_at.eq(now),
            vacancies::version.eq(vacancy.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}
