//! `/v1/need-standards`: propose, decide, list.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{NeedStandard, NeedStandardDecision, NeedStandardState, NewNeedStandard};
use super::service::{self, Filter};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::NeedStandardId;

page_of!(NeedStandardPage, NeedStandard);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct NeedStandardQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<NeedStandardState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List standards of need, newest first
///
/// Of those approved, the nearest division's holds, and of that the latest. They are public, like divisions.
#[utoipa::path(
    operation_id = "list_need_standards", tag = "outreach", params(NeedStandardQuery), extensions(("x-permit" = json!("need_standard.read"))),
    responses((status = 200, description = "A page of standards", body = NeedStandardPage), ReadErrors)
)]
#[get("/v1/need-standards")]
async fn list_need_standards(
    _permit: Permit<acts::NeedStandardRead>,
    store: web::Data<Store>,
    Params(query): Params<NeedStandardQuery>,
) -> Result<web::Json<NeedStandardPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_need_standards",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let filter = Filter {
        state: query.state,
        division: query.division_code,
    };
    let rows = store
        .read(Reach::NOTHING, move |db| {
            service::page(db, filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(NeedStandardPage { items, next }))
}

/// Propose a standard of need
///
/// Clauses in CEL over the published facts (`GET /v1/program-facts`), those that visits find among them, each with points.
/// For a division you work for, from a day on. It holds once somebody else has approved it.
#[utoipa::path(
    operation_id = "propose_need_standard", tag = "outreach",
    params(IdempotencyKey),
    request_body = NewNeedStandard, extensions(("x-permit" = json!("need_standard.propose"))),
    responses(
        (status = 201, description = "Proposed", body = NeedStandard,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/need-standards")]
async fn propose_need_standard(
    permit: Permit<acts::NeedStandardPropose>,
    store: web::Data<Store>,
    new: Creation<NewNeedStandard>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::propose(tx, &permit, &new)?.try_map(|shown| {
            Answer::created(
                "/v1/need-standards?state=proposed".to_owned(),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

/// Approve or reject a standard of need
///
/// By another person than who proposed it: 403 `need_standard.own`.
#[utoipa::path(
    operation_id = "decide_need_standard", tag = "outreach",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NeedStandardDecision, extensions(("x-permit" = json!("need_standard.approve"))),
    responses(
        (status = 201, description = "Decided", body = NeedStandard,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/need-standards/{id}/decision")]
async fn decide_need_standard(
    permit: Permit<acts::NeedStandardApprove>,
    store: web::Data<Store>,
    id: web::Path<NeedStandardId>,
    seen: IfMatch,
    new: Creation<NeedStandardDecision>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::decide(tx, &permit, *id, seen, &new)?.try_map(|shown| {
            Answer::created("/v1/need-standards".to_owned(), shown.version, &shown)
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_need_standards)
        .service(propose_need_standard)
        .service(decide_need_standard);
}
