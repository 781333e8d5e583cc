//! `/v1/entitlement-runs`.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{EntitlementRun, NewRun, NewRunTransition};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::idempotency::{Answer, Creation, IdempotencyKey};
use crate::http::page::{is_place, page_of};
use crate::http::{IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors, etag};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::EntitlementRunId;
use crate::kernel::month::Month;

page_of!(EntitlementRunPage, EntitlementRun);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RunQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    month: Option<Month>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// Run a month
///
/// Finds for every enrollment of a division what is due: by the program version of each month and by the facts
/// as they are known now, arrears back to the month of submission, and what is held and why. It runs in the
/// background: follow `Location`. Running a month again finds what was left, and nothing twice.
#[utoipa::path(
    operation_id = "create_entitlement_run", tag = "subsidies", params(IdempotencyKey), request_body = NewRun, extensions(("x-permit" = json!("entitlement.run"))),
    responses(
        (status = 202, description = "Queued", body = EntitlementRun,
            headers(("Location" = String, description = "Where it is followed"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/entitlement-runs")]
async fn create_entitlement_run(
    permit: Permit<acts::EntitlementRun>,
    store: web::Data<Store>,
    asked: Creation<NewRun>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::ask(tx, &permit, &asked)?.try_map(|run| {
                let location = format!("/v1/entitlement-runs/{}", run.id);
                Answer::accepted(location, run.version, &run)
            })
        })
        .await
}

/// List runs, newest first
#[utoipa::path(
    operation_id = "list_entitlement_runs", tag = "subsidies", params(RunQuery), extensions(("x-permit" = json!("entitlement.read"))),
    responses((status = 200, description = "A page of runs", body = EntitlementRunPage), ReadErrors)
)]
#[get("/v1/entitlement-runs")]
async fn list_entitlement_runs(
    permit: Permit<acts::EntitlementRead>,
    store: web::Data<Store>,
    Params(query): Params<RunQuery>,
) -> Result<web::Json<EntitlementRunPage>> {
    let paging = Paging::of(
        store.keys(),
        "entitlement_runs",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, query.month, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |run| run.id)?;
    Ok(web::Json(EntitlementRunPage { items, next }))
}

/// Follow a run
#[utoipa::path(
    operation_id = "get_entitlement_run", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("entitlement.read"))),
    responses((status = 200, description = "The run", body = EntitlementRun, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/entitlement-runs/{id}")]
async fn get_entitlement_run(
    permit: Permit<acts::EntitlementRead>,
    store: web::Data<Store>,
    id: web::Path<EntitlementRunId>,
) -> Result<HttpResponse> {
    let run = store
        .read(permit.reach(), move |db| service::get(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(run.version)))
        .json(run))
}

/// Cancel a run, or let it go on
///
/// What was found until it was cancelled stays; `resume` goes on from there.
#[utoipa::path(
    operation_id = "create_entitlement_run_transition", tag = "subsidies",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewRunTransition, extensions(("x-permit" = json!("entitlement.run"))),
    responses(
        (status = 201, description = "The run as it now is", body = EntitlementRun,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/entitlement-runs/{id}/transitions")]
async fn create_entitlement_run_transition(
    permit: Permit<acts::EntitlementRun>,
    store: web::Data<Store>,
    id: web::Path<EntitlementRunId>,
    seen: IfMatch,
    asked: Creation<NewRunTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, &asked)?.try_map(|run| {
                Answer::created(format!("/v1/entitlement-runs/{id}"), run.version, &run)
            })
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(create_entitlement_run)
        .service(list_entitlement_runs)
        .service(get_entitlement_run)
        .service(create_entitlement_run_transition);
}
