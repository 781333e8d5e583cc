//! `GET /v1/programs`, `GET /v1/programs/{code}/versions`.

use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Program, ProgramVersion, service};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::whole_page_of;
use crate::http::{Params, ReadErrors};
use crate::kernel::error::Result;

whole_page_of!(ProgramPage, Program);

whole_page_of!(ProgramVersionPage, ProgramVersion);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct VersionQuery {
    /// Only what holds on this day.
    valid_at: Option<NaiveDate>,
}

/// List what the office offers
#[utoipa::path(
    operation_id = "list_programs", tag = "programs", extensions(("x-permit" = json!("program.read"))),
    responses((status = 200, description = "All programs, by code", body = ProgramPage), ReadErrors)
)]
#[get("/v1/programs")]
async fn list_programs(
    _permit: Permit<acts::ProgramRead>,
    store: web::Data<Store>,
) -> Result<web::Json<ProgramPage>> {
    store
        .read(Reach::NOTHING, service::all)
        .await
        .map(|items| web::Json(ProgramPage::whole(items)))
}

/// List the dated versions of a program, with rules and review steps
#[utoipa::path(
    operation_id = "list_program_versions", tag = "programs",
    params(("code" = String, Path, example = "nursing_subsidy"), VersionQuery), extensions(("x-permit" = json!("program.read"))),
    responses((status = 200, description = "By division, then version", body = ProgramVersionPage), ReadErrors)
)]
#[get("/v1/programs/{code}/versions")]
async fn list_program_versions(
    _permit: Permit<acts::ProgramRead>,
    store: web::Data<Store>,
    code: web::Path<String>,
    Params(query): Params<VersionQuery>,
) -> Result<web::Json<ProgramVersionPage>> {
    let items = store
        .read(Reach::NOTHING, move |db| {
            service::versions(db, &code, query.valid_at)
        })
        .await?;
    Ok(web::Json(ProgramVersionPage::whole(items)))
}

pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    config.service(list_programs).service(list_program_versions);
}
