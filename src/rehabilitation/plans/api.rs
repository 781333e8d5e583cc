//! `/v1/rehabilitation-plans`: choose, list, read, move, assess.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::PlanBody;
use super::model::{NewAssessment, NewPlan, NewPlanTransition, PlanState};
use super::service::{self, Filter, Shown};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, OrganizationId, RehabilitationPlanId};

page_of!(RehabilitationPlanPage, PlanBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PlanQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    #[param(value_type = Option<uuid::Uuid>)]
    institution_id: Option<OrganizationId>,
    #[param(inline)]
    state: Option<PlanState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

fn answer(shown: Shown) -> Result<Answer> {
    let (id, version) = (shown.plan.id, shown.plan.last_transition);
    let place = format!("/v1/rehabilitation-plans/{id}");
    Answer::created(place, version, &PlanBody::from(shown))
}

/// List rehabilitation plans, newest first
///
/// Of the cases in your sight, or with the institution you work at. Without the child and the goals: who looks at those
/// reads the plan, and that is recorded.
#[utoipa::path(
    operation_id = "list_rehabilitation_plans", tag = "rehabilitation", params(PlanQuery),
    extensions(("x-permit" = json!("rehabilitation.read"))),
    responses((status = 200, description = "A page of rehabilitation plans", body = RehabilitationPlanPage), ReadErrors)
)]
#[get("/v1/rehabilitation-plans")]
async fn list_rehabilitation_plans(
    permit: Permit<acts::RehabilitationRead>,
    store: web::Data<Store>,
    Params(query): Params<PlanQuery>,
) -> Result<web::Json<RehabilitationPlanPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "rehabilitation-plans",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    permit.scope_in(query.division_code)?;
    let filter = Filter {
        id: None,
        division: query.division_code,
        case: query.case_id,
        institution: query.institution_id,
        state: query.state,
    };
    let rows = store
        .look(service::reach(&permit), move |db| {
            service::page(db, &permit, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.plan.id)?;
    let items = rows.into_iter().map(PlanBody::from).collect();
    Ok(web::Json(RehabilitationPlanPage { items, next }))
}

/// Take down which institution a guardian chose
///
/// The case must be approved, and the institution's agreement cover the service and where the child lives (409
/// `institution.not_agreed`). The child begins today, or waits where the institution is full or others wait. Choosing
/// another institution or service later names the plan that it takes over from; what is left of the year's cap goes
/// along, for it is the child's.
#[utoipa::path(
    operation_id = "create_rehabilitation_plan", tag = "rehabilitation", params(IdempotencyKey), request_body = NewPlan,
    extensions(("x-permit" = json!("rehabilitation.choose"))),
    responses(
        (status = 201, description = "Chosen", body = PlanBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/rehabilitation-plans")]
async fn create_rehabilitation_plan(
    permit: Permit<acts::RehabilitationChoose>,
    store: web::Data<Store>,
    new: Creation<NewPlan>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::choose(tx, &permit, new)?.try_map(answer)
    })
    .await
}

/// Read a rehabilitation plan with its assessments and its history
///
/// The look is recorded where the case is.
#[utoipa::path(
    operation_id = "get_rehabilitation_plan", tag = "rehabilitation", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("rehabilitation.read"))),
    responses((status = 200, description = "The plan", body = PlanBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/rehabilitation-plans/{id}")]
async fn get_rehabilitation_plan(
    permit: Permit<acts::RehabilitationRead>,
    store: web::Data<Store>,
    id: web::Path<RehabilitationPlanId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(service::reach(&permit), move |db| {
            service::view(db, &permit, *id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.plan.last_transition)))
        .json(PlanBody::from(shown)))
}

/// Admit, complete or end a rehabilitation plan
///
/// Who waits is admitted in the order of the line (409 `rehabilitation_plan.not_next`) when a place is free (409
/// `institution.full`). The institution completes, after a final assessment (409 `rehabilitation_plan.not_assessed`),
/// and says what came of it.
#[utoipa::path(
    operation_id = "create_rehabilitation_plan_transition", tag = "rehabilitation",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewPlanTransition, extensions(("x-permit" = json!("rehabilitation.act"))),
    responses(
        (status = 201, description = "The plan as it now is", body = PlanBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/rehabilitation-plans/{id}/transitions")]
async fn create_rehabilitation_plan_transition(
    permit: Permit<acts::RehabilitationAct>,
    store: web::Data<Store>,
    id: web::Path<RehabilitationPlanId>,
    seen: IfMatch,
    asked: Creation<NewPlanTransition>,
) -> Result<HttpResponse> {
    let (origin, reach) = (permit.origin().clone(), service::reach(&permit));
    asked
        .once(&store, reach, &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, asked)?.try_map(answer)
        })
        .await
}

/// Record an assessment
///
/// By the institution, of a plan that is under way. A later one of a kind counts instead of the one before.
#[utoipa::path(
    operation_id = "create_rehabilitation_assessment", tag = "rehabilitation", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewAssessment, extensions(("x-permit" = json!("rehabilitation.deliver"))),
    responses(
        (status = 201, description = "The plan with what was found", body = PlanBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/rehabilitation-plans/{id}/assessments")]
async fn create_rehabilitation_assessment(
    permit: Permit<acts::RehabilitationDeliver>,
    store: web::Data<Store>,
    id: web::Path<RehabilitationPlanId>,
    new: Creation<NewAssessment>,
) -> Result<HttpResponse> {
    let (origin, reach) = (permit.origin().clone(), service::reach(&permit));
    new.once(&store, reach, &origin, move |tx, new| {
        service::assess(tx, &permit, *id, new)?.try_map(answer)
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_rehabilitation_plans)
        .service(create_rehabilitation_plan)
        .service(get_rehabilitation_plan)
        .service(create_rehabilitation_plan_transition)
        .service(create_rehabilitation_assessment);
}
