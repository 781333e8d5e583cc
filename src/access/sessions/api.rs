//! `/v1/sessions`: signing in, staying so, seeing and ending one's sessions; `/v1/me` and its password.

use actix_web::http::header::{CACHE_CONTROL, ETAG, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Session;
use super::service::{self, Client, Pair, Sessions, logout};
use crate::access::second_factors::Otp;
use crate::access::second_factors::api::OneTimePassword;
use crate::access::users::{self, MePatch, User};
use crate::access::{Actor, AnyClient, Role, Signed};
use crate::db::{Reach, Store};
use crate::http::page::whole_page_of;
use crate::http::{
    Answer, Body, Creation, Current, IdempotencyKey, IfMatch, ReadErrors, Routes, WriteErrors,
    etag, or_current, request,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{OrganizationId, SessionId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "township.990121103", "password": "huican-demo-2022"}))]
struct Login {
    username: String,
    password: String,
    /// The one-time password, for who has a second factor.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{6}$")]
    otp: Option<Otp>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "q0Zb6nJ0h0fP6S8mR1m2zJ0fBq3m0n7b1m7y5k3Xw1A"}))]
struct Refresh {
    refresh_token: String,
}

impl std::fmt::Debug for Refresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Refresh(…)")
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "huican-demo-2022", "new_password": "three green umbrellas at noon"}))]
struct PasswordChange {
    current_password: String,
    /// At least 10 characters, and not easy to guess from your names.
    #[schema(min_length = 10, max_length = 200)]
    new_password: String,
}

impl std::fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordChange(…)")
    }
}

whole_page_of!(SessionPage, Session);

/// Send `Authorization: Bearer <access_token>`. Before it ends, trade the refresh token for a new
/// pair; each refresh token works once.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9…", "token_type": "Bearer", "expires_in": 600,
    "refresh_token": "q0Zb6nJ0h0fP6S8mR1m2zJ0fBq3m0n7b1m7y5k3Xw1A"
}))]
struct TokenPair {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    refresh_token: String,
}

fn answer(pair: Pair) -> HttpResponse {
    HttpResponse::Created()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(TokenPair {
            access_token: pair.access,
            token_type: "Bearer",
            expires_in: pair.lifetime.as_secs(),
            refresh_token: pair.refresh,
        })
}

#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "username": "township.990121103", "display_name": "丙岭三号镇 经办人",
    "grants": [{"role": "township_caseworker", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "division_code": "990121103000"}],
    "permissions": ["resident.read", "resident.write"], "phone_masked": "120****1234", "address_masked": "丙岭三****",
    "bank_account_masked": "****2344", "version": 1
}))]
struct Me {
    #[schema(value_type = uuid::Uuid)]
    id: UserId,
    username: String,
    display_name: String,
    grants: Vec<MyGrant>,
    permissions: Vec<&'static str>,
    phone_masked: Option<String>,
    address_masked: Option<String>,
    bank_account_masked: Option<String>,
    version: i32,
}

impl Me {
    fn of(actor: &Actor, user: User) -> Self {
        let grants = actor.grants.iter().map(|held| MyGrant {
            role: held.role,
            organization_id: held.organization,
            division_code: held.division,
        });
        Self {
            id: actor.user,
            username: actor.username.clone(),
            display_name: actor.display_name.clone(),
            grants: grants.collect(),
            permissions: actor.permissions(),
            phone_masked: user.phone.map(|phone| phone.masked()),
            address_masked: user.address.map(|address| address.masked()),
            bank_account_masked: user.bank_account.map(|account| account.masked()),
            version: user.version,
        }
    }

    async fn now(actor: &Actor, store: &Store) -> Result<Self> {
        let id = actor.user;
        let user = store.read(Reach::NOTHING, move |db| users::service::get(db, id));
        Ok(Self::of(actor, user.await?))
    }
}

#[derive(Serialize, ToSchema)]
struct MyGrant {
    role: Role,
    #[schema(value_type = uuid::Uuid)]
    organization_id: OrganizationId,
    #[schema(value_type = String)]
    division_code: DivisionCode,
}

/// Sign in
///
/// Who has a second factor sends its one-time password along; without it the answer to a right
/// password is 401 `session.otp_required`. After repeated failures, by account or by address, the
/// answer is 429 with Retry-After.
#[utoipa::path(
    operation_id = "create_session", tag = "access", request_body = Login, security(()), extensions(("x-permit" = json!("public"))),
    responses(
        (status = 201, description = "Signed in", body = TokenPair),
        (status = 429, description = "Too many failures; wait Retry-After seconds", body = crate::http::Problem, content_type = "application/problem+json"),
        ReadErrors, WriteErrors)
)]
#[post("/v1/sessions")]
async fn create_session(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
    body: Body<Login>,
) -> Result<HttpResponse> {
    let Login {
        username,
        password,
        otp,
    } = body.into_inner();
    let agent = request
        .headers()
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let client = Client {
        address: request::address_of(&request),
        agent,
    };
    let id = request::id_of(&request)?;
    sessions
        .login(id, username, password, otp, client)
        .await
        .map(answer)
}

/// Trade a refresh token for a new pair
///
/// A token used twice ends the session for whoever holds it: 401 `session.refresh_reused`.
#[utoipa::path(
    operation_id = "refresh_session", tag = "access", request_body = Refresh, security(()), extensions(("x-permit" = json!("public"))),
    responses((status = 201, description = "A new pair", body = TokenPair), ReadErrors, WriteErrors)
)]
#[post("/v1/sessions/refresh")]
async fn refresh_session(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
    body: Body<Refresh>,
) -> Result<HttpResponse> {
    let id = request::id_of(&request)?;
    sessions.refresh(id, &body.refresh_token).await.map(answer)
}

#[derive(Serialize, ToSchema)]
#[schema(example = json!({"stepped_up_until": "2022-07-04T01:05:00.000000Z"}))]
struct StepUp {
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    stepped_up_until: Timestamp,
}

/// Show the second factor again
///
/// Needed before what should not happen from a desk left alone, such as removing the second factor.
#[utoipa::path(
    operation_id = "step_up", tag = "access", request_body = OneTimePassword, extensions(("x-permit" = json!("signed_in"))),
    responses(
        (status = 201, description = "Shown", body = StepUp),
        (status = 429, description = "Too many failures; wait Retry-After seconds", body = crate::http::Problem, content_type = "application/problem+json"),
        ReadErrors, WriteErrors)
)]
#[post("/v1/sessions/current/step-up")]
async fn step_up(
    Signed(actor): Signed,
    sessions: web::Data<Sessions>,
    body: Body<OneTimePassword>,
) -> Result<HttpResponse> {
    let stepped_up_until = sessions.step_up(actor, body.into_inner().otp).await?;
    Ok(HttpResponse::Created().json(StepUp { stepped_up_until }))
}

/// Sign out
#[utoipa::path(
    operation_id = "end_current_session", tag = "access", extensions(("x-permit" = json!("signed_in"))),
    responses((status = 204, description = "Signed out"), ReadErrors)
)]
#[delete("/v1/sessions/current")]
async fn end_current_session(
    Signed(actor): Signed,
    store: web::Data<Store>,
) -> Result<HttpResponse> {
    store
        .write(Reach::NOTHING, move |tx| logout(tx, &actor))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Your sessions that still hold, latest first
#[utoipa::path(
    operation_id = "list_sessions", tag = "access", extensions(("x-permit" = json!("signed_in"))),
    responses((status = 200, description = "Yours alone", body = SessionPage), ReadErrors)
)]
#[get("/v1/sessions")]
async fn list_sessions(
    Signed(actor): Signed,
    store: web::Data<Store>,
) -> Result<web::Json<SessionPage>> {
    store
        .read(Reach::NOTHING, move |db| {
            service::of_user(db, actor.user, actor.session)
        })
        .await
        .map(|items| web::Json(SessionPage::whole(items)))
}

/// End a session of yours
#[utoipa::path(
    operation_id = "end_session", tag = "access", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("signed_in"))),
    responses((status = 204, description = "Ended, at once"), ReadErrors)
)]
#[delete("/v1/sessions/{id}")]
async fn end_session(
    Signed(actor): Signed,
    store: web::Data<Store>,
    id: web::Path<SessionId>,
) -> Result<HttpResponse> {
    store
        .write(Reach::NOTHING, move |tx| service::revoke(tx, &actor, *id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Change your password
///
/// All your other sessions end. Wrong guesses of the present password are counted like failed
/// logins: 429 after too many.
#[utoipa::path(
    operation_id = "change_password", tag = "access", request_body = PasswordChange, extensions(("x-permit" = json!("signed_in"))),
    responses(
        (status = 204, description = "Changed"),
        (status = 429, description = "Too many failures; wait Retry-After seconds", body = crate::http::Problem, content_type = "application/problem+json"),
        ReadErrors, WriteErrors)
)]
#[post("/v1/me/password")]
async fn change_password(
    Signed(actor): Signed,
    sessions: web::Data<Sessions>,
    body: Body<PasswordChange>,
) -> Result<HttpResponse> {
    let PasswordChange {
        current_password,
        new_password,
    } = body.into_inner();
    sessions
        .change_password(actor, current_password, new_password)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who you are and what you may do
#[utoipa::path(
    operation_id = "get_me", tag = "access", extensions(("x-permit" = json!("signed_in"))),
    responses((status = 200, description = "You", body = Me, headers(("ETag" = String, description = "Your account's version"))), ReadErrors)
)]
#[get("/v1/me")]
async fn get_me(AnyClient(actor): AnyClient, store: web::Data<Store>) -> Result<HttpResponse> {
    let me = Me::now(&actor, &store).await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(me.version)))
        .json(me))
}

/// Say where you are reached, live and are paid
///
/// A number, an address or a bank account that a resident has, too, or a number of somebody of their household
/// shows a relation: you take no step of that resident's cases. All can be replaced, not taken away.
#[utoipa::path(
    operation_id = "update_me", tag = "access",
    params(("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = MePatch, extensions(("x-permit" = json!("signed_in"))),
    responses(
        (status = 200, description = "You, as you now are", body = Me, headers(("ETag" = String, description = "Your account's version"))),
        ReadErrors, WriteErrors)
)]
#[patch("/v1/me")]
async fn update_me(
    Signed(actor): Signed,
    store: web::Data<Store>,
    seen: IfMatch,
    patch: Creation<MePatch>,
) -> Result<HttpResponse> {
    let (own, sent, origin) = (actor.clone(), patch.sent(), actor.origin());
    let changed = patch.once(&store, actor.reach(), &origin, move |tx, patch| {
        users::service::change_own(tx, &own, seen, &patch)?
            .try_map(|user| Answer::changed(user.version, &Me::of(&own, user)))
    });
    or_current(changed.await, &sent, async || {
        let me = Me::now(&actor, &store).await?;
        Current::of(me.version, &me)
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(create_session)
        .service(refresh_session)
        .service(end_current_session)
        .service(step_up)
        .service(list_sessions)
        .service(end_session)
        .service(change_password)
        .service(get_me)
        .service(update_me);
}
