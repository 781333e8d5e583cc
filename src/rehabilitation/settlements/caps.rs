//! The year's cap of a person: SQL, and how it is decided. Caps concern every office: they follow the person.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{Cap, Standing, decided_on};
use crate::db::schema::rehabilitation_caps;
use crate::db::{Db, Tx, on_unique};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ProgramVersionId, RehabilitationCapId, ResidentId};
use crate::kernel::money::Fen;
use crate::programs;
use crate::registry::residents;
use crate::rehabilitation::plans::{self, Plan};

#[derive(Queryable, Selectable)]
#[diesel(table_name = rehabilitation_caps)]
struct Row {
    id: RehabilitationCapId,
    resident_id: ResidentId,
    program_code: String,
    year: i32,
    cap_fen: Fen,
    settled_fen: Fen,
    program_version_id: ProgramVersionId,
    decided_date: chrono::NaiveDate,
}

impl Row {
    fn cap(self) -> Cap {
        Cap {
            id: self.id,
            resident_id: self.resident_id,
            program_code: self.program_code,
            year: self.year,
            cap: self.cap_fen,
            program_version_id: self.program_version_id,
            decided_date: self.decided_date,
        }
    }
}

/// Of all records of a person.
fn of_person(db: &mut Db, records: &[ResidentId], program: &str, year: i32) -> Result<Vec<Row>> {
    Ok(rehabilitation_caps::table
        .filter(rehabilitation_caps::resident_id.eq_any(records))
        .filter(rehabilitation_caps::program_code.eq(program))
        .filter(rehabilitation_caps::year.eq(year))
        .select(Row::as_select())
        .load(db.conn())?)
}

fn settled(rows: &[Row]) -> Result<Fen> {
    let all = rows.iter().map(|row| row.settled_fen);
    Fen::sum(all).ok_or_else(|| Error::internal("what was settled can be counted"))
}

/// The record that counts for a person comes first.
fn kept(records: &[ResidentId]) -> Result<ResidentId> {
    let first = records.first().copied();
    first.ok_or_else(|| Error::internal("a person has a record"))
}

/// How the year's cap of a person stands, where one was opened.
pub fn standing(
    db: &mut Db,
    resident: ResidentId,
    program: &str,
    year: i32,
) -> Result<Option<Standing>> {
    db.in_every_office(|db| {
        let records = residents::service::person(db, resident)?;
        let kept = kept(&records)?;
        let rows = of_person(db, &records, program, year)?;
        let settled = settled(&rows)?;
        // After two records were merged, what the one had may stand for both.
        let counts = rows.iter().find(|row| row.resident_id == kept);
        let counts = counts.or(rows.first());
        Ok(counts.map(|row| Standing::of(year, row.cap_fen, settled)))
    })
}

/// A cap with what was settled of it by all records of its person, and where that one lives.
type Found = (Option<(Cap, Fen)>, ResidentId, DivisionCode);

fn find(db: &mut Db, plan: &Plan, year: i32) -> Result<Found> {
    db.in_every_office(|db| {
        let records = residents::service::person(db, plan.resident_id)?;
        let kept = kept(&records)?;
        let rows = of_person(db, &records, &plan.program_code, year)?;
        let settled = settled(&rows)?;
        let own = rows.into_iter().find(|row| row.resident_id == kept);
        let all: HashMap<_, _> = residents::service::anywhere(db, &[kept])?;
        let lives = all.get(&kept).map(|one| one.division_code);
        let lives = lives.ok_or_else(|| Error::internal("a person's record is there"))?;
        Ok((own.map(|row| (row.cap(), settled)), kept, lives))
    })
}

/// What the version in force says of the person on the day the year began, or the child; none where the rules find them
/// not eligible then.
fn decide(db: &mut Db, plan: &Plan, kept: ResidentId, year: i32) -> Result<Option<Cap>> {
    db.in_every_office(|db| {
        let began = plans::service::began(db, plan.case_id)?;
        let day = decided_on(year, began).ok_or_else(|| Error::internal("a year begins"))?;
        let all = residents::service::anywhere(db, &[kept])?;
        let resident = all.get(&kept);
        let resident = resident.ok_or_else(|| Error::internal("a plan is of a resident"))?;
        let version =
            programs::service::in_force(db, &plan.program_code, resident.division_code, day)?;
        let decision = programs::service::decide(db, &version, resident, day)?;
        Ok(decision.amount_fen.map(|cap| Cap {
            id: db.new_id(),
            resident_id: kept,
            program_code: plan.program_code.clone(),
            year,
            cap,
            program_version_id: version.id,
            decided_date: day,
        }))
    })
}

/// The year's cap of the person whose plan this is, with what was settled of it; opened where there is none yet.
pub fn of_plan(tx: &mut Tx<'_>, plan: &Plan, year: i32) -> Result<Option<(Cap, Fen)>> {
    let (known, kept, lives) = find(tx, plan, year)?;
    if known.is_some() {
        return Ok(known);
    }
    let Some(cap) = decide(tx, plan, kept, year)? else {
        return Ok(None);
    };
    tx.reaching(&[lives], |tx| insert(tx, &cap))?;
    let (opened, ..) = find(tx, plan, year)?;
    Ok(opened)
}

fn insert(tx: &mut Tx<'_>, cap: &Cap) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(rehabilitation_caps::table)
        .values((
            rehabilitation_caps::id.eq(cap.id),
            rehabilitation_caps::resident_id.eq(cap.resident_id),
            rehabilitation_caps::program_code.eq(&cap.program_code),
            rehabilitation_caps::year.eq(cap.year),
            rehabilitation_caps::cap_fen.eq(cap.cap),
            rehabilitation_caps::settled_fen.eq(Fen::ZERO),
            rehabilitation_caps::program_version_id.eq(cap.program_version_id),
            rehabilitation_caps::decided_date.eq(cap.decided_date),
            rehabilitation_caps::opened_at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Another institution opens it in this moment.
            on_unique(
                error,
                "rehabilitation_caps.resident_id",
                "rehabilitation_caps_resident_id_program_code_year_key",
                || Code::Busy.into(),
            )
        })?;
    Ok(())
}
