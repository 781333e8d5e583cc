//! Rows of the audit on their way to the database: one in its own transaction's name, or those of
//! many reads at once.

use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, Nullable, Text};

use super::schema::audit_events;
use super::types::{Guid, Instant};
use super::{Db, Multi};
use crate::kernel::error::Result;
use crate::kernel::id::{OrganizationId, RequestId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

/// Something the audit stores. Only `audit` implements it (`tests/architecture.rs` looks).
pub trait Record {
    fn store(self, db: &mut Db) -> Result<()>;
}

/// A record that can wait for others of its kind and be stored together with them.
pub trait Entry: Record {
    fn row(self, at: Timestamp) -> Result<AuditRow>;
}

/// One row of the record.
#[derive(Debug, Insertable)]
#[diesel(table_name = audit_events)]
// A statement with DEFAULT in it would not be prepared once.
#[diesel(treat_none_as_default_value = false)]
pub struct AuditRow {
    pub at: Timestamp,
    pub actor_id: Option<UserId>,
    pub actor_username: Option<String>,
    pub actor_organization_id: Option<OrganizationId>,
    pub action: &'static str,
    pub entity_type: &'static str,
    pub entity_id: Option<String>,
    pub resident_id: Option<ResidentId>,
    pub division_code: Option<String>,
    pub request_id: RequestId,
    pub outcome: &'static str,
    pub reason: Option<String>,
    pub changes: Option<String>,
}

pub fn insert(db: &mut Db, row: &AuditRow) -> Result<()> {
    diesel::insert_into(audit_events::table)
        .values(row)
        .execute(db.conn())?;
    Ok(())
}

/// All or none.
pub(super) fn insert_all(db: &mut Db, rows: &[&AuditRow]) -> Result<()> {
    match (&mut db.multi, rows) {
        (Multi::Postgres(connection), [_, _, ..]) => {
            Rows::of(rows).execute(connection)?;
            Ok(())
        }
        _ => rows.iter().try_for_each(|row| insert(db, row)),
    }
}

/// Many rows by one statement, which is prepared once whatever their number.
#[derive(Debug)]
struct Rows<'a> {
    at: Vec<Timestamp>,
    actor_id: Vec<Option<UserId>>,
    actor_username: Vec<Option<&'a str>>,
    actor_organization_id: Vec<Option<OrganizationId>>,
    action: Vec<&'static str>,
    entity_type: Vec<&'static str>,
    entity_id: Vec<Option<&'a str>>,
    resident_id: Vec<Option<ResidentId>>,
    division_code: Vec<Option<&'a str>>,
    request_id: Vec<RequestId>,
    outcome: Vec<&'static str>,
    reason: Vec<Option<&'a str>>,
    changes: Vec<Option<&'a str>>,
}

impl<'a> Rows<'a> {
    fn of(rows: &[&'a AuditRow]) -> Self {
        fn column<'a, T>(rows: &[&'a AuditRow], of: impl Fn(&'a AuditRow) -> T) -> Vec<T> {
            rows.iter().map(|row| of(row)).collect()
        }
        Self {
            at: column(rows, |row| row.at),
            actor_id: column(rows, |row| row.actor_id),
            actor_username: column(rows, |row| row.actor_username.as_deref()),
            actor_organization_id: column(rows, |row| row.actor_organization_id),
            action: column(rows, |row| row.action),
            entity_type: column(rows, |row| row.entity_type),
            entity_id: column(rows, |row| row.entity_id.as_deref()),
            resident_id: column(rows, |row| row.resident_id),
            division_code: column(rows, |row| row.division_code.as_deref()),
            request_id: column(rows, |row| row.request_id),
            outcome: column(rows, |row| row.outcome),
            reason: column(rows, |row| row.reason.as_deref()),
            changes: column(rows, |row| row.changes.as_deref()),
        }
    }
}

/// The text is always the same, so the statement is known by its type.
#[derive(Debug)]
struct RowsStatement;

impl QueryId for Rows<'_> {
    type QueryId = RowsStatement;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for Rows<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO audit_events (at, actor_id, actor_username, actor_organization_id, action, \
             entity_type, entity_id, resident_id, division_code, request_id, outcome, reason, changes) \
             SELECT * FROM unnest(",
        );
        out.push_bind_param::<Array<Instant>, _>(&self.at)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Guid>>, _>(&self.actor_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.actor_username)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Guid>>, _>(&self.actor_organization_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.action)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.entity_type)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.entity_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Guid>>, _>(&self.resident_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.division_code)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Guid>, _>(&self.request_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.outcome)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.reason)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.changes)?;
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Rows<'_> {}
