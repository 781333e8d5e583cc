//! `GET /v1/payables`.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Payable, PayableSource, PayableState};
use super::service::{self, PayableFilter};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, Routes};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, OrganizationId, PayableId, PayableSubjectId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;

page_of!(PayablePage, PayableBody);

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payable, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e31", "source": "rehabilitation_settlement",
    "subject_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e30", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e20",
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "program_code": "child_rehabilitation", "division_code": "990121103201", "month": "2022-07", "amount_fen": 20000,
    "state": "due", "reason": null, "created_at": "2022-08-02T01:00:00.000000Z", "updated_at": "2022-08-02T01:00:00.000000Z"
}))]
pub struct PayableBody {
    #[schema(value_type = uuid::Uuid)]
    id: PayableId,
    source: PayableSource,
    /// What it is for, by its service's own id.
    #[schema(value_type = uuid::Uuid)]
    subject_id: PayableSubjectId,
    #[schema(value_type = uuid::Uuid)]
    organization_id: OrganizationId,
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    program_code: String,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    /// For which it is owed.
    #[schema(value_type = String)]
    month: Month,
    amount_fen: Fen,
    state: PayableState,
    /// Why it was withdrawn.
    reason: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    updated_at: Timestamp,
}

impl From<Payable> for PayableBody {
    fn from(one: Payable) -> Self {
        Self {
            id: one.id,
            source: one.owed.source,
            subject_id: one.owed.subject_id,
            organization_id: one.owed.organization_id,
            case_id: one.owed.case_id,
            resident_id: one.owed.resident_id,
            program_code: one.owed.program_code,
            division_code: one.owed.division_code,
            month: one.owed.month,
            amount_fen: one.owed.amount,
            state: one.state,
            reason: one.reason,
            created_at: one.created_at,
            updated_at: one.updated_at,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PayableQuery {
    #[param(value_type = Option<uuid::Uuid>)]
    organization_id: Option<OrganizationId>,
    #[param(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    #[param(inline)]
    state: Option<PayableState>,
    #[param(value_type = Option<String>, example = "2022-07")]
    month: Option<Month>,
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

/// What is owed to organizations that deliver services
///
/// One a person and settlement. The next payment batch of the program and county takes in what is due; what the bank does
/// not pay is due again.
#[utoipa::path(
    operation_id = "list_payables", tag = "casework", params(PayableQuery), extensions(("x-permit" = json!("payable.read"))),
    responses((status = 200, description = "A page of them, oldest first", body = PayablePage), ReadErrors)
)]
#[get("/v1/payables")]
async fn list_payables(
    permit: Permit<acts::PayableRead>,
    store: web::Data<Store>,
    Params(query): Params<PayableQuery>,
) -> Result<web::Json<PayablePage>> {
    let keys = store.keys();
    let cursor = query.cursor.as_deref();
    let paging = Paging::of(keys, "payables", &query, query.limit, cursor)?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = PayableFilter {
        organization: query.organization_id,
        case: query.case_id,
        state: query.state,
        month: query.month,
    };
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, &scope, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |one| one.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(PayablePage { items, next }))
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_payables);
}
