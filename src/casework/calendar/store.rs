//! SQL of the calendar.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::calendar_days;
use crate::db::{Db, Tx};
use crate::kernel::error::Result;
use crate::kernel::working_days::DayKind;

pub fn all(db: &mut Db) -> Result<Vec<(NaiveDate, DayKind)>> {
    Ok(calendar_days::table
        .select((calendar_days::date, calendar_days::kind))
        .order(calendar_days::date)
        .load(db.conn())?)
}

pub fn put(tx: &mut Tx<'_>, date: NaiveDate, kind: DayKind, name: &str) -> Result<()> {
    let changed = diesel::update(calendar_days::table.find(date))
        .set((calendar_days::kind.eq(kind), calendar_days::name.eq(name)))
        .execute(tx.conn())?;
    if changed == 0 {
        diesel::insert_into(calendar_days::table)
            .values((
                calendar_days::date.eq(date),
                calendar_days::kind.eq(kind),
                calendar_days::name.eq(name),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}
