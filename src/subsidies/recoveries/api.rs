//! `/v1/recoveries`: open, list, read, serve, withdraw, agree instalments.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::{LetterBody, RecoveryBody, TurnBody};
use super::RecoveryState;
use super::model::{NewInstalments, NewRecovery, NewRecoveryTransition};
use super::service::{self, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{EnrollmentId, RecoveryId, ResidentId};

page_of!(RecoveryPage, RecoveryBody);
whole_page_of!(RecoveryTransitionPage, TurnBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RecoveryQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<RecoveryState>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
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

/// List recoveries, newest first
#[utoipa::path(
    operation_id = "list_recoveries", tag = "subsidies", params(RecoveryQuery), extensions(("x-permit" = json!("recovery.read"))),
    responses((status = 200, description = "A page of recoveries", body = RecoveryPage), ReadErrors)
)]
#[get("/v1/recoveries")]
async fn list_recoveries(
    permit: Permit<acts::RecoveryRead>,
    store: web::Data<Store>,
    Params(query): Params<RecoveryQuery>,
) -> Result<web::Json<RecoveryPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "recoveries",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let window = Window {
        state: query.state,
        program_code: query.program_code,
        resident: query.resident_id,
        enrollment: query.enrollment_id,
        after,
        count,
    };
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, &scope, &window)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.recovery.id)?;
    let items = rows.into_iter().map(RecoveryBody::from).collect();
    Ok(web::Json(RecoveryPage { items, next }))
}

/// Open a recovery
///
/// Of all months that were paid and in which the enrollment, as its history stands, did not run, and that are in no
/// other recovery. A stop of an earlier month opens one by itself; this is for what was paid out since. Issues the
/// notice to the person. 409 `recovery.nothing_overpaid` where there is no such month.
#[utoipa::path(
    operation_id = "create_recovery", tag = "subsidies", params(IdempotencyKey), request_body = NewRecovery,
    extensions(("x-permit" = json!("recovery.act"))),
    responses(
        (status = 201, description = "Opened", body = RecoveryBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/recoveries")]
async fn create_recovery(
    permit: Permit<acts::RecoveryAct>,
    store: web::Data<Store>,
    new: Creation<NewRecovery>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::create(tx, &permit, &new)?.try_map(answer)
    })
    .await
}

fn answer(shown: service::Shown) -> Result<Answer> {
    let (id, version) = (shown.recovery.id, shown.recovery.version);
    let place = format!("/v1/recoveries/{id}");
    Answer::created(place, version, &RecoveryBody::from(shown))
}

/// Read a recovery, with its months and what was agreed
#[utoipa::path(
    operation_id = "get_recovery", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("recovery.read"))),
    responses((status = 200, description = "The recovery", body = RecoveryBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/recoveries/{id}")]
async fn get_recovery(
    permit: Permit<acts::RecoveryRead>,
    store: web::Data<Store>,
    id: web::Path<RecoveryId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.recovery.version)))
        .json(RecoveryBody::from(shown)))
}

/// Read the notice of a recovery
///
/// As data, and as a letter in both languages: the months, the amounts, how and until when to pay, and where to
/// object.
#[utoipa::path(
    operation_id = "get_recovery_notice", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("recovery.read"))),
    responses((status = 200, description = "The notice", body = LetterBody), ReadErrors)
)]
#[get("/v1/recoveries/{id}/notice")]
async fn get_recovery_notice(
    permit: Permit<acts::RecoveryRead>,
    store: web::Data<Store>,
    id: web::Path<RecoveryId>,
) -> Result<web::Json<LetterBody>> {
    let letter = store
        .look(permit.reach(), move |db| service::notice(db, &permit, *id))
        .await?;
    Ok(web::Json(letter.into()))
}

/// What was done to a recovery, from the beginning
#[utoipa::path(
    operation_id = "list_recovery_transitions", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("recovery.read"))),
    responses((status = 200, description = "All entries, oldest first", body = RecoveryTransitionPage), ReadErrors)
)]
#[get("/v1/recoveries/{id}/transitions")]
async fn list_recovery_transitions(
    permit: Permit<acts::RecoveryRead>,
    store: web::Data<Store>,
    id: web::Path<RecoveryId>,
) -> Result<web::Json<RecoveryTransitionPage>> {
    let all = store
        .look(permit.reach(), move |db| service::history(db, &permit, *id))
        .await?;
    let items = all.into_iter().map(TurnBody::from).collect();
    Ok(web::Json(RecoveryTransitionPage::whole(items)))
}

/// Serve the notice of a recovery, or withdraw what was opened in error
///
/// `notify` puts down how and when the notice was served; only then is anything kept back from payments. `withdraw`
/// takes another person than who opened it (403 `recovery.own`), and that nothing was recovered (409
/// `recovery.moved`). 403 `case.recusal_required` for who is related to the resident.
#[utoipa::path(
    operation_id = "create_recovery_transition", tag = "subsidies",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewRecoveryTransition, extensions(("x-permit" = json!("recovery.act"))),
    responses(
        (status = 201, description = "The recovery as it now is", body = RecoveryBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/recoveries/{id}/transitions")]
async fn create_recovery_transition(
    permit: Permit<acts::RecoveryAct>,
    store: web::Data<Store>,
    id: web::Path<RecoveryId>,
    seen: IfMatch,
    asked: Creation<NewRecoveryTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, &asked)?.try_map(answer)
        })
        .await
}

/// Agree how much of each month's payment is kept back
///
/// From a month on, in place of what was agreed before; that stays on record. Payments of the same program and
/// county keep it back once the notice was served, and never more than is due or left.
#[utoipa::path(
    operation_id = "create_recovery_instalments", tag = "subsidies", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewInstalments, extensions(("x-permit" = json!("recovery.act"))),
    responses(
        (status = 201, description = "The recovery as it now is", body = RecoveryBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/recoveries/{id}/instalments")]
async fn create_recovery_instalments(
    permit: Permit<acts::RecoveryAct>,
    store: web::Data<Store>,
    id: web::Path<RecoveryId>,
    new: Creation<NewInstalments>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::agree(tx, &permit, *id, new)?.try_map(answer)
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_recoveries)
        .service(create_recovery)
        .service(get_recovery)
        .service(get_recovery_notice)
        .service(list_recovery_transitions)
        .service(create_recovery_transition)
        .service(create_recovery_instalments);
}
