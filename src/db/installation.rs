//! What this database is, in its own words: the mark that tells a demonstration from an office.

use diesel::prelude::*;

use super::schema::installation;
use super::{Db, Tx};
use crate::kernel::error::Result;

pub fn get(db: &mut Db, name: &str) -> Result<Option<String>> {
    Ok(installation::table
        .find(name)
        .select(installation::value)
        .first(db.conn())
        .optional()?)
}

pub fn set(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<()> {
    let changed = diesel::update(installation::table.find(name))
        .set(installation::value.eq(value))
        .execute(tx.conn())?;
    if changed == 0 {
        diesel::insert_into(installation::table)
            .values((installation::name.eq(name), installation::value.eq(value)))
            .execute(tx.conn())?;
    }
    Ok(())
}
