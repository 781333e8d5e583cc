//! `GET /v1/entitlements`, one of them, and why it is as it is.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Entitlement, EntitlementState};
use super::service::{self, Filter};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, Routes, etag};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{EnrollmentId, EntitlementId, EntitlementRunId, ResidentId};
use crate::kernel::month::Month;
use crate::programs::Decision;

page_of!(EntitlementPage, Entitlement);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EntitlementQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<EntitlementState>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
    /// The month it is for.
    month: Option<Month>,
    /// The month whose run found it.
    run_month: Option<Month>,
    #[param(value_type = Option<uuid::Uuid>)]
    run_id: Option<EntitlementRunId>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    #[param(value_type = Option<uuid::Uuid>)]
    enrollment_id: Option<EnrollmentId>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List entitlements
#[utoipa::path(
    operation_id = "list_entitlements", tag = "subsidies", params(EntitlementQuery), extensions(("x-permit" = json!("entitlement.read"))),
    responses((status = 200, description = "A page of entitlements, oldest first", body = EntitlementPage), ReadErrors)
)]
#[get("/v1/entitlements")]
async fn list_entitlements(
    permit: Permit<acts::EntitlementRead>,
    store: web::Data<Store>,
    Params(query): Params<EntitlementQuery>,
) -> Result<web::Json<EntitlementPage>> {
    let paging = Paging::of(
        store.keys(),
        "entitlements",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        state: query.state,
        program_code: query.program_code,
        month: query.month,
        run_month: query.run_month,
        run: query.run_id,
        resident: query.resident_id,
        enrollment: query.enrollment_id,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |entitlement| entitlement.id)?;
    Ok(web::Json(EntitlementPage { items, next }))
}

/// Read an entitlement
#[utoipa::path(
    operation_id = "get_entitlement", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("entitlement.read"))),
    responses((status = 200, description = "The entitlement", body = Entitlement, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/entitlements/{id}")]
async fn get_entitlement(
    permit: Permit<acts::EntitlementRead>,
    store: web::Data<Store>,
    id: web::Path<EntitlementId>,
) -> Result<HttpResponse> {
    let found = store
        .read(permit.reach(), move |db| service::get(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(found.version)))
        .json(found))
}

/// An entitlement with what decided it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntitlementExplanation {
    entitlement: Entitlement,
    /// What the version of its month says of the person, by what was known when the entitlement was found; null
    /// where no version was in force.
    decision: Option<Decision>,
    /// Whether the facts are still those it was found by: a fingerprint of them is kept.
    reproduced: bool,
}

/// Why something is due, or held
#[utoipa::path(
    operation_id = "explain_entitlement", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("entitlement.read"))),
    responses((status = 200, description = "It shows facts of health, and looking at it is recorded", body = EntitlementExplanation), ReadErrors)
)]
#[get("/v1/entitlements/{id}/explanation")]
async fn explain_entitlement(
    permit: Permit<acts::EntitlementRead>,
    store: web::Data<Store>,
    id: web::Path<EntitlementId>,
) -> Result<web::Json<EntitlementExplanation>> {
    let found = store
        .look(permit.reach(), move |db| service::explain(db, &permit, *id))
        .await?;
    Ok(web::Json(EntitlementExplanation {
        entitlement: found.entitlement,
        decision: found.decision,
        reproduced: found.reproduced,
    }))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_entitlements)
        .service(get_entitlement)
        .service(explain_entitlement);
}
