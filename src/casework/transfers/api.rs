//! `/v1/transfers` and `/v1/residents/{id}/transfers`: offer, list, read, answer.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::TransferBody;
use super::model::{NewTransfer, NewTransferTransition, TransferState};
use super::service::{self, Window};
use crate::access::{Permit, acts};
use crate::casework::cases::Desk;
use crate::casework::referrals::Direction;
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::error::Result;
use crate::kernel::id::{ResidentId, TransferId};

page_of!(TransferPage, TransferBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TransferQuery {
    /// `incoming`: to your divisions; `outgoing`: from them. Both, unless given.
    #[param(inline)]
    direction: Option<Direction>,
    #[param(inline)]
    state: Option<TransferState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List transfers, newest first
///
/// Without the person and the reason: who looks at those reads the transfer, and that is recorded.
#[utoipa::path(
    operation_id = "list_transfers", tag = "casework", params(TransferQuery), extensions(("x-permit" = json!("transfer.read"))),
    responses((status = 200, description = "A page of transfers", body = TransferPage), ReadErrors)
)]
#[get("/v1/transfers")]
async fn list_transfers(
    permit: Permit<acts::TransferRead>,
    store: web::Data<Store>,
    Params(query): Params<TransferQuery>,
) -> Result<web::Json<TransferPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "transfers",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let window = Window {
        direction: query.direction,
        state: query.state,
        after,
        count,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &permit, &window)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.transfer.id)?;
    let items = rows.into_iter().map(TransferBody::from).collect();
    Ok(web::Json(TransferPage { items, next }))
}

/// List the transfers of one resident, newest first
#[utoipa::path(
    operation_id = "list_resident_transfers", tag = "casework", params(("id" = uuid::Uuid, Path), PageQuery),
    extensions(("x-permit" = json!("transfer.read"))),
    responses((status = 200, description = "A page of transfers", body = TransferPage), ReadErrors)
)]
#[get("/v1/residents/{id}/transfers")]
async fn list_resident_transfers(
    permit: Permit<acts::TransferRead>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    id: web::Path<ResidentId>,
    Params(query): Params<PageQuery>,
) -> Result<web::Json<TransferPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "resident_transfers",
        &*id,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let rows = store
        .look(permit.reach(), move |db| {
            service::of_resident(db, &permit, &desk, *id, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.transfer.id)?;
    let items = rows.into_iter().map(TransferBody::from).collect();
    Ok(web::Json(TransferPage { items, next }))
}

/// Offer a resident to the county they move to
///
/// Until it is accepted, declined or cancelled, both ends hold: 409 `resident.in_transfer` with
/// `transfer_id` for every step, filing and withdrawal of their cases and every new one. Looks, facts and
/// answers to supplement requests go on, and so does what is paid.
#[utoipa::path(
    operation_id = "create_transfer", tag = "casework", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewTransfer, extensions(("x-permit" = json!("transfer.act"))),
    responses(
        (status = 201, description = "Offered", body = TransferBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/residents/{id}/transfers")]
async fn create_transfer(
    permit: Permit<acts::TransferAct>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    id: web::Path<ResidentId>,
    new: Creation<NewTransfer>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::offer(tx, &permit, &desk, *id, &new)?.try_map(|shown| {
            let (id, version) = (shown.transfer.id, shown.transfer.last_transition);
            Answer::created(
                format!("/v1/transfers/{id}"),
                version,
                &TransferBody::from(shown),
            )
        })
    })
    .await
}

/// Read a transfer with its history
///
/// While it is offered, and once it was accepted, `belongings` is what the other county takes over. Both
/// ends keep seeing it.
#[utoipa::path(
    operation_id = "get_transfer", tag = "casework", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("transfer.read"))),
    responses((status = 200, description = "The transfer", body = TransferBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/transfers/{id}")]
async fn get_transfer(
    permit: Permit<acts::TransferRead>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    id: web::Path<TransferId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| {
            service::view(db, &permit, &desk, *id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.transfer.last_transition)))
        .json(TransferBody::from(shown)))
}

/// Accept, decline or cancel a transfer
///
/// Accepted, the resident, the open cases and the running benefits are the receiving county's, all at once
/// and as they were: a step is due on the same day, a supplement request waits on, a benefit is paid on from
/// the same row. A case keeps its version of the program; that of the new county counts from the next
/// submission on. Closed cases and the hukou stay. 403 `transfer.other_side` for what the other end does,
/// and for who offered it.
#[utoipa::path(
    operation_id = "create_transfer_transition", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewTransferTransition, extensions(("x-permit" = json!("transfer.act"))),
    responses(
        (status = 201, description = "The transfer as it now is", body = TransferBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/transfers/{id}/transitions")]
async fn create_transfer_transition(
    permit: Permit<acts::TransferAct>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    id: web::Path<TransferId>,
    seen: IfMatch,
    asked: Creation<NewTransferTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::act(tx, &permit, &desk, *id, seen, &asked)?.try_map(|shown| {
                let version = shown.transfer.last_transition;
                Answer::created(
                    format!("/v1/transfers/{id}"),
                    version,
                    &TransferBody::from(shown),
                )
            })
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_transfers)
        .service(get_transfer)
        .service(create_transfer_transition)
        .service(list_resident_transfers)
        .service(create_transfer);
}
