//! SQL of reading the record.

use diesel::prelude::*;

use crate::access::{Scope, within};
use crate::db::schema::audit_events;
use crate::db::{Db, MultiBackend};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{OrganizationId, RequestId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub struct EventRow {
    pub sequence: i64,
    pub at: Timestamp,
    pub actor_id: Option<UserId>,
    pub actor_username: Option<String>,
    pub actor_organization_id: Option<OrganizationId>,
    pub action: String,
    pub entity_type: String,
    pub entity_id: Option<String>,
    pub resident_id: Option<ResidentId>,
    pub division_code: Option<DivisionCode>,
    pub request_id: RequestId,
    pub outcome: String,
    pub reason: Option<String>,
    pub changes: Option<String>,
}

/// Whose eyes read.
#[derive(Debug, Clone)]
pub enum View {
    /// What belongs to these divisions.
    Divisions(Scope),
    /// What speaks of no resident, wherever it belongs.
    NoResidents,
    NoResidentsWithin(Scope),
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub resident: Option<ResidentId>,
    pub actor: Option<UserId>,
    pub action: Option<String>,
    pub entity: Option<String>,
    pub request: Option<RequestId>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    view: &View,
    filter: &Filter,
    before: Option<i64>,
    count: i64,
) -> Result<Vec<EventRow>> {
    let mut query = audit_events::table
        .select(EventRow::as_select())
        .into_boxed::<MultiBackend>();
    if let View::Divisions(scope) | View::NoResidentsWithin(scope) = view {
        query = query.filter(within!(
            audit_events::division_code.assume_not_null(),
            audit_events::county_code,
            scope
        ));
    }
    if let View::NoResidents | View::NoResidentsWithin(_) = view {
        query = query
            .filter(audit_events::resident_id.is_null())
            .filter(audit_events::entity_type.ne_all(["resident", "case", "enrollment"]));
    }
    if let Some(resident) = filter.resident {
        query = query.filter(audit_events::resident_id.eq(resident));
    }
    if let Some(actor) = filter.actor {
        query = query.filter(audit_events::actor_id.eq(actor));
    }
    if let Some(action) = &filter.action {
        query = query.filter(audit_events::action.eq(action.clone()));
    }
    if let Some(entity) = &filter.entity {
        query = query.filter(audit_events::entity_id.eq(entity.clone()));
    }
    if let Some(request) = filter.request {
        query = query.filter(audit_events::request_id.eq(request));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_events::at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(audit_events::at.lt(to));
    }
    if let Some(before) = before {
        query = query.filter(audit_events::sequence.lt(before));
    }
    Ok(query
        .order(audit_events::sequence.desc())
        .limit(count)
        .load(db.conn())?)
}
