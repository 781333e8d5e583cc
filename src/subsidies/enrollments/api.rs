//! `GET /v1/enrollments`, `GET /v1/enrollments/{id}`.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::service::{self, Filter};
use super::{Enrollment, EnrollmentState};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, etag};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, EnrollmentId, ResidentId};

page_of!(EnrollmentPage, Enrollment);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EnrollmentQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<EnrollmentState>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    #[param(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List enrollments
#[utoipa::path(
    operation_id = "list_enrollments", tag = "subsidies", params(EnrollmentQuery), extensions(("x-permit" = json!("enrollment.read"))),
    responses((status = 200, description = "A page of enrollments, oldest first", body = EnrollmentPage), ReadErrors)
)]
#[get("/v1/enrollments")]
async fn list_enrollments(
    permit: Permit<acts::EnrollmentRead>,
    store: web::Data<Store>,
    Params(query): Params<EnrollmentQuery>,
) -> Result<web::Json<EnrollmentPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "enrollments",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        state: query.state,
        program_code: query.program_code,
        resident: query.resident_id,
        case: query.case_id,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |enrollment| enrollment.id)?;
    Ok(web::Json(EnrollmentPage { items, next }))
}

/// Read an enrollment
#[utoipa::path(
    operation_id = "get_enrollment", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("enrollment.read"))),
    responses((status = 200, description = "The enrollment", body = Enrollment, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/enrollments/{id}")]
async fn get_enrollment(
    permit: Permit<acts::EnrollmentRead>,
    store: web::Data<Store>,
    id: web::Path<EnrollmentId>,
) -> Result<HttpResponse> {
    let found = store
        .read(permit.reach(), move |db| service::get(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(found.version)))
        .json(found))
}

pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    config.service(list_enrollments).service(get_enrollment);
}
