//! SQL of programs. They are public rules: no scope applies.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{BenefitPeriod, Program, ProgramVersion, Service, Step, Terms};
use crate::db::schema::{program_versions, programs};
use crate::db::types::{self, from_json, to_json};
use crate::db::{Db, MultiBackend, Tx, on_unique};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::ProgramVersionId;

types::text_columns!(Service, Step, BenefitPeriod);

#[derive(Queryable, Selectable)]
#[diesel(table_name = programs)]
struct Row {
    code: String,
    service: Service,
    name_zh: String,
    name_en: String,
    exclusive_group: Option<String>,
    higher_group: Option<String>,
}

impl From<Row> for Program {
    fn from(row: Row) -> Self {
        let Row {
            code,
            service,
            name_zh,
            name_en,
            exclusive_group,
            higher_group,
        } = row;
        Self {
            code,
            service,
            name_zh,
            name_en,
            exclusive_group,
            higher_group,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = program_versions)]
struct VersionRow {
    id: ProgramVersionId,
    program_code: String,
    version: i32,
    division_code: DivisionCode,
    effective_from: NaiveDate,
    effective_to: Option<NaiveDate>,
    legal_basis: String,
    rules: String,
    steps: String,
    required_documents: String,
    period: BenefitPeriod,
    use_life_months: Option<i32>,
    review_months: Option<i32>,
    unit_rates: String,
}

impl VersionRow {
    fn read(self) -> Result<ProgramVersion> {
        Ok(ProgramVersion {
            id: self.id,
            program_code: self.program_code,
            version: self.version,
            terms: Terms {
                division_code: self.division_code,
                effective_from: self.effective_from,
                effective_to: self.effective_to,
                legal_basis: self.legal_basis,
                steps: from_json(&self.steps)?,
                rules: from_json(&self.rules)?,
                required_documents: from_json(&self.required_documents)?,
                period: self.period,
                use_life_months: self.use_life_months,
                review_months: self.review_months,
                unit_rates: from_json(&self.unit_rates)?,
            },
        })
    }
}

pub fn find(db: &mut Db, code: &str) -> Result<Option<Program>> {
    let row: Option<Row> = programs::table
        .find(code)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

pub fn all(db: &mut Db) -> Result<Vec<Program>> {
    let rows: Vec<Row> = programs::table
        .select(Row::as_select())
        .order(programs::code)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Versions of a program, oldest first; on one day only, if one is given.
pub fn versions(db: &mut Db, code: &str, on: Option<NaiveDate>) -> Result<Vec<ProgramVersion>> {
    let mut query = program_versions::table
        .select(VersionRow::as_select())
        .into_boxed::<MultiBackend>()
        .filter(program_versions::program_code.eq(code));
    if let Some(day) = on {
        query = query
            .filter(program_versions::effective_from.le(day))
            .filter(
                program_versions::effective_to
                    .is_null()
                    .or(program_versions::effective_to.gt(day)),
            );
    }
    let rows: Vec<VersionRow> = query
        .order((program_versions::division_code, program_versions::version))
        .load(db.conn())?;
    rows.into_iter().map(VersionRow::read).collect()
}

pub fn versions_among(db: &mut Db, ids: &[ProgramVersionId]) -> Result<Vec<ProgramVersion>> {
    let rows: Vec<VersionRow> = program_versions::table
        .filter(program_versions::id.eq_any(ids))
        .select(VersionRow::as_select())
        .load(db.conn())?;
    rows.into_iter().map(VersionRow::read).collect()
}

pub fn insert(tx: &mut Tx<'_>, program: &Program) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(programs::table)
        .values((
            programs::code.eq(&program.code),
            programs::service.eq(program.service),
            programs::name_zh.eq(&program.name_zh),
            programs::name_en.eq(&program.name_en),
            programs::exclusive_group.eq(program.exclusive_group.as_deref()),
            programs::higher_group.eq(program.higher_group.as_deref()),
            programs::created_at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(error, "programs.code", "programs_pkey", || {
                Code::ProgramTaken.into()
            })
        })?;
    Ok(())
}

pub fn insert_version(tx: &mut Tx<'_>, version: &ProgramVersion) -> Result<()> {
    let (now, terms) = (tx.now(), &version.terms);
    diesel::insert_into(program_versions::table)
        .values((
            program_versions::id.eq(version.id),
            program_versions::program_code.eq(&version.program_code),
            program_versions::version.eq(version.version),
            program_versions::division_code.eq(terms.division_code),
            program_versions::effective_from.eq(terms.effective_from),
            program_versions::effective_to.eq(terms.effective_to),
            program_versions::legal_basis.eq(&terms.legal_basis),
            program_versions::rules.eq(to_json(&terms.rules)?),
            program_versions::steps.eq(to_json(&terms.steps)?),
            program_versions::required_documents.eq(to_json(&terms.required_documents)?),
            program_versions::period.eq(terms.period),
            program_versions::use_life_months.eq(terms.use_life_months),
            program_versions::review_months.eq(terms.review_months),
            program_versions::unit_rates.eq(to_json(&terms.unit_rates)?),
            program_versions::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The number that the next version of a program gets.
pub fn next_version(db: &mut Db, code: &str) -> Result<i32> {
    let last: Option<i32> = program_versions::table
        .filter(program_versions::program_code.eq(code))
        .select(diesel::dsl::max(program_versions::version))
        .first(db.conn())?;
    Ok(last.unwrap_or(0) + 1)
}

/// Ends the version whose end was open when another begins there; whether there was one.
pub fn close(
    tx: &mut Tx<'_>,
    code: &str,
    division: DivisionCode,
    day: NaiveDate,
) -> Result<Option<ProgramVersionId>> {
    let open = program_versions::table
        .filter(program_versions::program_code.eq(code))
        .filter(program_versions::division_code.eq(division))
        .filter(program_versions::effective_from.lt(day))
        .filter(program_versions::effective_to.is_null());
    let id: Option<ProgramVersionId> = open
        .select(program_versions::id)
        .first(tx.conn())
        .optional()?;
    let Some(id) = id else {
        return Ok(None);
    };
    let closed = diesel::update(program_versions::table.find(id))
        .set(program_versions::effective_to.eq(day))
        .execute(tx.conn())?;
    if closed == 1 {
        Ok(Some(id))
    } else {
        Err(Error::internal("a version whose end is open can be ended"))
    }
}
