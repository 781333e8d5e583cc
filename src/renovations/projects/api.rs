//! `/v1/renovation-projects`: survey, list, read, move.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::ProjectBody;
use super::counts::{Asked, Count};
use super::model::RenovationState;
use super::request::{NewProject, NewRenovationTransition};
use super::service::{self, Filter, Shown, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{CaseId, OrganizationId, RenovationProjectId, ResidentId};

page_of!(RenovationProjectPage, ProjectBody);
whole_page_of!(RenovationCounts, Count);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ProjectQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    #[param(value_type = Option<uuid::Uuid>)]
    contractor_id: Option<OrganizationId>,
    #[param(inline)]
    state: Option<RenovationState>,
    /// Accepted on this day or later.
    #[serde(default, deserialize_with = "date::maybe")]
    accepted_from: Option<NaiveDate>,
    /// Accepted on this day or earlier.
    #[serde(default, deserialize_with = "date::maybe")]
    accepted_to: Option<NaiveDate>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

fn answer(shown: Shown) -> Result<Answer> {
    let (id, version) = (shown.project.id, shown.project.last_transition);
    let place = format!("/v1/renovation-projects/{id}");
    Answer::created(place, version, &ProjectBody::from(shown))
}

/// List renovation projects, newest first
///
/// Addresses are masked, and who signed, items and history left out: those are told of one project at a time. With
/// `resident_id` of all records of that person. The look is recorded.
#[utoipa::path(
    operation_id = "list_renovation_projects", tag = "renovations", params(ProjectQuery),
    extensions(("x-permit" = json!("renovation.read"))),
    responses((status = 200, description = "A page of renovation projects", body = RenovationProjectPage), ReadErrors)
)]
#[get("/v1/renovation-projects")]
async fn list_renovation_projects(
    permit: Permit<acts::RenovationRead>,
    store: web::Data<Store>,
    Params(query): Params<ProjectQuery>,
) -> Result<web::Json<RenovationProjectPage>> {
    date::in_order(
        ("accepted_from", query.accepted_from),
        ("accepted_to", query.accepted_to),
    )?;
    let paging = Paging::of(
        store.keys(),
        "renovation-projects",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let window = Window {
        filter: Filter {
            case: query.case_id,
            state: query.state,
            contractor: query.contractor_id,
            accepted_from: query.accepted_from,
            accepted_to: query.accepted_to,
            ..Filter::default()
        },
        resident: query.resident_id,
        after,
        count,
    };
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, &scope, &window)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.project.id)?;
    let items = rows.into_iter().map(ProjectBody::from).collect();
    Ok(web::Json(RenovationProjectPage { items, next }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CountQuery {
    #[param(value_type = String, example = "990121000000")]
    division_code: DivisionCode,
    /// The first day of the period.
    #[serde(deserialize_with = "date::written")]
    from_date: NaiveDate,
    /// Its last day.
    #[serde(deserialize_with = "date::written")]
    to_date: NaiveDate,
}

/// Count the households whose homes were accepted in a period
///
/// Of a division as a whole, and of what lies right beneath it. A household counts once in each figure, however many
/// residents live there; so figures of households are never added. `list` is the address of the projects that a figure
/// counts.
#[utoipa::path(
    operation_id = "count_renovations", tag = "renovations", params(CountQuery),
    extensions(("x-permit" = json!("renovation.read"))),
    responses((status = 200, description = "All figures; `next` is null", body = RenovationCounts), ReadErrors)
)]
#[get("/v1/renovation-projects/counts")]
async fn count_renovations(
    permit: Permit<acts::RenovationRead>,
    store: web::Data<Store>,
    Params(query): Params<CountQuery>,
) -> Result<web::Json<RenovationCounts>> {
    date::in_order(("from_date", query.from_date), ("to_date", query.to_date))?;
    // A figure of which a part is out of sight would be taken for the whole.
    if !permit.scope().sees(query.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    let scope = permit.scope_in(Some(query.division_code))?;
    let asked = Asked {
        division: query.division_code,
        from: query.from_date,
        to: query.to_date,
    };
    let items = store
        .read(permit.reach(), move |db| service::count(db, &scope, asked))
        .await?;
    Ok(web::Json(RenovationCounts::whole(items)))
}

/// Take down a dwelling that is to be renovated
///
/// Of an approved case; it begins. 409 `renovation_project.open` while another project of the dwelling, the household or
/// the case goes on; 409 `renovation_project.period` within the period after one (`possible_from` says until when);
/// 409 `renovation_project.elderly_friendly` where the elderly-friendly program renovated the dwelling.
#[utoipa::path(
    operation_id = "create_renovation_project", tag = "renovations", params(IdempotencyKey), request_body = NewProject,
    extensions(("x-permit" = json!("renovation.survey"))),
    responses(
        (status = 201, description = "Taken down", body = ProjectBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/renovation-projects")]
async fn create_renovation_project(
    permit: Permit<acts::RenovationSurvey>,
    store: web::Data<Store>,
    new: Creation<NewProject>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::survey(tx, &permit, new)?.try_map(answer)
    })
    .await
}

/// Read a renovation project with its items, its history and what was found since
///
/// The look is recorded.
#[utoipa::path(
    operation_id = "get_renovation_project", tag = "renovations", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("renovation.read"))),
    responses((status = 200, description = "The project", body = ProjectBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/renovation-projects/{id}")]
async fn get_renovation_project(
    permit: Permit<acts::RenovationRead>,
    store: web::Data<Store>,
    id: web::Path<RenovationProjectId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.project.last_transition)))
        .json(ProjectBody::from(shown)))
}

/// Assess, design, consent, contract, build, inspect, accept or settle a renovation
///
/// Each action takes what belongs to it. `design` costs no more than the cap (409 `renovation_project.over_cap`);
/// `contract` takes an institution to which nobody of the project belongs, once the notice has hung out; `finish` takes
/// all items done with a photo from before and one from after; each inspector says `inspect` in person, and `accept`
/// takes two who passed it and no defect; who proposes what is paid does not `settle` it. Accepted, it is looked at again
/// after three months; settled, the contractor is owed the amount. To choose a contractor and to settle is the county's.
#[utoipa::path(
    operation_id = "create_renovation_transition", tag = "renovations",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewRenovationTransition, extensions(("x-permit" = json!("renovation.act"))),
    responses(
        (status = 201, description = "The project as it now is", body = ProjectBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/renovation-projects/{id}/transitions")]
async fn create_renovation_transition(
    permit: Permit<acts::RenovationAct>,
    store: web::Data<Store>,
    id: web::Path<RenovationProjectId>,
    seen: IfMatch,
    asked: Creation<NewRenovationTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, asked)?.try_map(answer)
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_renovation_projects)
        .service(count_renovations)
        .service(create_renovation_project)
        .service(get_renovation_project)
        .service(create_renovation_transition);
}
