//! Use cases of reading the record. Reading it is itself recorded.

use super::store;
use crate::access::{Permit, Role, acts};
use crate::audit::Event;
use crate::db::{Db, Looked};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;

pub use super::store::{EventRow, Filter, View};

/// An auditor sees what belongs to the divisions audited; an audit administrator what speaks of no
/// resident.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::AuditRead>,
    division: Option<DivisionCode>,
    filter: &Filter,
    before: Option<i64>,
    count: i64,
) -> Result<Looked<Vec<EventRow>>> {
    let administrator = permit
        .actor()
        .grants
        .iter()
        .any(|held| held.role == Role::AuditAdmin);
    let scope = permit.scope_in(division)?;
    let view = match (administrator, division) {
        (false, _) => View::Divisions(scope),
        (true, None) => View::NoResidents,
        (true, Some(_)) => View::NoResidentsWithin(scope),
    };
    let rows = store::page(db, &view, filter, before, count)?;
    let mut event = Event::new(permit.origin(), "audit.read").change("shown", rows.len());
    if let Some(resident) = filter.resident {
        event = event.change("resident_id", resident);
    }
    db.looked(event, rows)
}
