//! SQL of employers.

use std::collections::HashMap;

use diesel::prelude::*;

use super::model::{Employer, EmployerType};
use crate::db::schema::employers;
use crate::db::sealed::{SealedColumn, open, seal_if, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{EmployerId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(EmployerType);

pub const SEALED_COLUMNS: &[SealedColumn] = &[sealed_column!(employers::contact of id: EmployerId)];

const CONTACT: &str = "employers|contact";

#[derive(Queryable, Selectable)]
#[diesel(table_name = employers)]
struct Row {
    id: EmployerId,
    name: String,
    credit_code: Option<String>,
    employer_type: EmployerType,
    division_code: DivisionCode,
    staff_count: Option<i32>,
    contact: Option<Vec<u8>>,
    created_by: UserId,
    created_at: Timestamp,
    version: i32,
}

fn read(db: &Db, row: Row) -> Result<Employer> {
    Ok(Employer {
        contact: open(db, CONTACT, row.id, row.contact.as_deref())?,
        id: row.id,
        name: row.name,
        credit_code: row.credit_code,
        employer_type: row.employer_type,
        division_code: row.division_code,
        staff_count: row.staff_count,
        created_by: row.created_by,
        created_at: row.created_at,
        version: row.version,
    })
}

pub fn find(db: &mut Db, id: EmployerId) -> Result<Option<Employer>> {
    let row: Option<Row> = employers::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    row.map(|row| read(db, row)).transpose()
}

/// What some are called.
pub fn names(db: &mut Db, ids: &[EmployerId]) -> Result<HashMap<EmployerId, String>> {
    let rows: Vec<(EmployerId, String)> = employers::table
        .filter(employers::id.eq_any(ids))
        .select((employers::id, employers::name))
        .load(db.conn())?;
    Ok(rows.into_iter().collect())
}

/// Which employers a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub division: Option<DivisionCode>,
    pub employer_type: Option<EmployerType>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    filter: &Filter,
    after: Option<EmployerId>,
    count: i64,
) -> Result<Vec<Employer>> {
    let mut query = employers::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(division) = filter.division {
        let (lowest, highest) = division.range();
        query = query.filter(employers::division_code.between(lowest, highest));
    }
    if let Some(kind) = filter.employer_type {
        query = query.filter(employers::employer_type.eq(kind));
    }
    if let Some(after) = after {
        query = query.filter(employers::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(employers::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &Employer) -> Result<()> {
    let contact = seal_if(tx, CONTACT, new.id, new.contact.as_deref())?;
    diesel::insert_into(employers::table)
        .values((
            employers::id.eq(new.id),
            employers::name.eq(&new.name),
            employers::credit_code.eq(&new.credit_code),
            employers::employer_type.eq(new.employer_type),
            employers::division_code.eq(new.division_code),
            employers::staff_count.eq(new.staff_count),
            employers::contact.eq(contact),
            employers::created_by.eq(new.created_by),
            employers::created_at.eq(new.created_at),
            employers::updated_at.eq(new.created_at),
            employers::version.eq(new.version),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // On SQLite the trigger against replacing speaks first.
            let known = || Code::EmployerDuplicate.into();
            on_unique(error, "employers.", "employers_credit_code_key", known)
        })?;
    Ok(())
}

/// Writes an employer as it now is, if nobody changed it since it was read.
pub fn update(tx: &mut Tx<'_>, employer: &Employer, seen: i32) -> Result<()> {
    let contact = seal_if(tx, CONTACT, employer.id, employer.contact.as_deref())?;
    let now = tx.now();
    let same = employers::table
        .find(employer.id)
        .filter(employers::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            employers::name.eq(&employer.name),
            employers::division_code.eq(employer.division_code),
            employers::staff_count.eq(employer.staff_count),
            employers::contact.eq(contact),
            employers::updated_at.eq(now),
            employers::version.eq(employer.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}
