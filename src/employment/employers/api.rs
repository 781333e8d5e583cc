//! `/v1/employers`: register, list, read, change.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Employer, EmployerPatch, EmployerType, NewEmployer};
use super::service::{self, Filter};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::EmployerId;

page_of!(EmployerPage, ListedEmployer);

/// An employer in a list: without whom to call there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "虚川电子有限公司", "employer_type": "private",
    "division_code": "990121103000", "staff_count": 200, "version": 1
}))]
pub struct ListedEmployer {
    #[schema(value_type = uuid::Uuid)]
    id: EmployerId,
    name: String,
    employer_type: EmployerType,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    staff_count: Option<i32>,
    version: i32,
}

impl From<Employer> for ListedEmployer {
    fn from(employer: Employer) -> Self {
        Self {
            id: employer.id,
            name: employer.name,
            employer_type: employer.employer_type,
            division_code: employer.division_code,
            staff_count: employer.staff_count,
            version: employer.version,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EmployerQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    employer_type: Option<EmployerType>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List employers, newest first
///
/// Of all counties: people work across their borders.
#[utoipa::path(
    operation_id = "list_employers", tag = "employment", params(EmployerQuery), extensions(("x-permit" = json!("vacancy.read"))),
    responses((status = 200, description = "A page of employers", body = EmployerPage), ReadErrors)
)]
#[get("/v1/employers")]
async fn list_employers(
    _permit: Permit<acts::VacancyRead>,
    store: web::Data<Store>,
    Params(query): Params<EmployerQuery>,
) -> Result<web::Json<EmployerPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_employers",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let filter = Filter {
        division: query.division_code,
        employer_type: query.employer_type,
    };
    let rows = store
        .read(Reach::NOTHING, move |db| {
            service::page(db, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |one| one.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(EmployerPage { items, next }))
}

/// Read an employer
///
/// With whom to call there; the look is recorded.
#[utoipa::path(
    operation_id = "get_employer", tag = "employment", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("vacancy.read"))),
    responses((status = 200, description = "The employer", body = Employer, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/employers/{id}")]
async fn get_employer(
    permit: Permit<acts::VacancyRead>,
    store: web::Data<Store>,
    id: web::Path<EmployerId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.version)))
        .json(shown))
}

/// Register an employer
#[utoipa::path(
    operation_id = "create_employer", tag = "employment",
    params(IdempotencyKey),
    request_body = NewEmployer, extensions(("x-permit" = json!("vacancy.write"))),
    responses(
        (status = 201, description = "Registered", body = Employer,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/employers")]
async fn create_employer(
    permit: Permit<acts::VacancyWrite>,
    store: web::Data<Store>,
    new: Creation<NewEmployer>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::register(tx, &permit, &new)?.try_map(|shown| {
            Answer::created(format!("/v1/employers/{}", shown.id), shown.version, &shown)
        })
    })
    .await
}

/// Correct an employer
///
/// Of your own divisions; type and credit code stay.
#[utoipa::path(
    operation_id = "update_employer", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = EmployerPatch, extensions(("x-permit" = json!("vacancy.write"))),
    responses(
        (status = 200, description = "As it now is", body = Employer, headers(("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[patch("/v1/employers/{id}")]
async fn update_employer(
    permit: Permit<acts::VacancyWrite>,
    store: web::Data<Store>,
    id: web::Path<EmployerId>,
    seen: IfMatch,
    change: Creation<EmployerPatch>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    change
        .once(&store, permit.reach(), &origin, move |tx, change| {
            service::change(tx, &permit, *id, seen, &change)?
                .try_map(|shown| Answer::changed(shown.version, &shown))
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_employers)
        .service(create_employer)
        .service(get_employer)
        .service(update_employer);
}
