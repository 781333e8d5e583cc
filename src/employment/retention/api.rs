//! `/v1/retention-checks`: what is due, and how it came out.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{CheckState, NewCheckOutcome, RetentionCheck};
use super::service::{self, Filter};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{PlacementId, RetentionCheckId};

page_of!(RetentionCheckPage, RetentionCheck);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RetentionCheckQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<CheckState>,
    #[param(value_type = Option<uuid::Uuid>)]
    placement_id: Option<PlacementId>,
    /// Due before this day.
    #[serde(default, deserialize_with = "date::maybe")]
    due_before: Option<NaiveDate>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List retention checks
///
/// The longest overdue first; without notes.
#[utoipa::path(
    operation_id = "list_retention_checks", tag = "employment", params(RetentionCheckQuery), extensions(("x-permit" = json!("placement.read"))),
    responses((status = 200, description = "A page of checks", body = RetentionCheckPage), ReadErrors)
)]
#[get("/v1/retention-checks")]
async fn list_retention_checks(
    permit: Permit<acts::PlacementRead>,
    store: web::Data<Store>,
    Params(query): Params<RetentionCheckQuery>,
) -> Result<web::Json<RetentionCheckPage>> {
    let keys = store.keys();
    let paging: Paging<(NaiveDate, RetentionCheckId)> = Paging::of(
        keys,
        "list_retention_checks",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        state: query.state,
        placement: query.placement_id,
        due_before: query.due_before,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| (one.due_date, one.id))?;
    Ok(web::Json(RetentionCheckPage { items, next }))
}

/// Read a retention check
///
/// With its note; the look is recorded.
#[utoipa::path(
    operation_id = "get_retention_check", tag = "employment", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("placement.read"))),
    responses((status = 200, description = "The check", body = RetentionCheck, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/retention-checks/{id}")]
async fn get_retention_check(
    permit: Permit<acts::PlacementRead>,
    store: web::Data<Store>,
    id: web::Path<RetentionCheckId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.version)))
        .json(shown))
}

/// Put down how a retention check came out
///
/// Whoever is retained: wage and insurance, not before the day it is due. Whoever left: the last day and the reason, which
/// ends the placement. Once: 409 `retention_check.done`.
#[utoipa::path(
    operation_id = "create_retention_outcome", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewCheckOutcome, extensions(("x-permit" = json!("placement.write"))),
    responses(
        (status = 201, description = "Kept", body = RetentionCheck,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/retention-checks/{id}/outcome")]
async fn create_retention_outcome(
    permit: Permit<acts::PlacementWrite>,
    store: web::Data<Store>,
    id: web::Path<RetentionCheckId>,
    seen: IfMatch,
    new: Creation<NewCheckOutcome>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::decide(tx, &permit, *id, seen, &new)?.try_map(|shown| {
            Answer::created(
                format!("/v1/retention-checks/{}", shown.id),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_retention_checks)
        .service(get_retention_check)
        .service(create_retention_outcome);
}
