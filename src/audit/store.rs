//! Adds to the record; nothing else is ever done to it.

use diesel::prelude::*;

use super::model::Event;
use crate::db::schema::audit_events;
use crate::db::types::to_json;
use crate::db::{Db, Record};
use crate::kernel::error::Result;
use crate::kernel::id::{OrganizationId, RequestId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Insertable)]
#[diesel(table_name = audit_events)]
struct Row<'a> {
    at: Timestamp,
    actor_id: Option<UserId>,
    actor_username: Option<&'a str>,
    actor_organization_id: Option<OrganizationId>,
    action: &'a str,
    entity_type: &'a str,
    entity_id: Option<&'a str>,
    resident_id: Option<ResidentId>,
    division_code: Option<String>,
    request_id: RequestId,
    outcome: &'a str,
    reason: Option<&'a str>,
    changes: Option<String>,
}

impl Record for Event {
    fn store(self, db: &mut Db) -> Result<()> {
        let changes = if self.changes.is_empty() {
            None
        } else {
            Some(to_json(&self.changes)?)
        };
        let row = Row {
            at: db.now(),
            actor_id: self.origin.user,
            actor_username: self.origin.username.as_deref(),
            actor_organization_id: self.origin.organization,
            action: self.action,
            entity_type: self.entity_type,
            entity_id: self.entity_id.as_deref(),
            resident_id: self.resident,
            division_code: self.division.map(|code| code.to_string()),
            request_id: self.origin.request,
            outcome: self.outcome.as_str(),
            reason: self.reason.as_deref(),
            changes,
        };
        diesel::insert_into(audit_events::table)
            .values(&row)
            .execute(db.conn())?;
        Ok(())
    }
}
