//! SQL of programs. They are public rules: no scope applies.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Program, ProgramVersion, ReviewStep, Service, Step};
use crate::db::schema::{program_versions, programs};
use crate::db::types::{self, from_json, to_json};
use crate::db::{Db, MultiBackend, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::ProgramVersionId;

types::text_columns!(Service, Step);

#[derive(Queryable, Selectable)]
#[diesel(table_name = programs)]
struct Row {
    code: String,
    service: Service,
    name_zh: String,
    name_en: String,
}

impl From<Row> for Program {
    fn from(row: Row) -> Self {
        let Row {
            code,
            service,
            name_zh,
            name_en,
        } = row;
        Self {
            code,
            service,
            name_zh,
            name_en,
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
}

impl VersionRow {
    fn read(self) -> Result<ProgramVersion> {
        Ok(ProgramVersion {
            id: self.id,
            program_code: self.program_code,
            version: self.version,
            division_code: self.division_code,
            effective_from: self.effective_from,
            effective_to: self.effective_to,
            legal_basis: self.legal_basis,
            steps: from_json(&self.steps)?,
            rules: from_json(&self.rules)?,
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

pub fn version(db: &mut Db, id: ProgramVersionId) -> Result<ProgramVersion> {
    let row: VersionRow = program_versions::table
        .find(id)
        .select(VersionRow::as_select())
        .first(db.conn())?;
    row.read()
}

/// Number and review steps of some versions.
pub fn steps(
    db: &mut Db,
    ids: &[ProgramVersionId],
) -> Result<HashMap<ProgramVersionId, (i32, Vec<ReviewStep>)>> {
    let rows: Vec<(ProgramVersionId, i32, String)> = program_versions::table
        .filter(program_versions::id.eq_any(ids))
        .select((
            program_versions::id,
            program_versions::version,
            program_versions::steps,
        ))
        .load(db.conn())?;
    rows.into_iter()
        .map(|(id, version, steps)| Ok((id, (version, from_json(&steps)?))))
        .collect()
}

pub fn insert(tx: &mut Tx<'_>, program: &Program) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(programs::table)
        .values((
            programs::code.eq(&program.code),
            programs::service.eq(program.service),
            programs::name_zh.eq(&program.name_zh),
            programs::name_en.eq(&program.name_en),
            programs::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

pub fn insert_version(tx: &mut Tx<'_>, version: &ProgramVersion) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(program_versions::table)
        .values((
            program_versions::id.eq(version.id),
            program_versions::program_code.eq(&version.program_code),
            program_versions::version.eq(version.version),
            program_versions::division_code.eq(version.division_code),
            program_versions::effective_from.eq(version.effective_from),
            program_versions::effective_to.eq(version.effective_to),
            program_versions::legal_basis.eq(&version.legal_basis),
            program_versions::rules.eq(to_json(&version.rules)?),
            program_versions::steps.eq(to_json(&version.steps)?),
            program_versions::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}
