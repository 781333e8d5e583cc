//! `/v1/referrals` and `/v1/cases/{id}/referrals`: refer, list, read, answer.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::ReferralBody;
use super::model::{Direction, NewReferral, NewReferralTransition, ReferralState};
use super::service::{self, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, ReferralId};

page_of!(ReferralPage, ReferralBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ReferralQuery {
    /// `incoming`: to your organizations; `outgoing`: of the cases in your sight. Both, unless given.
    #[param(inline)]
    direction: Option<Direction>,
    #[param(inline)]
    state: Option<ReferralState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List referrals, newest first
///
/// Without the person and the purpose: who looks at those reads the referral, and that is recorded.
#[utoipa::path(
    operation_id = "list_referrals", tag = "casework", params(ReferralQuery), extensions(("x-permit" = json!("referral.read"))),
    responses((status = 200, description = "A page of referrals", body = ReferralPage), ReadErrors)
)]
#[get("/v1/referrals")]
async fn list_referrals(
    permit: Permit<acts::ReferralRead>,
    store: web::Data<Store>,
    Params(query): Params<ReferralQuery>,
) -> Result<web::Json<ReferralPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "referrals",
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
        .read(service::reach(&permit), move |db| {
            service::page(db, &permit, &window)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.referral.id)?;
    let items = rows.into_iter().map(ReferralBody::from).collect();
    Ok(web::Json(ReferralPage { items, next }))
}

/// What a case was referred for, oldest first
#[utoipa::path(
    operation_id = "list_case_referrals", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "All of them; `next` is null", body = ReferralPage), ReadErrors)
)]
#[get("/v1/cases/{id}/referrals")]
async fn list_case_referrals(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
) -> Result<web::Json<ReferralPage>> {
    let all = store
        .look(permit.reach(), move |db| service::of_case(db, &permit, *id))
        .await?;
    let items = all.into_iter().map(ReferralBody::from).collect();
    Ok(web::Json(ReferralPage { items, next: None }))
}

/// Refer a case's resident to an office or institution
///
/// Whoever holds a role there sees the person as far as the work needs, and what is asked for.
#[utoipa::path(
    operation_id = "create_referral", tag = "casework", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewReferral, extensions(("x-permit" = json!("case.act"))),
    responses(
        (status = 201, description = "Offered", body = ReferralBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/cases/{id}/referrals")]
async fn create_referral(
    permit: Permit<acts::CaseAct>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
    new: Creation<NewReferral>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::offer(tx, &permit, *id, &new)?.try_map(|shown| {
            let (id, version) = (shown.referral.id, shown.referral.last_transition);
            Answer::created(
                format!("/v1/referrals/{id}"),
                version,
                &ReferralBody::from(shown),
            )
        })
    })
    .await
}

/// Read a referral with its history
///
/// The look is recorded where the case is.
#[utoipa::path(
    operation_id = "get_referral", tag = "casework", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("referral.read"))),
    responses((status = 200, description = "The referral", body = ReferralBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/referrals/{id}")]
async fn get_referral(
    permit: Permit<acts::ReferralRead>,
    store: web::Data<Store>,
    id: web::Path<ReferralId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(service::reach(&permit), move |db| {
            service::view(db, &permit, *id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.referral.last_transition)))
        .json(ReferralBody::from(shown)))
}

/// Accept, decline, complete or cancel a referral
///
/// The organization named accepts or declines what is offered and completes what it accepted; who may act
/// on the case cancels. What was accepted, either side cancels. 403 `referral.other_side` for what the
/// other side does; 409 `referral.transition_not_allowed` when its state does not allow the action.
#[utoipa::path(
    operation_id = "create_referral_transition", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewReferralTransition, extensions(("x-permit" = json!("referral.act"))),
    responses(
        (status = 201, description = "The referral as it now is", body = ReferralBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/referrals/{id}/transitions")]
async fn create_referral_transition(
    permit: Permit<acts::ReferralAct>,
    store: web::Data<Store>,
    id: web::Path<ReferralId>,
    seen: IfMatch,
    asked: Creation<NewReferralTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(
            &store,
            service::reach(&permit),
            &origin,
            move |tx, asked| {
                service::act(tx, &permit, *id, seen, &asked)?.try_map(|shown| {
                    let version = shown.referral.last_transition;
                    Answer::created(
                        format!("/v1/referrals/{id}"),
                        version,
                        &ReferralBody::from(shown),
                    )
                })
            },
        )
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_referrals)
        .service(get_referral)
        .service(create_referral_transition)
        .service(list_case_referrals)
        .service(create_referral);
}
