//! How a year's cap is decided, and how it stands. It concerns every office.

use std::collections::HashMap;

use super::store::{Row, insert, of_person};
use crate::db::{Db, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::ResidentId;
use crate::kernel::money::Fen;
use crate::programs;
use crate::registry::residents;
use crate::rehabilitation::plans::{self, Plan};
use crate::rehabilitation::settlements::model::{Cap, Standing, decided_on};

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
        Ok(decision.amount_fen.map(|amount| Cap {
            id: db.new_id(),
            resident_id: kept,
            program_code: plan.program_code.clone(),
            year,
            amount,
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
