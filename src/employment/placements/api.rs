//! `/v1/placements`: enter, list, read, verify, end; new employment of a year.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{
    NewEnding, NewEvidence, NewPlacement, NewVerification, Placement, PlacementState,
};
use super::service::{self, Filter, Mark, NewEmployment};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{EmployerId, PlacementId, ResidentId};

page_of!(PlacementPage, Placement);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PlacementQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<PlacementState>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    #[param(value_type = Option<uuid::Uuid>)]
    employer_id: Option<EmployerId>,
    /// Exactly those that count as new employment of that year, one a person; with no other filter but the division.
    #[param(minimum = 2000, maximum = 2200, example = 2022)]
    counted_in_year: Option<i32>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct NewEmploymentQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(minimum = 2000, maximum = 2200, example = 2022)]
    year: i32,
}

fn year(name: &str, year: i32) -> Result<i32> {
    if (2000..=2200).contains(&year) {
        return Ok(year);
    }
    Err(Error::parameter(
        name,
        "year.range",
        "2000 to 2200",
        "须为 2000 至 2200",
    ))
}

/// List placements
///
/// Newest first; those counted in a year by their first day. Without evidence and history.
#[utoipa::path(
    operation_id = "list_placements", tag = "employment", params(PlacementQuery), extensions(("x-permit" = json!("placement.read"))),
    responses((status = 200, description = "A page of placements", body = PlacementPage), ReadErrors)
)]
#[get("/v1/placements")]
async fn list_placements(
    permit: Permit<acts::PlacementRead>,
    store: web::Data<Store>,
    Params(query): Params<PlacementQuery>,
) -> Result<web::Json<PlacementPage>> {
    let keys = store.keys();
    let paging: Paging<Mark> = Paging::of(
        keys,
        "list_placements",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let counted = query
        .counted_in_year
        .map(|asked| year("counted_in_year", asked))
        .transpose()?;
    let narrowed =
        query.state.is_some() || query.resident_id.is_some() || query.employer_id.is_some();
    if counted.is_some() && narrowed {
        return Err(Error::parameter(
            "counted_in_year",
            "filter.alone",
            "with no other filter but the division",
            "只能与 division_code 同用",
        ));
    }
    let filter = Filter {
        state: query.state,
        resident: query.resident_id,
        employer: query.employer_id,
    };
    let rows = store
        .read(permit.reach(), move |db| match counted {
            Some(year) => service::counted(db, &scope, year, after, count),
            None => service::page(db, &scope, &filter, after.map(|(_, id)| id), count),
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| (one.start_date, one.id))?;
    Ok(web::Json(PlacementPage { items, next }))
}

/// New employment of a year
///
/// Distinct persons with verified evidence whose first placement of the year stands in the division; a re-hire counts no
/// more, and two records of one person are one. `GET /v1/placements?counted_in_year=…` lists exactly these.
#[utoipa::path(
    operation_id = "get_new_employment", tag = "employment", params(NewEmploymentQuery),
    extensions(("x-permit" = json!("placement.read"))),
    responses((status = 200, description = "How many", body = NewEmployment), ReadErrors)
)]
#[get("/v1/placements/counts")]
async fn get_new_employment(
    permit: Permit<acts::PlacementRead>,
    store: web::Data<Store>,
    Params(query): Params<NewEmploymentQuery>,
) -> Result<web::Json<NewEmployment>> {
    let scope = permit.scope_in(query.division_code)?;
    let year = year("year", query.year)?;
    let counted = store
        .read(permit.reach(), move |db| service::count(db, &scope, year))
        .await?;
    Ok(web::Json(counted))
}

/// Read a placement with its evidence and history
///
/// With what new employment asks of the evidence, criterion by criterion. The look is recorded.
#[utoipa::path(
    operation_id = "get_placement", tag = "employment", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("placement.read"))),
    responses((status = 200, description = "The placement", body = Placement, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/placements/{id}")]
async fn get_placement(
    permit: Permit<acts::PlacementRead>,
    store: web::Data<Store>,
    id: web::Path<PlacementId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.version)))
        .json(shown))
}

/// Enter a placement with its evidence
///
/// One a person that has not ended: 409 `placement.open`. An open file as a job seeker is closed by it. It counts once
/// another person has verified the evidence.
#[utoipa::path(
    operation_id = "create_placement", tag = "employment",
    params(IdempotencyKey),
    request_body = NewPlacement, extensions(("x-permit" = json!("placement.write"))),
    responses(
        (status = 201, description = "Entered", body = Placement,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/placements")]
async fn create_placement(
    permit: Permit<acts::PlacementWrite>,
    store: web::Data<Store>,
    new: Creation<NewPlacement>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::enter(tx, &permit, &new)?.try_map(|shown| {
            Answer::created(
                format!("/v1/placements/{}", shown.id),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

/// Enter better evidence of a placement
///
/// While it is not verified; what was entered before stays.
#[utoipa::path(
    operation_id = "create_placement_evidence", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewEvidence, extensions(("x-permit" = json!("placement.write"))),
    responses(
        (status = 201, description = "As it now is", body = Placement,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/placements/{id}/evidence")]
async fn create_placement_evidence(
    permit: Permit<acts::PlacementWrite>,
    store: web::Data<Store>,
    id: web::Path<PlacementId>,
    seen: IfMatch,
    new: Creation<NewEvidence>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::resubmit(tx, &permit, *id, seen, &new)?
            .try_map(|shown| Answer::created(format!("/v1/placements/{id}"), shown.version, &shown))
    })
    .await
}

/// Verify a placement's evidence, or return it
///
/// By another person than who entered it (403 `placement.own`) and who is not tied to the resident. 422
/// `placement.evidence_insufficient` names what is not met: a contract for a year, the minimum wage of that division and
/// day, insurance, a valid certificate. What is verified is recorded as the resident's form of employment from the first
/// day on, and is checked after three, six and twelve months.
#[utoipa::path(
    operation_id = "create_placement_verification", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewVerification, extensions(("x-permit" = json!("placement.verify"))),
    responses(
        (status = 201, description = "As it now is", body = Placement,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/placements/{id}/verification")]
async fn create_placement_verification(
    permit: Permit<acts::PlacementVerify>,
    store: web::Data<Store>,
    id: web::Path<PlacementId>,
    seen: IfMatch,
    new: Creation<NewVerification>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::verify(tx, &permit, *id, seen, &new)?
            .try_map(|shown| Answer::created(format!("/v1/placements/{id}"), shown.version, &shown))
    })
    .await
}

/// Put down that somebody left
///
/// From the day after, the resident is recorded as not employed; checks that are not done are cancelled.
#[utoipa::path(
    operation_id = "create_placement_ending", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewEnding, extensions(("x-permit" = json!("placement.write"))),
    responses(
        (status = 201, description = "As it now is", body = Placement,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/placements/{id}/ending")]
async fn create_placement_ending(
    permit: Permit<acts::PlacementWrite>,
    store: web::Data<Store>,
    id: web::Path<PlacementId>,
    seen: IfMatch,
    new: Creation<NewEnding>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::end(tx, &permit, *id, seen, &new)?
            .try_map(|shown| Answer::created(format!("/v1/placements/{id}"), shown.version, &shown))
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_placements)
        .service(get_new_employment)
        .service(create_placement)
        .service(get_placement)
        .service(create_placement_evidence)
        .service(create_placement_verification)
        .service(create_placement_ending);
}
