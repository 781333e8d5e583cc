//! `/v1/me/second-factor`, and its removal for somebody else.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, delete, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Otp, service};
use crate::access::users;
use crate::access::{Permit, Signed, SteppedUp, acts};
use crate::db::{Reach, Store};
use crate::http::{Body, ReadErrors, Routes, WriteErrors};
use crate::kernel::error::Result;
use crate::kernel::id::UserId;

/// Shown once: type the secret into an authenticator app, or show the URI as a QR code.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "uri": "otpauth://totp/Huican:county.990121?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Huican&algorithm=SHA1&digits=6&period=30"
}))]
struct SecondFactor {
    secret: String,
    uri: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"otp": "287082"}))]
pub struct OneTimePassword {
    /// The six digits that the app shows now.
    #[schema(value_type = String, pattern = "^[0-9]{6}$")]
    pub otp: Otp,
}

/// Begin with a second factor
///
/// It counts once confirmed; beginning again before makes a new secret.
#[utoipa::path(
    operation_id = "create_second_factor", tag = "access", extensions(("x-permit" = json!("signed_in"))),
    responses((status = 201, description = "The secret, shown once", body = SecondFactor), ReadErrors, WriteErrors)
)]
#[post("/v1/me/second-factor")]
async fn create_second_factor(
    Signed(actor): Signed,
    store: web::Data<Store>,
) -> Result<HttpResponse> {
    let enrollment = store
        .write(actor.reach(), move |tx| service::begin(tx, &actor))
        .await?;
    Ok(HttpResponse::Created()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(SecondFactor {
            secret: enrollment.secret,
            uri: enrollment.uri,
        }))
}

/// Confirm the second factor
///
/// From then on signing in needs the one-time password, too.
#[utoipa::path(
    operation_id = "confirm_second_factor", tag = "access", request_body = OneTimePassword, extensions(("x-permit" = json!("signed_in"))),
    responses((status = 204, description = "Confirmed"), ReadErrors, WriteErrors)
)]
#[post("/v1/me/second-factor/confirmation")]
async fn confirm_second_factor(
    Signed(actor): Signed,
    store: web::Data<Store>,
    body: Body<OneTimePassword>,
) -> Result<HttpResponse> {
    let otp = body.into_inner().otp;
    store
        .write(actor.reach(), move |tx| service::confirm(tx, &actor, &otp))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign in without a second factor from now on
///
/// Needs a step-up within the last five minutes: 403 `session.step_up_required`.
#[utoipa::path(
    operation_id = "remove_second_factor", tag = "access", extensions(("x-permit" = json!("signed_in"))),
    responses((status = 204, description = "Removed"), ReadErrors)
)]
#[delete("/v1/me/second-factor")]
async fn remove_second_factor(
    SteppedUp(actor): SteppedUp,
    store: web::Data<Store>,
) -> Result<HttpResponse> {
    store
        .write(actor.reach(), move |tx| {
            service::remove(tx, &actor.origin(), actor.user)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Remove the second factor of somebody who lost it
#[utoipa::path(
    operation_id = "remove_second_factor_of_user", tag = "access", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("grant.manage"))),
    responses((status = 204, description = "Removed"), ReadErrors)
)]
#[delete("/v1/users/{id}/second-factor")]
async fn remove_second_factor_of_user(
    permit: Permit<acts::GrantManage>,
    store: web::Data<Store>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    store
        .write(Reach::NOTHING, move |tx| {
            users::service::get(tx, *id)?;
            service::remove(tx, permit.origin(), *id)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(create_second_factor)
        .service(confirm_second_factor)
        .service(remove_second_factor)
        .service(remove_second_factor_of_user);
}
