//! SQL of organizations.

use diesel::prelude::*;

use super::model::{Organization, OrganizationKind};
use crate::access::{Scope, within};
use crate::db::schema::organizations;
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::OrganizationId;
use crate::kernel::time::Timestamp;

types::text_columns!(OrganizationKind);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = organizations)]
struct Row {
    id: OrganizationId,
    name: String,
    kind: OrganizationKind,
    division_code: DivisionCode,
    created_at: Timestamp,
}

impl From<Row> for Organization {
    fn from(row: Row) -> Self {
        let Row {
            id,
            name,
            kind,
            division_code,
            created_at,
        } = row;
        Self {
            id,
            name,
            kind,
            division_code,
            created_at,
        }
    }
}

pub fn find(db: &mut Db, scope: &Scope, id: OrganizationId) -> Result<Option<Organization>> {
    let row: Option<Row> = organizations::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(organizations::division_code, scope))
        .filter(organizations::id.eq(id))
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Wherever they are.
pub fn known(db: &mut Db, ids: &[OrganizationId]) -> Result<Vec<Organization>> {
    let rows: Vec<Row> = organizations::table
        .select(Row::as_select())
        .filter(organizations::id.eq_any(ids))
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// For commands at the console, which have no permit: one organization by what it is called.
pub fn named(db: &mut Db, name: &str) -> Result<Vec<Organization>> {
    let rows: Vec<Row> = organizations::table
        .select(Row::as_select())
        .filter(organizations::name.eq(name))
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn page(
    db: &mut Db,
    scope: &Scope,
    after: Option<OrganizationId>,
    count: i64,
) -> Result<Vec<Organization>> {
    let mut query = organizations::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(organizations::division_code, scope));
    if let Some(after) = after {
        query = query.filter(organizations::id.gt(after));
    }
    let rows: Vec<Row> = query
        .order(organizations::id)
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, organization: &Organization) -> Result<()> {
    let Organization {
        id,
        name,
        kind,
        division_code,
        created_at,
    } = organization.clone();
    let row = Row {
        id,
        name,
        kind,
        division_code,
        created_at,
    };
    diesel::insert_into(organizations::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            crate::db::on_unique(
                error,
                "organizations.division_code",
                "organizations_division_code_kind_name_key",
                || {
                    Error::field(
                        "/name",
                        "organization.duplicate",
                        "this division has one of that kind and name",
                        "该区划已有同类同名机构",
                    )
                },
            )
        })?;
    Ok(())
}

pub fn called(db: &mut Db, id: OrganizationId) -> Result<String> {
    Ok(organizations::table
        .find(id)
        .select(organizations::name)
        .first(db.conn())?)
}

pub fn name_of(
    db: &mut Db,
    division: DivisionCode,
    kind: OrganizationKind,
) -> Result<Option<String>> {
    Ok(organizations::table
        .filter(organizations::division_code.eq(division))
        .filter(organizations::kind.eq(kind))
        .order(organizations::id)
        .select(organizations::name)
        .first(db.conn())
        .optional()?)
}

/// The first federation or township office of a division.
pub fn office_at(db: &mut Db, division: DivisionCode) -> Result<Option<Organization>> {
    let kinds = [OrganizationKind::Federation, OrganizationKind::Township];
    let row: Option<Row> = organizations::table
        .filter(organizations::division_code.eq(division))
        .filter(organizations::kind.eq_any(kinds))
        .order(organizations::id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}
