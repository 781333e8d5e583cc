//! `/v1/users` and `/v1/users/{id}/grants`.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::password::Hasher;
use super::{Grant, NewGrant, NewUser, User, UserPatch, service};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, Current, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes,
    WriteErrors, etag, or_current,
};
use crate::kernel::error::Result;
use crate::kernel::id::{GrantId, UserId};

page_of!(UserPage, User);

whole_page_of!(GrantPage, Grant);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct UserQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List accounts
#[utoipa::path(
    operation_id = "list_users", tag = "access", params(UserQuery), extensions(("x-permit" = json!("user.read"))),
    responses((status = 200, description = "A page of accounts, oldest first", body = UserPage), ReadErrors)
)]
#[get("/v1/users")]
async fn list_users(
    _permit: Permit<acts::UserRead>,
    store: web::Data<Store>,
    Params(query): Params<UserQuery>,
) -> Result<web::Json<UserPage>> {
    let keys = store.keys();
    let paging = Paging::of(keys, "users", &query, query.limit, query.cursor.as_deref())?;
    let (after, count) = paging.window();
    let rows = store
        .read(Reach::NOTHING, move |db| service::page(db, after, count))
        .await?;
    let (items, next) = paging.cut(rows, |user| user.id)?;
    Ok(web::Json(UserPage { items, next }))
}

/// Read one account
#[utoipa::path(
    operation_id = "get_user", tag = "access", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("user.read"))),
    responses(
        (status = 200, description = "The account", body = User, headers(("ETag" = String, description = "Its version"))),
        ReadErrors)
)]
#[get("/v1/users/{id}")]
async fn get_user(
    _permit: Permit<acts::UserRead>,
    store: web::Data<Store>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let user = store
        .read(Reach::NOTHING, move |db| service::get(db, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(user.version)))
        .json(user))
}

/// Rename, disable or enable an account
#[utoipa::path(
    operation_id = "update_user", tag = "access",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = UserPatch, extensions(("x-permit" = json!("user.manage"))),
    responses(
        (status = 200, description = "As it now is", body = User, headers(("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[patch("/v1/users/{id}")]
async fn update_user(
    permit: Permit<acts::UserManage>,
    store: web::Data<Store>,
    id: web::Path<UserId>,
    seen: IfMatch,
    patch: Creation<UserPatch>,
) -> Result<HttpResponse> {
    let (id, sent) = (*id, patch.sent());
    let reading: Result<Permit<acts::UserRead>> = permit.also();
    let origin = permit.origin().clone();
    let changed = patch.once(&store, permit.reach(), permit.origin(), move |tx, patch| {
        service::change(tx, &origin, id, seen, &patch)?
            .try_map(|user| Answer::changed(user.version, &user))
    });
    or_current(changed.await, &sent, async || {
        let _permit = reading?;
        let user = store.read(Reach::NOTHING, move |db| service::get(db, id));
        let user = user.await?;
        Current::of(user.version, &user)
    })
    .await
}

/// Create an account, still without any right
#[utoipa::path(
    operation_id = "create_user", tag = "access",
    params(IdempotencyKey),
    request_body = NewUser, extensions(("x-permit" = json!("user.manage"))),
    responses(
        (status = 201, description = "Created", body = User,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/users")]
async fn create_user(
    permit: Permit<acts::UserManage>,
    store: web::Data<Store>,
    hasher: web::Data<Hasher>,
    new: Creation<NewUser>,
) -> Result<HttpResponse> {
    let display_name = service::check(&new)?;
    let hash = hasher.hash(new.password.clone()).await?;
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), permit.origin(), move |tx, new| {
        service::create(tx, &origin, &new.username, &display_name, &hash)?
            .try_map(|user| Answer::created(format!("/v1/users/{}", user.id), user.version, &user))
    })
    .await
}

/// List the grants of an account, ended ones too
#[utoipa::path(
    operation_id = "list_user_grants", tag = "access", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("user.read"))),
    responses((status = 200, description = "All grants, oldest first", body = GrantPage), ReadErrors)
)]
#[get("/v1/users/{id}/grants")]
async fn list_user_grants(
    _permit: Permit<acts::UserRead>,
    store: web::Data<Store>,
    id: web::Path<UserId>,
) -> Result<web::Json<GrantPage>> {
    store
        .read(Reach::NOTHING, move |db| service::grants(db, *id))
        .await
        .map(|items| web::Json(GrantPage::whole(items)))
}

/// Give a role at an organization
///
/// System, security and audit administrators exclude each other and every other role: 409
/// `grant.exclusive`.
#[utoipa::path(
    operation_id = "create_grant", tag = "access",
    params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewGrant, extensions(("x-permit" = json!("grant.manage"))),
    responses(
        (status = 201, description = "Given", body = Grant,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/users/{id}/grants")]
async fn create_grant(
    permit: Permit<acts::GrantManage>,
    store: web::Data<Store>,
    id: web::Path<UserId>,
    new: Creation<NewGrant>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), permit.origin(), move |tx, new| {
        service::grant(tx, &origin, *id, &new)?.try_map(|grant| {
            Answer::created(format!("/v1/users/{id}/grants/{}", grant.id), 1, &grant)
        })
    })
    .await
}

/// Revoke a grant
#[utoipa::path(
    operation_id = "revoke_grant", tag = "access",
    params(("id" = uuid::Uuid, Path), ("grant_id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("grant.manage"))),
    responses((status = 204, description = "Revoked"), ReadErrors)
)]
#[delete("/v1/users/{id}/grants/{grant_id}")]
async fn revoke_grant(
    permit: Permit<acts::GrantManage>,
    store: web::Data<Store>,
    path: web::Path<(UserId, GrantId)>,
) -> Result<HttpResponse> {
    let (user, grant) = path.into_inner();
    store
        .write(Reach::NOTHING, move |tx| {
            service::revoke(tx, permit.origin(), user, grant)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_users)
        .service(create_user)
        .service(get_user)
        .service(update_user)
        .service(list_user_grants)
        .service(create_grant)
        .service(revoke_grant);
}
