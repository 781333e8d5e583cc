//! `/v1/screening-deadlines`: lay down and list.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{NewScreeningDeadline, ScreeningDeadline, ScreeningKind};
use super::service;
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::error::Result;

page_of!(ScreeningDeadlinePage, ScreeningDeadline);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DeadlineQuery {
    #[param(inline)]
    kind: Option<ScreeningKind>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List the deadlines of screenings, newest first
///
/// Of every division, as programs are: of one kind the nearest division's counts, and of these the latest that has
/// begun to hold.
#[utoipa::path(
    operation_id = "list_screening_deadlines", tag = "rehabilitation", params(DeadlineQuery),
    extensions(("x-permit" = json!("program.read"))),
    responses((status = 200, description = "A page of deadlines", body = ScreeningDeadlinePage), ReadErrors)
)]
#[get("/v1/screening-deadlines")]
async fn list_screening_deadlines(
    _permit: Permit<acts::ProgramRead>,
    store: web::Data<Store>,
    Params(query): Params<DeadlineQuery>,
) -> Result<web::Json<ScreeningDeadlinePage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "screening-deadlines",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let rows = store
        .read(Reach::NOTHING, move |db| {
            service::page(db, query.kind, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(ScreeningDeadlinePage { items, next }))
}

/// Lay down the deadlines of screenings
///
/// For a kind, a division and all beneath it, from today or a later day on. Screenings that were recorded before keep
/// theirs; 409 `screening_deadline.known` where the same day was laid down already.
#[utoipa::path(
    operation_id = "create_screening_deadline", tag = "rehabilitation", params(IdempotencyKey),
    request_body = NewScreeningDeadline, extensions(("x-permit" = json!("screening.lay_down"))),
    responses(
        (status = 201, description = "Laid down", body = ScreeningDeadline,
            headers(("Location" = String, description = "The list of its kind"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/screening-deadlines")]
async fn create_screening_deadline(
    permit: Permit<acts::ScreeningLayDown>,
    store: web::Data<Store>,
    new: Creation<NewScreeningDeadline>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::lay_down(tx, &permit, &new)?.try_map(|one| {
            let place = format!("/v1/screening-deadlines?kind={}", one.kind);
            Answer::created(place, 1, &one)
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_screening_deadlines)
        .service(create_screening_deadline);
}
