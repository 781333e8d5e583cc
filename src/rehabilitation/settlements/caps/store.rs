//! SQL of caps.

use diesel::prelude::*;

use crate::db::schema::rehabilitation_caps;
use crate::db::{Db, Tx, on_unique};
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{ProgramVersionId, RehabilitationCapId, ResidentId};
use crate::kernel::money::Fen;
use crate::rehabilitation::settlements::model::Cap;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = rehabilitation_caps)]
pub struct Row {
    id: RehabilitationCapId,
    pub resident_id: ResidentId,
    program_code: String,
    year: i32,
    pub cap_fen: Fen,
    pub settled_fen: Fen,
    program_version_id: ProgramVersionId,
    decided_date: chrono::NaiveDate,
}

impl Row {
    pub fn cap(self) -> Cap {
        Cap {
            id: self.id,
            resident_id: self.resident_id,
            program_code: self.program_code,
            year: self.year,
            amount: self.cap_fen,
            program_version_id: self.program_version_id,
            decided_date: self.decided_date,
        }
    }
}

/// Of all records of a person.
pub fn of_person(
    db: &mut Db,
    records: &[ResidentId],
    program: &str,
    year: i32,
) -> Result<Vec<Row>> {
    Ok(rehabilitation_caps::table
        .filter(rehabilitation_caps::resident_id.eq_any(records))
        .filter(rehabilitation_caps::program_code.eq(program))
        .filter(rehabilitation_caps::year.eq(year))
        .select(Row::as_select())
        .load(db.conn())?)
}

pub fn insert(tx: &mut Tx<'_>, cap: &Cap) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(rehabilitation_caps::table)
        .values((
            rehabilitation_caps::id.eq(cap.id),
            rehabilitation_caps::resident_id.eq(cap.resident_id),
            rehabilitation_caps::program_code.eq(&cap.program_code),
            rehabilitation_caps::year.eq(cap.year),
            rehabilitation_caps::cap_fen.eq(cap.amount),
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
