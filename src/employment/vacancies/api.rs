//! `/v1/vacancies`: offer, list, read, change and close.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{NewVacancy, Vacancy, VacancyPatch, VacancyState};
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
use crate::kernel::id::{EmployerId, VacancyId};
use crate::registry::facts::EmploymentForm;

page_of!(VacancyPage, Vacancy);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct VacancyQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(value_type = Option<uuid::Uuid>)]
    employer_id: Option<EmployerId>,
    #[param(inline)]
    form: Option<EmploymentForm>,
    #[param(inline)]
    state: Option<VacancyState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List vacancies, newest first
///
/// Of all counties: people work across their borders.
#[utoipa::path(
    operation_id = "list_vacancies", tag = "employment", params(VacancyQuery), extensions(("x-permit" = json!("vacancy.read"))),
    responses((status = 200, description = "A page of vacancies", body = VacancyPage), ReadErrors)
)]
#[get("/v1/vacancies")]
async fn list_vacancies(
    _permit: Permit<acts::VacancyRead>,
    store: web::Data<Store>,
    Params(query): Params<VacancyQuery>,
) -> Result<web::Json<VacancyPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_vacancies",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let filter = Filter {
        division: query.division_code,
        employer: query.employer_id,
        form: query.form,
        state: query.state,
    };
    let rows = store
        .read(Reach::NOTHING, move |db| {
            service::page(db, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(VacancyPage { items, next }))
}

/// Read a vacancy
#[utoipa::path(
    operation_id = "get_vacancy", tag = "employment", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("vacancy.read"))),
    responses((status = 200, description = "The vacancy", body = Vacancy, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/vacancies/{id}")]
async fn get_vacancy(
    _permit: Permit<acts::VacancyRead>,
    store: web::Data<Store>,
    id: web::Path<VacancyId>,
) -> Result<HttpResponse> {
    let shown = store
        .read(Reach::NOTHING, move |db| service::found(db, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.version)))
        .json(shown))
}

/// Register a vacancy
///
/// Of an employer of your own divisions; the work may be done elsewhere.
#[utoipa::path(
    operation_id = "create_vacancy", tag = "employment",
    params(IdempotencyKey),
    request_body = NewVacancy, extensions(("x-permit" = json!("vacancy.write"))),
    responses(
        (status = 201, description = "Registered", body = Vacancy,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/vacancies")]
async fn create_vacancy(
    permit: Permit<acts::VacancyWrite>,
    store: web::Data<Store>,
    new: Creation<NewVacancy>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::offer(tx, &permit, &new)?.try_map(|shown| {
            Answer::created(format!("/v1/vacancies/{}", shown.id), shown.version, &shown)
        })
    })
    .await
}

/// Change or close a vacancy
///
/// A `close_reason` closes it for good: 409 `vacancy.closed` thereafter.
#[utoipa::path(
    operation_id = "update_vacancy", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = VacancyPatch, extensions(("x-permit" = json!("vacancy.write"))),
    responses(
        (status = 200, description = "As it now is", body = Vacancy, headers(("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[patch("/v1/vacancies/{id}")]
async fn update_vacancy(
    permit: Permit<acts::VacancyWrite>,
    store: web::Data<Store>,
    id: web::Path<VacancyId>,
    seen: IfMatch,
    change: Creation<VacancyPatch>,
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
        .service(list_vacancies)
        .service(create_vacancy)
        .service(get_vacancy)
        .service(update_vacancy);
}
