//! `/v1/payment-batches/{id}/bank-returns`: bring what the bank answered, and read what came of it.

use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{BankReturn, BankReturnRow, BankReturnVerdict};
use super::service::{self, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, FileContent, IdempotencyKey, Paging, Params, ReadErrors, Routes, Upload, WriteErrors,
};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{BankReturnId, PaymentBatchId};
use crate::subsidies::payment_files::read_return;

page_of!(BankReturnPage, BankReturn);
page_of!(BankReturnRowPage, BankReturnRow);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ReturnsQuery {
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
struct RowsQuery {
    #[param(inline)]
    verdict: Option<BankReturnVerdict>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// Bring the bank's answer
///
/// CSV (UTF-8 or GBK) or a workbook. What it says undisputed is written down, the rest reported row by row; 409
/// `bank_return.read_already` with `bank_return_id` for a file that was read before.
#[utoipa::path(
    operation_id = "create_bank_return", tag = "subsidies", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body(content = inline(FileContent), content_type = "application/octet-stream", description = "The file"),
    extensions(("x-permit" = json!("payment.exchange"))),
    responses(
        (status = 201, description = "Read", body = BankReturn,
            headers(("Location" = String, description = "Its rows"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/payment-batches/{id}/bank-returns")]
async fn create_bank_return(
    permit: Permit<acts::PaymentExchange>,
    store: web::Data<Store>,
    id: web::Path<PaymentBatchId>,
    upload: Upload,
) -> Result<HttpResponse> {
    let (reach, origin, batch) = (permit.reach(), permit.origin().clone(), *id);
    let asking = permit.clone();
    store
        .read(reach.clone(), move |db| service::invite(db, &asking, batch))
        .await?;
    let mut content = Vec::new();
    let received = upload
        .each(async |part: Bytes| {
            content.extend_from_slice(&part);
            Ok(())
        })
        .await?;
    let file = web::block(move || read_return(&content)).await;
    let file = file.map_err(Error::internal)??;
    let sha256 = received.sha256;
    received
        .key
        .once(&store, reach, &origin, received.fingerprint, move |tx| {
            service::receive(tx, &permit, batch, &sha256, &file)?.try_map(|answer| {
                let place = format!(
                    "/v1/payment-batches/{batch}/bank-returns/{}/rows",
                    answer.id
                );
                Answer::created(place, 1, &answer)
            })
        })
        .await
}

/// List what the bank answered, newest first
#[utoipa::path(
    operation_id = "list_bank_returns", tag = "subsidies", params(("id" = uuid::Uuid, Path), ReturnsQuery),
    extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "A page of answers", body = BankReturnPage), ReadErrors)
)]
#[get("/v1/payment-batches/{id}/bank-returns")]
async fn list_bank_returns(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    id: web::Path<PaymentBatchId>,
    Params(query): Params<ReturnsQuery>,
) -> Result<web::Json<BankReturnPage>> {
    let list = format!("bank-returns {id}");
    let paging = Paging::of(
        store.keys(),
        &list,
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &permit, *id, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |answer| answer.id)?;
    Ok(web::Json(BankReturnPage { items, next }))
}

/// List the rows of a bank's answer, with what is thought of each
#[utoipa::path(
    operation_id = "list_bank_return_rows", tag = "subsidies",
    params(("id" = uuid::Uuid, Path), ("return_id" = uuid::Uuid, Path), RowsQuery),
    extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "A page of rows, line by line", body = BankReturnRowPage), ReadErrors)
)]
#[get("/v1/payment-batches/{id}/bank-returns/{return_id}/rows")]
async fn list_bank_return_rows(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    path: web::Path<(PaymentBatchId, BankReturnId)>,
    Params(query): Params<RowsQuery>,
) -> Result<web::Json<BankReturnRowPage>> {
    let (batch, id) = path.into_inner();
    let list = format!("bank-return-rows {id}");
    let paging = Paging::of(
        store.keys(),
        &list,
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let window = Window {
        batch,
        id,
        verdict: query.verdict,
        after,
        count,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::rows(db, &permit, &window)
        })
        .await?;
    let (items, next) = paging.cut(rows, |row| row.line)?;
    Ok(web::Json(BankReturnRowPage { items, next }))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(create_bank_return)
        .service(list_bank_returns)
        .service(list_bank_return_rows);
}
