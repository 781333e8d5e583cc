//! `/v1/rehabilitation-sessions`: record, list, read, confirm, void.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::SessionBody;
use super::model::{NewSession, NewSessionTransition, SessionState};
use super::service::{self, Filter, Shown};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::error::Result;
use crate::kernel::id::{OrganizationId, RehabilitationPlanId, RehabilitationSessionId};
use crate::kernel::month::Month;

page_of!(RehabilitationSessionPage, SessionBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SessionQuery {
    #[param(value_type = Option<uuid::Uuid>)]
    plan_id: Option<RehabilitationPlanId>,
    #[param(value_type = Option<uuid::Uuid>)]
    institution_id: Option<OrganizationId>,
    #[param(value_type = Option<String>, example = "2022-07")]
    month: Option<Month>,
    #[param(inline)]
    state: Option<SessionState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

fn answer(shown: Shown) -> Result<Answer> {
    let (id, version) = (shown.session.id, shown.session.version);
    let place = format!("/v1/rehabilitation-sessions/{id}");
    Answer::created(place, version, &SessionBody::read(shown))
}

/// List rehabilitation sessions, newest first
///
/// Without notes and the guardians' names: who looks at those reads the session, and that is recorded.
#[utoipa::path(
    operation_id = "list_rehabilitation_sessions", tag = "rehabilitation", params(SessionQuery),
    extensions(("x-permit" = json!("rehabilitation.read"))),
    responses((status = 200, description = "A page of rehabilitation sessions", body = RehabilitationSessionPage), ReadErrors)
)]
#[get("/v1/rehabilitation-sessions")]
async fn list_rehabilitation_sessions(
    permit: Permit<acts::RehabilitationRead>,
    store: web::Data<Store>,
    Params(query): Params<SessionQuery>,
) -> Result<web::Json<RehabilitationSessionPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "rehabilitation-sessions",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let filter = Filter {
        id: None,
        plan: query.plan_id,
        institution: query.institution_id,
        month: query.month,
        state: query.state,
    };
    let rows = store
        .read(service::reach(&permit), move |db| {
            service::page(db, &permit, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.session.id)?;
    let items = rows.into_iter().map(SessionBody::listed).collect();
    Ok(web::Json(RehabilitationSessionPage { items, next }))
}

/// Record a rehabilitation session
///
/// By the institution that did it, once it has ended. Not outside the plan or the agreement (409
/// `rehabilitation_session.outside`); a child and a therapist have one at a time (409 `rehabilitation_session.at_once`).
#[utoipa::path(
    operation_id = "create_rehabilitation_session", tag = "rehabilitation", params(IdempotencyKey), request_body = NewSession,
    extensions(("x-permit" = json!("rehabilitation.deliver"))),
    responses(
        (status = 201, description = "Recorded", body = SessionBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/rehabilitation-sessions")]
async fn create_rehabilitation_session(
    permit: Permit<acts::RehabilitationDeliver>,
    store: web::Data<Store>,
    new: Creation<NewSession>,
) -> Result<HttpResponse> {
    let (origin, reach) = (permit.origin().clone(), service::reach(&permit));
    new.once(&store, reach, &origin, move |tx, new| {
        service::record(tx, &permit, new)?.try_map(answer)
    })
    .await
}

/// Read a rehabilitation session
///
/// The look is recorded where the case is.
#[utoipa::path(
    operation_id = "get_rehabilitation_session", tag = "rehabilitation", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("rehabilitation.read"))),
    responses((status = 200, description = "The session", body = SessionBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/rehabilitation-sessions/{id}")]
async fn get_rehabilitation_session(
    permit: Permit<acts::RehabilitationRead>,
    store: web::Data<Store>,
    id: web::Path<RehabilitationSessionId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(service::reach(&permit), move |db| {
            service::view(db, &permit, *id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.session.version)))
        .json(SessionBody::read(shown)))
}

/// Confirm or void a rehabilitation session
///
/// The guardian's confirmation is taken down by the institution or by an office; without it the session does not count
/// as attended. What was recorded in error the institution voids, until it stands in a settlement.
#[utoipa::path(
    operation_id = "create_rehabilitation_session_transition", tag = "rehabilitation",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewSessionTransition, extensions(("x-permit" = json!("rehabilitation.act"))),
    responses(
        (status = 201, description = "The session as it now is", body = SessionBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/rehabilitation-sessions/{id}/transitions")]
async fn create_rehabilitation_session_transition(
    permit: Permit<acts::RehabilitationAct>,
    store: web::Data<Store>,
    id: web::Path<RehabilitationSessionId>,
    seen: IfMatch,
    asked: Creation<NewSessionTransition>,
) -> Result<HttpResponse> {
    let (origin, reach) = (permit.origin().clone(), service::reach(&permit));
    asked
        .once(&store, reach, &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, asked)?.try_map(answer)
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_rehabilitation_sessions)
        .service(create_rehabilitation_session)
        .service(get_rehabilitation_session)
        .service(create_rehabilitation_session_transition);
}
