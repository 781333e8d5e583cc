//! SQL of divisions. They are public codes: no scope applies.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::Division;
use crate::db::schema::divisions;
use crate::db::{Db, MultiBackend, Tx};
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::Result;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = divisions)]
#[diesel(treat_none_as_null = true)]
struct Row {
    code: DivisionCode,
    name: String,
    level: DivisionLevel,
    parent_code: Option<DivisionCode>,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    successor_code: Option<DivisionCode>,
}

impl From<Row> for Division {
    fn from(row: Row) -> Self {
        let Row {
            code,
            name,
            level,
            parent_code,
            valid_from,
            valid_to,
            successor_code,
        } = row;
        Self {
            code,
            name,
            level,
            parent_code,
            valid_from,
            valid_to,
            successor_code,
        }
    }
}

impl From<&Division> for Row {
    fn from(division: &Division) -> Self {
        let Division {
            code,
            name,
            level,
            parent_code,
            valid_from,
            valid_to,
            successor_code,
        } = division.clone();
        Self {
            code,
            name,
            level,
            parent_code,
            valid_from,
            valid_to,
            successor_code,
        }
    }
}

/// Those that lie in no other.
pub fn topmost(db: &mut Db) -> Result<Vec<DivisionCode>> {
    Ok(divisions::table
        .filter(divisions::parent_code.is_null())
        .select(divisions::code)
        .load(db.conn())?)
}

pub fn find(db: &mut Db, code: DivisionCode) -> Result<Option<Division>> {
    let row: Option<Row> = divisions::table
        .find(code)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

pub fn all(db: &mut Db) -> Result<HashMap<DivisionCode, Division>> {
    let rows: Vec<Row> = divisions::table.select(Row::as_select()).load(db.conn())?;
    Ok(rows.into_iter().map(|row| (row.code, row.into())).collect())
}

/// Children of a division, or the topmost ones, by code.
pub fn children(
    db: &mut Db,
    parent: Option<DivisionCode>,
    after: Option<DivisionCode>,
    count: i64,
) -> Result<Vec<Division>> {
    let mut query = divisions::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    query = match parent {
        Some(parent) => query.filter(divisions::parent_code.eq(parent)),
        None => query.filter(divisions::parent_code.is_null()),
    };
    if let Some(after) = after {
        query = query.filter(divisions::code.gt(after));
    }
    let rows: Vec<Row> = query.order(divisions::code).limit(count).load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, division: &Division) -> Result<()> {
    diesel::insert_into(divisions::table)
        .values(&Row::from(division))
        .execute(tx.conn())?;
    Ok(())
}

pub fn update(tx: &mut Tx<'_>, division: &Division) -> Result<()> {
    diesel::update(divisions::table.find(division.code))
        .set(&Row::from(division))
        .execute(tx.conn())?;
    Ok(())
}
