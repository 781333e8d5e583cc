//! `/v1/levy-estimates`: reckon, list, read.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{LevyEstimate, NewLevyEstimate};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{EmployerId, LevyEstimateId};

page_of!(LevyEstimatePage, LevyEstimate);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LevyEstimateQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(value_type = Option<uuid::Uuid>)]
    employer_id: Option<EmployerId>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List estimates of the quota levy, newest first
#[utoipa::path(
    operation_id = "list_levy_estimates", tag = "employment", params(LevyEstimateQuery), extensions(("x-permit" = json!("levy.read"))),
    responses((status = 200, description = "A page of estimates", body = LevyEstimatePage), ReadErrors)
)]
#[get("/v1/levy-estimates")]
async fn list_levy_estimates(
    permit: Permit<acts::LevyRead>,
    store: web::Data<Store>,
    Params(query): Params<LevyEstimateQuery>,
) -> Result<web::Json<LevyEstimatePage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_levy_estimates",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let employer = query.employer_id;
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, employer, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(LevyEstimatePage { items, next }))
}

/// Read an estimate of the quota levy
#[utoipa::path(
    operation_id = "get_levy_estimate", tag = "employment", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("levy.read"))),
    responses((status = 200, description = "The estimate", body = LevyEstimate), ReadErrors)
)]
#[get("/v1/levy-estimates/{id}")]
async fn get_levy_estimate(
    permit: Permit<acts::LevyRead>,
    store: web::Data<Store>,
    id: web::Path<LevyEstimateId>,
) -> Result<HttpResponse> {
    let shown = store
        .read(permit.reach(), move |db| {
            service::found(db, permit.scope(), *id)
        })
        .await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// Estimate an employer's quota levy
///
/// (staff × quota − employed) × average wage × what is due of it, by the terms that hold in the employer's division at the
/// end of the year; the wage no higher than the cap. Unless `employed` is given, it is counted from verified placements.
#[utoipa::path(
    operation_id = "create_levy_estimate", tag = "employment",
    params(IdempotencyKey),
    request_body = NewLevyEstimate, extensions(("x-permit" = json!("levy.estimate"))),
    responses(
        (status = 201, description = "Reckoned", body = LevyEstimate,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/levy-estimates")]
async fn create_levy_estimate(
    permit: Permit<acts::LevyEstimate>,
    store: web::Data<Store>,
    new: Creation<NewLevyEstimate>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::estimate(tx, &permit, &new)?
            .try_map(|shown| Answer::created(format!("/v1/levy-estimates/{}", shown.id), 1, &shown))
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_levy_estimates)
        .service(create_levy_estimate)
        .service(get_levy_estimate);
}
