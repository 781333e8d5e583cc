//! Whether the process lives, and whether it can serve.

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::migrate::{self, Schema};
use crate::db::{Reach, Store};
use crate::http::{Problem, Routes};
use crate::kernel::error::{Code, Result};

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
struct Health {
    status: &'static str,
}

/// The process lives
#[utoipa::path(
    operation_id = "get_liveness", tag = "health", security(()), extensions(("x-permit" = json!("public"))),
    responses((status = 200, description = "It does", body = Health))
)]
#[get("/health/live")]
async fn get_liveness() -> web::Json<Health> {
    web::Json(Health { status: "ok" })
}

/// Requests can be served
#[utoipa::path(
    operation_id = "get_readiness", tag = "health", security(()), extensions(("x-permit" = json!("public"))),
    responses(
        (status = 200, description = "They can", body = Health),
        (status = 503, description = "The database cannot be reached or has another schema", body = Problem, content_type = "application/problem+json"))
)]
#[get("/health/ready")]
async fn get_readiness(store: web::Data<Store>) -> Result<web::Json<Health>> {
    match store.read(Reach::NOTHING, migrate::schema).await? {
        Schema::Current => Ok(web::Json(Health { status: "ok" })),
        Schema::Behind { .. } | Schema::Foreign | Schema::Unknown(_) => Err(Code::Busy.into()),
    }
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(get_liveness).service(get_readiness);
}
