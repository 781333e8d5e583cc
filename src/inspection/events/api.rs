//! `GET /v1/audit/events`.

use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::service::{self, EventRow, Filter};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::db::types::from_json;
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, Routes};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{OrganizationId, RequestId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

/// One entry of the record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "sequence": 4711, "at": "2022-07-05T01:00:00.000000Z",
    "actor": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "username": "township2.990121103", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08"},
    "action": "case.endorsed", "entity_type": "case", "entity_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "division_code": "990121103201",
    "request_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "outcome": "success", "reason": "材料齐全",
    "changes": {"state": "in_review", "step": "verification"}
}))]
pub struct AuditEvent {
    sequence: i64,
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
    /// Null when it happened by itself.
    actor: Option<AuditActor>,
    action: String,
    entity_type: String,
    entity_id: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    #[schema(value_type = Option<String>)]
    division_code: Option<DivisionCode>,
    #[schema(value_type = uuid::Uuid)]
    request_id: RequestId,
    /// success, refused, failed
    outcome: String,
    reason: Option<String>,
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    changes: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AuditActor {
    /// Null for a user name that belongs to nobody.
    #[schema(value_type = Option<uuid::Uuid>)]
    id: Option<UserId>,
    username: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    organization_id: Option<OrganizationId>,
}

impl AuditEvent {
    fn read(row: EventRow) -> Result<Self> {
        let known = row.actor_id.is_some() || row.actor_username.is_some();
        Ok(Self {
            sequence: row.sequence,
            at: row.at,
            actor: known.then_some(AuditActor {
                id: row.actor_id,
                username: row.actor_username,
                organization_id: row.actor_organization_id,
            }),
            action: row.action,
            entity_type: row.entity_type,
            entity_id: row.entity_id,
            resident_id: row.resident_id,
            division_code: row.division_code,
            request_id: row.request_id,
            outcome: row.outcome,
            reason: row.reason,
            changes: row.changes.as_deref().map(from_json).transpose()?,
        })
    }
}

page_of!(AuditEventPage, AuditEvent);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EventQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    #[param(value_type = Option<uuid::Uuid>)]
    actor_id: Option<UserId>,
    #[param(example = "case.approved")]
    action: Option<String>,
    /// A case, an enrollment, a user …
    entity_id: Option<String>,
    #[param(value_type = Option<uuid::Uuid>)]
    request_id: Option<RequestId>,
    /// From this instant …
    from: Option<DateTime<Utc>>,
    /// … until before this one.
    to: Option<DateTime<Utc>>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List what was done and seen, newest first
///
/// An auditor sees the records of the divisions audited; an audit administrator those that speak
/// of no resident. Reading the record is recorded.
#[utoipa::path(
    operation_id = "list_audit_events", tag = "inspection", params(EventQuery), extensions(("x-permit" = json!("audit.read"))),
    responses((status = 200, description = "A page of records", body = AuditEventPage), ReadErrors)
)]
#[get("/v1/audit/events")]
async fn list_audit_events(
    permit: Permit<acts::AuditRead>,
    store: web::Data<Store>,
    Params(query): Params<EventQuery>,
) -> Result<web::Json<AuditEventPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "audit_events",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (before, count) = paging.window();
    let division = query.division_code;
    let filter = Filter {
        resident: query.resident_id,
        actor: query.actor_id,
        action: query.action,
        entity: query.entity_id,
        request: query.request_id,
        from: query.from.map(Into::into),
        to: query.to.map(Into::into),
    };
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, division, &filter, before, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |event| event.sequence)?;
    let items = rows
        .into_iter()
        .map(AuditEvent::read)
        .collect::<Result<_>>()?;
    Ok(web::Json(AuditEventPage { items, next }))
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_audit_events);
}
