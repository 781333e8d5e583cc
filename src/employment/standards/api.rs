//! `/v1/employment-standards`: propose, decide, list.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{NewStandard, Standard, StandardDecision, StandardKind, StandardState};
use super::service::{self, Filter};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::EmploymentStandardId;

page_of!(EmploymentStandardPage, Standard);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EmploymentStandardQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    kind: Option<StandardKind>,
    #[param(inline)]
    state: Option<StandardState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List standards of employment, newest first
///
/// Minimum and average wages, terms of the quota levy. Of those approved, the nearest division's holds, and of that
/// the latest; those without a division are the country's. They are public, like divisions.
#[utoipa::path(
    operation_id = "list_employment_standards", tag = "employment", params(EmploymentStandardQuery), extensions(("x-permit" = json!("employment_standard.read"))),
    responses((status = 200, description = "A page of standards", body = EmploymentStandardPage), ReadErrors)
)]
#[get("/v1/employment-standards")]
async fn list_employment_standards(
    _permit: Permit<acts::EmploymentStandardRead>,
    store: web::Data<Store>,
    Params(query): Params<EmploymentStandardQuery>,
) -> Result<web::Json<EmploymentStandardPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_employment_standards",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let filter = Filter {
        kind: query.kind,
        state: query.state,
        division: query.division_code,
    };
    let rows = store
        .read(Reach::NOTHING, move |db| {
            service::page(db, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(EmploymentStandardPage { items, next }))
}

/// Propose a standard of employment
///
/// For a division you work for, from a day on. It holds once somebody else has approved it.
#[utoipa::path(
    operation_id = "propose_employment_standard", tag = "employment",
    params(IdempotencyKey),
    request_body = NewStandard, extensions(("x-permit" = json!("employment_standard.propose"))),
    responses(
        (status = 201, description = "Proposed", body = Standard,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/employment-standards")]
async fn propose_employment_standard(
    permit: Permit<acts::EmploymentStandardPropose>,
    store: web::Data<Store>,
    new: Creation<NewStandard>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::propose(tx, &permit, &new)?.try_map(|shown| {
            Answer::created(
                "/v1/employment-standards?state=proposed".to_owned(),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

/// Approve or reject a standard
///
/// By another person than who proposed it: 403 `employment_standard.own`.
#[utoipa::path(
    operation_id = "decide_employment_standard", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = StandardDecision, extensions(("x-permit" = json!("employment_standard.approve"))),
    responses(
        (status = 201, description = "Decided", body = Standard,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/employment-standards/{id}/decision")]
async fn decide_employment_standard(
    permit: Permit<acts::EmploymentStandardApprove>,
    store: web::Data<Store>,
    id: web::Path<EmploymentStandardId>,
    seen: IfMatch,
    new: Creation<StandardDecision>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::decide(tx, &permit, *id, seen, &new)?.try_map(|shown| {
            Answer::created("/v1/employment-standards".to_owned(), shown.version, &shown)
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_employment_standards)
        .service(propose_employment_standard)
        .service(decide_employment_standard);
}
