//! SQL of applications.

use diesel::prelude::*;

use super::model::Application;
use crate::access::{Scope, within};
use crate::db::schema::applications;
use crate::db::{Db, MultiBackend, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{ApplicationId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Queryable, Selectable)]
#[diesel(table_name = applications)]
struct Row {
    id: ApplicationId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    created_by: UserId,
    created_at: Timestamp,
}

impl From<Row> for Application {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            resident_id: row.resident_id,
            division_code: row.division_code,
            created_by: row.created_by,
            created_at: row.created_at,
        }
    }
}

pub fn find(db: &mut Db, scope: &Scope, id: ApplicationId) -> Result<Option<Application>> {
    let row: Option<Row> = applications::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            applications::division_code,
            applications::county_code,
            scope
        ))
        .filter(applications::id.eq(id))
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    resident: ResidentId,
    after: Option<ApplicationId>,
    count: i64,
) -> Result<Vec<Application>> {
    let mut query = applications::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            applications::division_code,
            applications::county_code,
            scope
        ))
        .filter(applications::resident_id.eq(resident));
    if let Some(after) = after {
        query = query.filter(applications::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(applications::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, application: &Application) -> Result<()> {
    diesel::insert_into(applications::table)
        .values((
            applications::id.eq(application.id),
            applications::resident_id.eq(application.resident_id),
            applications::division_code.eq(application.division_code),
            applications::created_by.eq(application.created_by),
            applications::created_at.eq(application.created_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}
