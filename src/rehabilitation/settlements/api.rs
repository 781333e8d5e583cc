//! `/v1/settlements`: propose, list, read, check, take back.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::SettlementBody;
use super::model::{NewReversal, NewSettlement, NewSettlementTransition, SettlementState};
use super::service::{self, Filter, Shown};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{OrganizationId, SettlementId};
use crate::kernel::month::Month;

page_of!(SettlementPage, SettlementBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SettlementQuery {
    /// Only those that this division and those beneath it pay.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(value_type = Option<uuid::Uuid>)]
    institution_id: Option<OrganizationId>,
    #[param(value_type = Option<String>, example = "2022-07")]
    month: Option<Month>,
    #[param(inline)]
    state: Option<SettlementState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

fn answer(shown: Shown) -> Result<Answer> {
    let (id, version) = (shown.settlement.id, shown.settlement.last_transition);
    let place = format!("/v1/settlements/{id}");
    Answer::created(place, version, &SettlementBody::from(shown))
}

/// List settlements, newest first
#[utoipa::path(
    operation_id = "list_settlements", tag = "rehabilitation", params(SettlementQuery),
    extensions(("x-permit" = json!("settlement.read"))),
    responses((status = 200, description = "A page of settlements", body = SettlementPage), ReadErrors)
)]
#[get("/v1/settlements")]
async fn list_settlements(
    permit: Permit<acts::SettlementRead>,
    store: web::Data<Store>,
    Params(query): Params<SettlementQuery>,
) -> Result<web::Json<SettlementPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "settlements",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    permit.scope_in(query.division_code)?;
    let filter = Filter {
        id: None,
        division: query.division_code,
        institution: query.institution_id,
        month: query.month,
        state: query.state,
    };
    let rows = store
        .read(service::reach(&permit), move |db| {
            service::page(db, &permit, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.settlement.id)?;
    let items = rows.into_iter().map(SettlementBody::from).collect();
    Ok(web::Json(SettlementPage { items, next }))
}

/// Propose what an institution is owed for a month
///
/// Each plan's confirmed sessions at the rate in force, as far as the child's cap of the year leaves; a child who is not
/// eligible in that year, or for whose service nothing is paid, is left out and named in `left_out`. What was taken back
/// after it was paid is kept back. Sessions that are confirmed later are settled by another one of the month.
#[utoipa::path(
    operation_id = "create_settlement", tag = "rehabilitation", params(IdempotencyKey), request_body = NewSettlement,
    extensions(("x-permit" = json!("settlement.propose"))),
    responses(
        (status = 201, description = "Proposed", body = SettlementBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/settlements")]
async fn create_settlement(
    permit: Permit<acts::SettlementPropose>,
    store: web::Data<Store>,
    new: Creation<NewSettlement>,
) -> Result<HttpResponse> {
    let (origin, reach) = (permit.origin().clone(), service::reach(&permit));
    new.once(&store, reach, &origin, move |tx, new| {
        service::propose(tx, &permit, &new)?.try_map(answer)
    })
    .await
}

/// Read a settlement with its lines and its history
#[utoipa::path(
    operation_id = "get_settlement", tag = "rehabilitation", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("settlement.read"))),
    responses((status = 200, description = "The settlement", body = SettlementBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/settlements/{id}")]
async fn get_settlement(
    permit: Permit<acts::SettlementRead>,
    store: web::Data<Store>,
    id: web::Path<SettlementId>,
) -> Result<HttpResponse> {
    let shown = store
        .read(service::reach(&permit), move |db| {
            service::view(db, &permit, *id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.settlement.last_transition)))
        .json(SettlementBody::from(shown)))
}

/// Check, return or withdraw a settlement
///
/// An office of the county checks or returns it, and nobody who proposed it or works at the institution (403
/// `settlement.own`) or is related to one of the children (403 `case.recusal_required`); the institution withdraws it.
/// What is returned or withdrawn takes nothing of any cap.
#[utoipa::path(
    operation_id = "create_settlement_transition", tag = "rehabilitation",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewSettlementTransition, extensions(("x-permit" = json!("settlement.act"))),
    responses(
        (status = 201, description = "The settlement as it now is", body = SettlementBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/settlements/{id}/transitions")]
async fn create_settlement_transition(
    permit: Permit<acts::SettlementAct>,
    store: web::Data<Store>,
    id: web::Path<SettlementId>,
    seen: IfMatch,
    asked: Creation<NewSettlementTransition>,
) -> Result<HttpResponse> {
    let (origin, reach) = (permit.origin().clone(), service::reach(&permit));
    asked
        .once(&store, reach, &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, &asked)?.try_map(answer)
        })
        .await
}

/// Take back a line of a settlement that was checked
///
/// What is in no payment yet is not paid; what is, the institution's next settlements keep back. Either way the cap is
/// given back exactly, and the sessions may be voided or settled again.
#[utoipa::path(
    operation_id = "create_settlement_reversal", tag = "rehabilitation", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewReversal, extensions(("x-permit" = json!("settlement.correct"))),
    responses(
        (status = 201, description = "The settlement as it now is", body = SettlementBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/settlements/{id}/reversals")]
async fn create_settlement_reversal(
    permit: Permit<acts::SettlementCorrect>,
    store: web::Data<Store>,
    id: web::Path<SettlementId>,
    asked: Creation<NewReversal>,
) -> Result<HttpResponse> {
    let (origin, reach) = (permit.origin().clone(), service::reach(&permit));
    asked
        .once(&store, reach, &origin, move |tx, asked| {
            service::reverse(tx, &permit, *id, &asked)?.try_map(answer)
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_settlements)
        .service(create_settlement)
        .service(get_settlement)
        .service(create_settlement_transition)
        .service(create_settlement_reversal);
}
