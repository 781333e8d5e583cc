//! `/v1/public-notices`, and `/v1/cases/{id}/objections`.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Handling, Objection, ObjectionOutcome, PublicNotice, PublicNoticeState};
use super::service::{self, Filter};
use crate::access::{Permit, acts};
use crate::casework::cases::api::Staff;
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{Paging, Params, ReadErrors, Routes};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::CaseId;
use crate::kernel::time::Timestamp;

page_of!(PublicNoticePage, PublicNotice);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PublicNoticeQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
    #[param(inline)]
    state: Option<PublicNoticeState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List what is or was on public notice
///
/// As it was published: names are masked, and minors left out. Oldest first.
#[utoipa::path(
    operation_id = "list_public_notices", tag = "casework", params(PublicNoticeQuery),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "A page of public notices", body = PublicNoticePage), ReadErrors)
)]
#[get("/v1/public-notices")]
async fn list_public_notices(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    Params(query): Params<PublicNoticeQuery>,
) -> Result<web::Json<PublicNoticePage>> {
    let keys = store.keys();
    let cursor = query.cursor.as_deref();
    let paging = Paging::of(keys, "public_notices", &query, query.limit, cursor)?;
    let (after, count) = paging.window();
    let division = query.division_code;
    let filter = Filter {
        state: query.state,
        program_code: query.program_code,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &permit, division, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |notice| notice.id)?;
    Ok(web::Json(PublicNoticePage { items, next }))
}

/// What came of an objection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ObjectionHandling)]
pub struct HandlingBody {
    outcome: ObjectionOutcome,
    comment: Option<String>,
    /// Null when the case went back by itself.
    by: Option<Staff>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Handling> for HandlingBody {
    fn from(handling: Handling) -> Self {
        Self {
            outcome: handling.outcome,
            comment: handling.comment,
            by: handling.by.map(Into::into),
            at: handling.at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Objection, example = json!({
    "sequence": 6, "text": "有群众反映其家庭收入较高",
    "taken_by": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "username": "county.990121", "display_name": "甲江县残联经办人"},
    "at": "2022-07-20T01:00:00.000000Z",
    "handling": {"outcome": "dismissed", "comment": "经入户核查，情况不属实",
        "by": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "username": "county.990121", "display_name": "甲江县残联经办人"},
        "at": "2022-07-22T01:00:00.000000Z"}
}))]
pub struct ObjectionBody {
    /// The entry of the case's history.
    sequence: i32,
    text: String,
    taken_by: Option<Staff>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
    /// Null while nobody has decided.
    handling: Option<HandlingBody>,
}

impl From<Objection> for ObjectionBody {
    fn from(objection: Objection) -> Self {
        Self {
            sequence: objection.sequence,
            text: objection.text,
            taken_by: objection.taken_by.map(Into::into),
            at: objection.at,
            handling: objection.handling.map(Into::into),
        }
    }
}

whole_page_of!(ObjectionPage, ObjectionBody);

/// What was objected to a case's public notices
///
/// Each with what came of it: the next decision, which says why.
#[utoipa::path(
    operation_id = "list_case_objections", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "All of them, oldest first", body = ObjectionPage), ReadErrors)
)]
#[get("/v1/cases/{id}/objections")]
async fn list_case_objections(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
) -> Result<web::Json<ObjectionPage>> {
    let all = store
        .look(permit.reach(), move |db| {
            service::objections(db, &permit, *id)
        })
        .await?;
    let items = all.into_iter().map(Into::into).collect();
    Ok(web::Json(ObjectionPage::whole(items)))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_public_notices)
        .service(list_case_objections);
}
