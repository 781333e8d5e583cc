//! Adds to the record; nothing else is ever done to it.

use super::model::{Action, Event, is_look};
use crate::db::types::to_json;
use crate::db::{AuditRow, Db, Entry, Record, record};
use crate::kernel::error::{Error, Result};
use crate::kernel::time::Timestamp;

impl Record for Event {
    fn store(self, db: &mut Db) -> Result<()> {
        if is_look(self.action) {
            return Err(misnamed(self.action, "what was done"));
        }
        let row = self.written(db.now())?;
        record::insert(db, &row)
    }
}

impl Entry for Event {
    fn row(self, at: Timestamp) -> Result<AuditRow> {
        if self.resident.is_some() && !is_look(self.action) {
            return Err(misnamed(self.action, "a look at a resident"));
        }
        self.written(at)
    }
}

fn misnamed(action: Action, kind: &str) -> Error {
    Error::internal(format!("{action} is no name of {kind}: see audit::LOOKS"))
}

impl Event {
    fn written(self, at: Timestamp) -> Result<AuditRow> {
        let changes = if self.changes.is_empty() {
            None
        } else {
            Some(to_json(&self.changes)?)
        };
        Ok(AuditRow {
            at,
            actor_id: self.origin.user,
            actor_username: self.origin.username,
            actor_organization_id: self.origin.organization,
            action: self.action,
            entity_type: self.entity_type,
            entity_id: self.entity_id,
            resident_id: self.resident,
            division_code: self.division.map(|code| code.to_string()),
            request_id: self.origin.request,
            outcome: self.outcome.as_str(),
            reason: self.reason,
            changes,
        })
    }
}
