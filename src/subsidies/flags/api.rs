//! `/v1/payment-batches/{id}/flags`: list and clear.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{Flag, NewClearance};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::error::Result;
use crate::kernel::id::{PaymentBatchId, PaymentFlagId};

page_of!(PaymentFlagPage, Flag);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FlagQuery {
    /// Only those that nobody has cleared.
    #[serde(default)]
    open: bool,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List what speaks against payments of a batch
#[utoipa::path(
    operation_id = "list_payment_flags", tag = "subsidies", params(("id" = uuid::Uuid, Path), FlagQuery),
    extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "A page of flags, oldest first", body = PaymentFlagPage), ReadErrors)
)]
#[get("/v1/payment-batches/{id}/flags")]
async fn list_payment_flags(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    id: web::Path<PaymentBatchId>,
    Params(query): Params<FlagQuery>,
) -> Result<web::Json<PaymentFlagPage>> {
    let keys = store.keys();
    let list = format!("payment-flags {id}");
    let paging = Paging::of(keys, &list, &query, query.limit, query.cursor.as_deref())?;
    let (after, count) = paging.window();
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &permit, *id, query.open, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |flag| flag.id)?;
    Ok(web::Json(PaymentFlagPage { items, next }))
}

/// Say why a flag does not count
///
/// 403 `payment_flag.own` for whoever made the batch. Who clears a flag does not make the batch later.
#[utoipa::path(
    operation_id = "clear_payment_flag", tag = "subsidies",
    params(("id" = uuid::Uuid, Path), ("flag_id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewClearance, extensions(("x-permit" = json!("payment.act"))),
    responses((status = 201, description = "The flag as it now is", body = Flag), ReadErrors, WriteErrors)
)]
#[post("/v1/payment-batches/{id}/flags/{flag_id}/clearance")]
async fn clear_payment_flag(
    permit: Permit<acts::PaymentAct>,
    store: web::Data<Store>,
    path: web::Path<(PaymentBatchId, PaymentFlagId)>,
    new: Creation<NewClearance>,
) -> Result<HttpResponse> {
    let (batch, flag) = path.into_inner();
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::clear(tx, &permit, batch, flag, &new)?.try_map(|flag| Answer::done(&flag))
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_payment_flags)
        .service(clear_payment_flag);
}
