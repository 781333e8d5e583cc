//! `GET /v1/payments`, `GET /v1/payments/{id}`.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Item, Payment, PaymentState};
use super::service::{self, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, Routes, etag};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{OrganizationId, PaymentBatchId, PaymentId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;

page_of!(PaymentPage, PaymentBody);

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "payment_number": "990121-202207-0001-000001",
    "batch_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "organization_id": null, "program_code": "nursing_subsidy", "division_code": "990121103201", "gross_fen": 50000, "arrears_fen": 0,
    "deduction_fen": 0, "net_fen": 50000, "payee": "张晓宝", "bank_account_masked": "****2344",
    "bank_name": "丙岭农村商业银行", "state": "failed", "failure": "账号户名不符", "retry_of": null, "version": 3,
    "created_at": "2022-07-20T01:00:00.000000Z", "updated_at": "2022-07-22T01:00:00.000000Z"
}))]
pub struct PaymentBody {
    #[schema(value_type = uuid::Uuid)]
    id: PaymentId,
    /// By which the bank's answer names it.
    payment_number: String,
    #[schema(value_type = uuid::Uuid)]
    batch_id: PaymentBatchId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    /// Who is paid for having served the resident; null where the resident is.
    #[schema(value_type = Option<uuid::Uuid>)]
    organization_id: Option<OrganizationId>,
    program_code: String,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    /// For the batch's own month.
    gross_fen: Fen,
    /// For months before.
    arrears_fen: Fen,
    /// Kept back for what was paid too much.
    deduction_fen: Fen,
    net_fen: Fen,
    /// In whose name the account is.
    payee: String,
    bank_account_masked: String,
    bank_name: String,
    state: PaymentState,
    /// Why the bank did not pay it.
    failure: Option<String>,
    /// The payment that failed, and whose months this one pays.
    #[schema(value_type = Option<uuid::Uuid>)]
    retry_of: Option<PaymentId>,
    version: i32,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    updated_at: Timestamp,
    /// The months it pays, or was to pay; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    items: Option<Vec<Item>>,
}

impl From<Payment> for PaymentBody {
    fn from(payment: Payment) -> Self {
        Self {
            id: payment.id,
            payment_number: payment.payment_number,
            batch_id: payment.batch,
            resident_id: payment.resident,
            organization_id: payment.organization,
            program_code: payment.program_code,
            division_code: payment.division,
            gross_fen: payment.gross,
            arrears_fen: payment.arrears,
            deduction_fen: payment.deduction,
            net_fen: payment.net,
            payee: payment.payee,
            bank_account_masked: payment.account.masked(),
            bank_name: payment.bank_name,
            state: payment.state,
            failure: payment.failure,
            retry_of: payment.retry_of,
            version: payment.version,
            created_at: payment.created_at,
            updated_at: payment.updated_at,
            items: None,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PaymentQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(value_type = Option<uuid::Uuid>)]
    batch_id: Option<PaymentBatchId>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    #[param(inline)]
    state: Option<PaymentState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List payments
///
/// Account numbers are masked here as everywhere; only the file for the bank has them. The look is recorded.
#[utoipa::path(
    operation_id = "list_payments", tag = "subsidies", params(PaymentQuery), extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "A page of payments, oldest first", body = PaymentPage), ReadErrors)
)]
#[get("/v1/payments")]
async fn list_payments(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    Params(query): Params<PaymentQuery>,
) -> Result<web::Json<PaymentPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "payments",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let window = Window {
        batch: query.batch_id,
        resident: query.resident_id,
        state: query.state,
        after,
        count,
    };
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, &scope, &window)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |payment| payment.id)?;
    let items = rows.into_iter().map(PaymentBody::from).collect();
    Ok(web::Json(PaymentPage { items, next }))
}

/// Read a payment with its months
#[utoipa::path(
    operation_id = "get_payment", tag = "subsidies", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "The payment", body = PaymentBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/payments/{id}")]
async fn get_payment(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    id: web::Path<PaymentId>,
) -> Result<HttpResponse> {
    let (payment, items) = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    let body = PaymentBody {
        items: Some(items),
        ..PaymentBody::from(payment)
    };
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(body.version)))
        .json(body))
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_payments).service(get_payment);
}
