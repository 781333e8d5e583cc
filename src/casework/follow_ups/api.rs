//! `/v1/follow-ups`: what services still have to look at. Each service ends its own.

use actix_web::{get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{FollowUpKind, FollowUpState, Listed};
use super::service::{self, Mark, Window};
use crate::access::{Permit, Role, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, Routes};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, FollowUpId, FollowUpSubjectId, ResidentId, UserId};
use crate::kernel::name::PersonName;
use crate::kernel::time::Timestamp;

page_of!(FollowUpPage, FollowUpBody);

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FollowUp, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e10", "kind": "device_check", "subject_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e11",
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_number": "990121-2022-000123",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "resident_name_masked": "张**", "division_code": "990121103201",
    "role": "township_caseworker", "due_date": "2022-08-18", "overdue": false, "state": "open",
    "planned_at": "2022-07-18T01:05:00.000000Z", "ended_by": null, "ended_at": null, "reason": null
}))]
pub struct FollowUpBody {
    #[schema(value_type = uuid::Uuid)]
    id: FollowUpId,
    kind: FollowUpKind,
    /// What it is about, by its service's own id.
    #[schema(value_type = uuid::Uuid)]
    subject_id: FollowUpSubjectId,
    #[schema(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    case_number: Option<String>,
    /// Null of what an office has to do of its own, such as to answer a petition.
    #[schema(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    /// Null where there is none, or the resident has moved out of your sight.
    resident_name_masked: Option<String>,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    /// Who looks.
    role: Role,
    due_date: NaiveDate,
    /// Open, and past its due date.
    overdue: bool,
    state: FollowUpState,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    planned_at: Timestamp,
    #[schema(value_type = Option<uuid::Uuid>)]
    ended_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    ended_at: Option<Timestamp>,
    /// Why it was cancelled.
    reason: Option<String>,
}

impl FollowUpBody {
    pub fn of(listed: Listed, today: NaiveDate) -> Self {
        let one = listed.follow_up;
        let name = listed.resident_name.as_deref().map(PersonName::parse);
        Self {
            id: one.id,
            kind: one.planned.kind,
            subject_id: one.planned.subject_id,
            case_id: one.planned.case_id,
            case_number: listed.case_number,
            resident_id: one.planned.resident_id,
            resident_name_masked: name.and_then(|name| Some(name.ok()?.masked())),
            division_code: one.planned.division_code,
            role: one.planned.role,
            due_date: one.planned.due_date,
            overdue: one.state == FollowUpState::Open && one.planned.due_date < today,
            state: one.state,
            planned_at: one.planned_at,
            ended_by: one.ended_by,
            ended_at: one.ended_at,
            reason: one.reason,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FollowUpQuery {
    /// Open ones, unless given.
    #[param(inline)]
    state: Option<FollowUpState>,
    #[param(inline)]
    kind: Option<FollowUpKind>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    /// Only what is past its due date.
    #[serde(default)]
    overdue: bool,
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// What services still have to look at
///
/// Devices in use, jobs that are kept, diagnoses and answers that are due: the most urgent first. Each is ended where its service
/// says so; those of your own roles are among your tasks, too.
#[utoipa::path(
    operation_id = "list_follow_ups", tag = "casework", params(FollowUpQuery), extensions(("x-permit" = json!("follow_up.read"))),
    responses((status = 200, description = "A page of follow-ups", body = FollowUpPage), ReadErrors)
)]
#[get("/v1/follow-ups")]
async fn list_follow_ups(
    permit: Permit<acts::FollowUpRead>,
    store: web::Data<Store>,
    Params(query): Params<FollowUpQuery>,
) -> Result<web::Json<FollowUpPage>> {
    let keys = store.keys();
    let cursor = query.cursor.as_deref();
    let paging = Paging::<Mark>::of(keys, "follow_ups", &query, query.limit, cursor)?;
    let (after, count) = paging.window();
    let window = Window {
        division: query.division_code,
        state: query.state.unwrap_or(FollowUpState::Open),
        kind: query.kind,
        resident: query.resident_id,
        overdue: query.overdue,
        after,
        count,
    };
    let today = store.given().now().office_date();
    let rows = store
        .look(permit.reach(), move |db| {
            service::list(db, &permit, &window)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |one| Mark::of(&one.follow_up))?;
    let items = rows
        .into_iter()
        .map(|one| FollowUpBody::of(one, today))
        .collect();
    Ok(web::Json(FollowUpPage { items, next }))
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_follow_ups);
}
