//! `/v1/users/{id}/api-keys`.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpResponse, delete, get, post, web};

use super::{ApiKey, IssuedApiKey, NewApiKey, service};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::whole_page_of;
use crate::http::{Body, ReadErrors, Routes, WriteErrors};
use crate::kernel::error::Result;
use crate::kernel::id::{ApiKeyId, UserId};

whole_page_of!(ApiKeyPage, ApiKey);

/// List the API keys of an account, ended ones too
#[utoipa::path(
    operation_id = "list_api_keys", tag = "access", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("user.read"))),
    responses((status = 200, description = "All keys without their secrets, oldest first", body = ApiKeyPage), ReadErrors)
)]
#[get("/v1/users/{id}/api-keys")]
async fn list_api_keys(
    _permit: Permit<acts::UserRead>,
    store: web::Data<Store>,
    id: web::Path<UserId>,
) -> Result<web::Json<ApiKeyPage>> {
    store
        .read(Reach::NOTHING, move |db| service::of_user(db, *id))
        .await
        .map(|items| web::Json(ApiKeyPage::whole(items)))
}

/// Issue a key with which another system acts as an account
///
/// Give each system an account of its own with the roles it needs, and a key limited to what it does.
/// The secret is shown this once. A key opens no session and stands for no person: it takes no step of a
/// case, gives no rights, and changes no password.
#[utoipa::path(
    operation_id = "create_api_key", tag = "access", params(("id" = uuid::Uuid, Path)),
    request_body = NewApiKey, extensions(("x-permit" = json!("grant.manage"))),
    responses(
        (status = 201, description = "Issued", body = IssuedApiKey, headers(("Location" = String, description = "Where it is revoked"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/users/{id}/api-keys")]
async fn create_api_key(
    permit: Permit<acts::GrantManage>,
    store: web::Data<Store>,
    id: web::Path<UserId>,
    body: Body<NewApiKey>,
) -> Result<HttpResponse> {
    let new = body.into_inner().check(store.given().now().office_date())?;
    let user = *id;
    let issued = store
        .write(Reach::NOTHING, move |tx| {
            service::issue(tx, permit.origin(), user, new)
        })
        .await?;
    Ok(HttpResponse::Created()
        .insert_header((
            LOCATION,
            format!("/v1/users/{user}/api-keys/{}", issued.key.id),
        ))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(issued))
}

/// Revoke an API key
#[utoipa::path(
    operation_id = "revoke_api_key", tag = "access",
    params(("id" = uuid::Uuid, Path), ("key_id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("grant.manage"))),
    responses((status = 204, description = "Revoked, at once"), ReadErrors)
)]
#[delete("/v1/users/{id}/api-keys/{key_id}")]
async fn revoke_api_key(
    permit: Permit<acts::GrantManage>,
    store: web::Data<Store>,
    path: web::Path<(UserId, ApiKeyId)>,
) -> Result<HttpResponse> {
    let (user, key) = path.into_inner();
    store
        .write(Reach::NOTHING, move |tx| {
            service::revoke(tx, permit.origin(), user, key)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_api_keys)
        .service(create_api_key)
        .service(revoke_api_key);
}
