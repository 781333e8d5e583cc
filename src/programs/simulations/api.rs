//! `/v1/programs/{code}/simulations`.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Fare, NewSimulation, Simulation};
use super::service::{self, Search};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of};
use crate::http::{Body, Paging, Params, ReadErrors, Routes, WriteErrors};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{ResidentId, SimulationId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::registry::residents::Mark;

page_of!(SimulationPage, Simulation);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SimulationQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// Ask what a draft would cost and change
///
/// Against everybody in its place, month by month, beside the versions that are in force: numbers, cost by
/// month, year and county, who would have more or less, arrears and overpayments. It is computed in the
/// background: follow `Location`.
#[utoipa::path(
    operation_id = "create_simulation", tag = "programs", params(("code" = String, Path, example = "nursing_subsidy")),
    request_body = NewSimulation, extensions(("x-permit" = json!("program.draft"))),
    responses(
        (status = 202, description = "Queued", body = Simulation, headers(("Location" = String, description = "Where it is followed"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/programs/{code}/simulations")]
async fn create_simulation(
    permit: Permit<acts::ProgramDraft>,
    store: web::Data<Store>,
    code: web::Path<String>,
    body: Body<NewSimulation>,
) -> Result<HttpResponse> {
    let asked = body.into_inner();
    let program = code.clone();
    let queued = store
        .write(permit.reach(), move |tx| {
            service::ask(tx, &permit, &code, &asked)
        })
        .await?;
    let location = format!("/v1/programs/{program}/simulations/{}", queued.id);
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, location))
        .json(queued))
}

/// List the simulations of a program, newest first
#[utoipa::path(
    operation_id = "list_simulations", tag = "programs", params(("code" = String, Path, example = "nursing_subsidy"), SimulationQuery),
    extensions(("x-permit" = json!("program.draft"))),
    responses((status = 200, description = "A page of simulations of divisions in your sight", body = SimulationPage), ReadErrors)
)]
#[get("/v1/programs/{code}/simulations")]
async fn list_simulations(
    permit: Permit<acts::ProgramDraft>,
    store: web::Data<Store>,
    code: web::Path<String>,
    Params(query): Params<SimulationQuery>,
) -> Result<web::Json<SimulationPage>> {
    let paging = Paging::of(
        store.keys(),
        "simulations",
        &code.as_str(),
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let code = code.into_inner();
    let rows = store
        .read(Reach::NOTHING, move |db| {
            service::page(db, &permit, &code, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(SimulationPage { items, next }))
}

/// Follow a simulation, and read what it found
#[utoipa::path(
    operation_id = "get_simulation", tag = "programs",
    params(("code" = String, Path, example = "nursing_subsidy"), ("simulation_id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("program.draft"))),
    responses((status = 200, description = "Its progress, and its figures when it is done", body = Simulation), ReadErrors)
)]
#[get("/v1/programs/{code}/simulations/{simulation_id}")]
async fn get_simulation(
    permit: Permit<acts::ProgramDraft>,
    store: web::Data<Store>,
    path: web::Path<(String, SimulationId)>,
) -> Result<web::Json<Simulation>> {
    let (code, id) = path.into_inner();
    store
        .read(Reach::NOTHING, move |db| {
            service::get(db, &permit, &code, id)
        })
        .await
        .map(web::Json)
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TouchedQuery {
    month: Month,
    #[param(inline)]
    kind: Fare,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// Somebody whom the draft would give more or less.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "张晓宝", "division_code": "990121103201",
    "division_name": "上河村", "before_fen": 50000, "after_fen": 60000}))]
pub struct TouchedBody {
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    name: String,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    division_name: String,
    /// What is due in the month by the version in force, and by the draft.
    before_fen: Fen,
    after_fen: Fen,
}

page_of!(TouchedPage, TouchedBody);

/// Who would have more, or less, in a month of a simulation, village by village
///
/// The very people its figures count. A page may be short, even empty, and have a `next`: so many residents
/// are looked at a time.
#[utoipa::path(
    operation_id = "list_simulation_residents", tag = "programs",
    params(("code" = String, Path, example = "nursing_subsidy"), ("simulation_id" = uuid::Uuid, Path), TouchedQuery),
    extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "A page of residents", body = TouchedPage), ReadErrors)
)]
#[get("/v1/programs/{code}/simulations/{simulation_id}/residents")]
async fn list_simulation_residents(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    path: web::Path<(String, SimulationId)>,
    Params(query): Params<TouchedQuery>,
) -> Result<web::Json<TouchedPage>> {
    let (code, id) = path.into_inner();
    let paging: Paging<Mark> = Paging::of(
        store.keys(),
        "simulation_residents",
        &(id, &query),
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, _) = paging.window();
    let search = Search {
        month: query.month,
        fare: query.kind,
        after,
        count: paging.limit(),
    };
    let (found, next) = store
        .look(permit.reach(), move |db| {
            service::touched(db, &permit, (&code, id), &search)
        })
        .await?;
    let items = found
        .into_iter()
        .map(|one| TouchedBody {
            resident_id: one.resident.id,
            name: one.resident.name.as_str().to_owned(),
            division_code: one.resident.division_code,
            division_name: one.resident.division_name,
            before_fen: one.before,
            after_fen: one.after,
        })
        .collect();
    let next = next.map(|mark| paging.cursor(&mark)).transpose()?;
    Ok(web::Json(TouchedPage { items, next }))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(create_simulation)
        .service(list_simulations)
        .service(get_simulation)
        .service(list_simulation_residents);
}
