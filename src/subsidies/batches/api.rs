//! `/v1/payment-batches`: make, list, read, move.

mod body;
mod files;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::{BatchBody, BatchTurn};
use super::model::{NewBatch, NewBatchTransition, PaymentBatchAction, PaymentBatchState};
use super::service::{self, BatchFilter};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::PaymentBatchId;
use crate::kernel::month::Month;

page_of!(PaymentBatchPage, BatchBody);
whole_page_of!(PaymentBatchTransitionPage, BatchTurn);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct BatchQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<PaymentBatchState>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
    #[param(value_type = Option<String>, example = "2022-07")]
    month: Option<Month>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List payment batches, newest first
#[utoipa::path(
    operation_id = "list_payment_batches", tag = "subsidies", params(BatchQuery), extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "A page of payment batches", body = PaymentBatchPage), ReadErrors)
)]
#[get("/v1/payment-batches")]
async fn list_payment_batches(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    Params(query): Params<BatchQuery>,
) -> Result<web::Json<PaymentBatchPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "payment-batches",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = BatchFilter {
        id: None,
        state: query.state,
        program_code: query.program_code,
        month: query.month,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &permit, &scope, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.batch.id)?;
    let items = rows.into_iter().map(BatchBody::from).collect();
    Ok(web::Json(PaymentBatchPage { items, next }))
}

/// Make a payment batch
///
/// Of all that is due in the county for the program up to that month and not in another payment, what a payment
/// failed to bring included. Who has no bank account in force is left out and named in `left_out`. 409
/// `payment_batch.nothing_payable` where nothing is left.
#[utoipa::path(
    operation_id = "create_payment_batch", tag = "subsidies", params(IdempotencyKey), request_body = NewBatch,
    extensions(("x-permit" = json!("payment.make"))),
    responses(
        (status = 201, description = "Made", body = BatchBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/payment-batches")]
async fn create_payment_batch(
    permit: Permit<acts::PaymentMake>,
    store: web::Data<Store>,
    new: Creation<NewBatch>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::make(tx, &permit, &new)?.try_map(|shown| {
            let (id, version) = (shown.batch.id, shown.batch.last_transition);
            Answer::created(
                format!("/v1/payment-batches/{id}"),
                version,
                &BatchBody::from(shown),
            )
        })
    })
    .await
}

/// Read a payment batch
#[utoipa::path(
    operation_id = "get_payment_batch", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "The payment batch", body = BatchBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/payment-batches/{id}")]
async fn get_payment_batch(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    id: web::Path<PaymentBatchId>,
) -> Result<HttpResponse> {
    let shown = store
        .read(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.batch.last_transition)))
        .json(BatchBody::from(shown)))
}

/// A payment batch's history
#[utoipa::path(
    operation_id = "list_payment_batch_transitions", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "From the beginning", body = PaymentBatchTransitionPage), ReadErrors)
)]
#[get("/v1/payment-batches/{id}/transitions")]
async fn list_payment_batch_transitions(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    id: web::Path<PaymentBatchId>,
) -> Result<web::Json<PaymentBatchTransitionPage>> {
    let all = store
        .read(permit.reach(), move |db| service::history(db, &permit, *id))
        .await?;
    let items = all.into_iter().map(Into::into).collect();
    Ok(web::Json(PaymentBatchTransitionPage::whole(items)))
}

/// Submit, check, return, release or cancel a payment batch
///
/// Making, checking and releasing take three persons: 403 `payment_batch.separation_of_duties` for who has another
/// duty of this batch, whatever became of it since; 403 `case.recusal_required` for who is related to somebody it
/// pays. A release needs a step-up within the last five minutes (403 `session.step_up_required`), no open flag
/// (409 `payment_batch.flagged`) and room in the budget (409 `budget.missing`, `budget.exceeded`).
#[utoipa::path(
    operation_id = "create_payment_batch_transition", tag = "subsidies",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewBatchTransition, extensions(("x-permit" = json!("payment.act"))),
    responses(
        (status = 201, description = "The payment batch as it now is", body = BatchBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/payment-batches/{id}/transitions")]
async fn create_payment_batch_transition(
    permit: Permit<acts::PaymentAct>,
    store: web::Data<Store>,
    id: web::Path<PaymentBatchId>,
    seen: IfMatch,
    asked: Creation<NewBatchTransition>,
) -> Result<HttpResponse> {
    if asked.action == PaymentBatchAction::Release {
        permit.actor().has_just_stepped_up(store.given().now())?;
        let asking = permit.clone();
        let (batch, reach) = (*id, permit.reach());
        let news = move |db: &mut _| service::has_news(db, &asking, batch);
        if store.read(reach.clone(), news).await? {
            let finding = permit.clone();
            store
                .write(reach, move |tx| service::inspect(tx, &finding, batch))
                .await?;
        }
    }
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, &asked)?.try_map(|shown| {
                let version = shown.batch.last_transition;
                Answer::created(
                    format!("/v1/payment-batches/{id}"),
                    version,
                    &BatchBody::from(shown),
                )
            })
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_payment_batches)
        .service(create_payment_batch)
        .service(get_payment_batch)
        .service(list_payment_batch_transitions)
        .service(create_payment_batch_transition)
        .service(files::get_payment_list)
        .service(files::get_bank_file);
}
