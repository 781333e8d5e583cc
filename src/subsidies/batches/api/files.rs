//! `GET /v1/payment-batches/{id}/payment-list` and `…/bank-file`.

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::{FileContent, Params, ReadErrors, WriteErrors};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::PaymentBatchId;
use crate::subsidies::batches::files;
use crate::subsidies::payment_files::{Encoding, write_bank_file, write_list};

const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct BankFileQuery {
    /// UTF-8 unless given.
    #[serde(default)]
    #[param(inline)]
    encoding: Encoding,
}

fn attached(media_type: &str, name: String, content: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(name)],
        })
        .body(content)
}

/// Writing a long list takes its time, and no thread that serves.
async fn written<T: Send + 'static>(
    write: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    web::block(write).await.map_err(Error::internal)?
}

/// Download the payment list (发放清册)
///
/// A workbook as offices sign it, with the sum in words, ID and account numbers in clear. Each download is on
/// record before the first byte leaves.
#[utoipa::path(
    operation_id = "get_payment_list", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("payment.act"))),
    responses((status = 200, description = "The list",
        content((inline(FileContent) = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        headers(("Content-Disposition" = String, description = "Its name"))), ReadErrors)
)]
#[get("/v1/payment-batches/{id}/payment-list")]
pub async fn get_payment_list(
    permit: Permit<acts::PaymentAct>,
    store: web::Data<Store>,
    id: web::Path<PaymentBatchId>,
) -> Result<HttpResponse> {
    let file = store
        .look(permit.reach(), move |db| files::list(db, &permit, *id))
        .await?;
    let name = format!("{}.xlsx", file.batch_number);
    let content = written(move || write_list(&file.content)).await?;
    Ok(attached(WORKBOOK, name, content))
}

/// Download the file for the bank
///
/// CSV, one line a payment of a released batch, with account numbers in clear. Each download is on record before
/// the first byte leaves. A name that GBK cannot write is 422, with the line.
#[utoipa::path(
    operation_id = "get_bank_file", tag = "subsidies", params(("id" = uuid::Uuid, Path), BankFileQuery),
    extensions(("x-permit" = json!("payment.exchange"))),
    responses((status = 200, description = "The file", content((inline(FileContent) = "text/csv")),
        headers(("Content-Disposition" = String, description = "Its name"))), ReadErrors, WriteErrors)
)]
#[get("/v1/payment-batches/{id}/bank-file")]
pub async fn get_bank_file(
    permit: Permit<acts::PaymentExchange>,
    store: web::Data<Store>,
    id: web::Path<PaymentBatchId>,
    Params(query): Params<BankFileQuery>,
) -> Result<HttpResponse> {
    let file = store
        .look(permit.reach(), move |db| files::bank_rows(db, &permit, *id))
        .await?;
    let encoding = query.encoding;
    let name = format!("{}-{encoding}.csv", file.batch_number);
    let write = move || write_bank_file(&file.content, encoding).map_err(Error::fields);
    let content = written(write).await?;
    let media_type = match encoding {
        Encoding::Utf8 => "text/csv; charset=utf-8",
        Encoding::Gbk => "text/csv; charset=gbk",
    };
    Ok(attached(media_type, name, content))
}
