//! `GET /v1/residents/{id}/timeline`.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::model::Window;
use super::service::{self, Moment};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, Routes};
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, ResidentId};
use crate::kernel::time::Timestamp;
use crate::programs::Service;

/// One thing that was done to a resident.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TimelineEntry, example = json!({
    "at": "2022-07-05T01:00:00.000000Z", "kind": "case.endorsed", "label_zh": "审核通过", "label_en": "Review step passed",
    "entity_type": "case", "entity_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "case": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "case_number": "990121-2022-000123", "service": "subsidy", "program_code": "nursing_subsidy"},
    "actor_display_name": "丙岭三号镇 审核人", "assignee_display_name": "丙岭县 经办人",
    "changes": {"state": "in_review", "step": "verification"}
}))]
pub struct MomentBody {
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
    /// As in the record; stable.
    kind: String,
    label_zh: String,
    label_en: String,
    /// resident, case, document, enrollment …
    entity_type: String,
    entity_id: Option<String>,
    /// The case it was about, where it was about one.
    case: Option<CaseName>,
    /// Null where it happened by itself.
    actor_display_name: Option<String>,
    /// To whom a task was given.
    assignee_display_name: Option<String>,
    /// State, step, kind, months, amounts: what of the change is no free text.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    changes: Map<String, Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CaseName {
    #[schema(value_type = uuid::Uuid)]
    id: CaseId,
    case_number: String,
    service: Service,
    program_code: String,
}

impl From<Moment> for MomentBody {
    fn from(moment: Moment) -> Self {
        let (zh, en) = moment.label.unwrap_or((&moment.kind, &moment.kind));
        Self {
            at: moment.at,
            label_zh: zh.to_owned(),
            label_en: en.to_owned(),
            kind: moment.kind,
            entity_type: moment.entity_type,
            entity_id: moment.entity_id,
            case: moment.case.map(|case| CaseName {
                id: case.id,
                case_number: case.case_number,
                service: case.service,
                program_code: case.program_code,
            }),
            actor_display_name: moment.actor,
            assignee_display_name: moment.assignee,
            changes: moment.changes,
        }
    }
}

page_of!(TimelinePage, MomentBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TimelineQuery {
    /// Only what was about cases of this service.
    #[param(inline)]
    service: Option<Service>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// What was done to a resident, across all services, newest first
///
/// Taken from the record, so nothing that was written is missing; looks are not among it. You see what was
/// done in your sight, and of documents and declared relations only where you may read those. Reading it is
/// recorded as a look at the resident.
#[utoipa::path(
    operation_id = "list_resident_timeline", tag = "inspection", params(("id" = uuid::Uuid, Path), TimelineQuery),
    extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "A page of what was done", body = TimelinePage), ReadErrors)
)]
#[get("/v1/residents/{id}/timeline")]
async fn list_resident_timeline(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    Params(query): Params<TimelineQuery>,
) -> Result<web::Json<TimelinePage>> {
    let cursor = query.cursor.as_deref();
    let paging = Paging::of(
        store.keys(),
        "timeline",
        &(*id, &query),
        query.limit,
        cursor,
    )?;
    let (before, count) = paging.window();
    let window = Window {
        resident: *id,
        before,
        count,
    };
    let moments = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, window, query.service)
        })
        .await?;
    let (moments, next) = paging.cut(moments, |moment| moment.sequence)?;
    let items = moments.into_iter().map(MomentBody::from).collect();
    Ok(web::Json(TimelinePage { items, next }))
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_resident_timeline);
}
