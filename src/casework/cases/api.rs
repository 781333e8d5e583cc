//! `/v1/cases`: file, list, read, move.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use self::body::{CaseBody, TransitionBody};
use super::life::State;
use super::model::Desk;
use super::service::{self, Action, Filter, Mark, NewCase, Order, Request};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{page_of, whole_page_of};
use crate::http::{
    Answer, Body, Cursors, IdempotencyKey, IfMatch, Limit, Params, ReadErrors, WriteErrors, etag,
    idempotency,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, ResidentId};
use crate::programs::{Service, Step};

page_of!(CasePage, CaseBody);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
enum CaseSort {
    #[default]
    #[serde(rename = "created_at")]
    CreatedAt,
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
    #[serde(rename = "submitted_at")]
    SubmittedAt,
    #[serde(rename = "-submitted_at")]
    SubmittedAtDescending,
    #[serde(rename = "due_date")]
    DueDate,
}

impl From<CaseSort> for Order {
    fn from(sort: CaseSort) -> Self {
        match sort {
            CaseSort::CreatedAt => Self::Oldest,
            CaseSort::CreatedAtDescending => Self::Newest,
            CaseSort::SubmittedAt => Self::FirstSubmitted,
            CaseSort::SubmittedAtDescending => Self::LastSubmitted,
            CaseSort::DueDate => Self::Due,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CaseQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<State>,
    #[param(inline)]
    step: Option<Step>,
    #[param(inline)]
    service: Option<Service>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    /// The beginning of a case number.
    #[param(example = "990121-2022-")]
    q: Option<String>,
    /// By submission or due date, cases that have none are left out.
    #[serde(default)]
    #[param(inline, required = false)]
    sort: CaseSort,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "program_code": "nursing_subsidy", "details": {}}))]
struct CaseRequest {
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    program_code: String,
    /// By service; subsidies take `note`.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    details: Map<String, Value>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "endorse", "comment": "材料齐全"}))]
struct TransitionRequest {
    action: Action,
    /// Needed by return, reject and object.
    #[serde(default)]
    comment: Option<String>,
}

whole_page_of!(TransitionPage, TransitionBody);

/// What a page of cases is asked for with.
struct Asked {
    division: Option<DivisionCode>,
    filter: Filter,
    limit: Limit,
}

async fn answer_page(
    permit: Permit<acts::CaseRead>,
    store: &Store,
    asked: Asked,
    cursors: Cursors,
    cursor: Option<String>,
) -> Result<web::Json<CasePage>> {
    let after: Option<Mark> = cursors.read(cursor.as_deref())?;
    let Asked {
        division,
        filter,
        limit,
    } = asked;
    let mut page = store
        .read(move |db| {
            service::page(
                db,
                &permit,
                division,
                &filter,
                after.as_ref(),
                limit.fetch(),
            )
        })
        .await?;
    let more = limit.cut(&mut page);
    let next = page
        .last()
        .filter(|_| more)
        .map(|last| cursors.write(&Mark::of(&last.case)))
        .transpose()?;
    Ok(web::Json(CasePage {
        items: page.into_iter().map(CaseBody::listed).collect(),
        next,
    }))
}

/// List cases
#[utoipa::path(
    operation_id = "list_cases", tag = "casework", params(CaseQuery), extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "A page of cases", body = CasePage), ReadErrors)
)]
#[get("/v1/cases")]
async fn list_cases(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    Params(query): Params<CaseQuery>,
) -> Result<web::Json<CasePage>> {
    let cursors = Cursors::new(store.keys(), "cases", &query);
    let filter = Filter {
        state: query.state,
        step: query.step,
        service: query.service,
        program_code: query.program_code,
        resident: query.resident_id,
        number: query.q,
        order: query.sort.into(),
    };
    let asked = Asked {
        division: query.division_code,
        filter,
        limit: Limit::parse(query.limit)?,
    };
    answer_page(permit, &store, asked, cursors, query.cursor).await
}

/// List the cases of one resident, newest first
#[utoipa::path(
    operation_id = "list_resident_cases", tag = "casework", params(("id" = uuid::Uuid, Path), PageQuery),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "A page of cases", body = CasePage), ReadErrors)
)]
#[get("/v1/residents/{id}/cases")]
async fn list_resident_cases(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    Params(query): Params<PageQuery>,
) -> Result<web::Json<CasePage>> {
    let cursors = Cursors::new(store.keys(), "resident_cases", &*id);
    let filter = Filter {
        resident: Some(*id),
        order: Order::Newest,
        ..Filter::default()
    };
    let asked = Asked {
        division: None,
        filter,
        limit: Limit::parse(query.limit)?,
    };
    answer_page(permit, &store, asked, cursors, query.cursor).await
}

/// Open a draft
///
/// What the program's rules say is shown in `eligibility`; a draft found not eligible is refused
/// only on submission.
#[utoipa::path(
    operation_id = "create_case", tag = "casework",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    request_body = CaseRequest, extensions(("x-permit" = json!("case.file"))),
    responses(
        (status = 201, description = "Opened", body = CaseBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/cases")]
async fn create_case(
    permit: Permit<acts::CaseFile>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    key: IdempotencyKey,
    body: Body<CaseRequest>,
) -> Result<HttpResponse> {
    let (
        CaseRequest {
            resident_id,
            program_code,
            details,
        },
        fingerprint,
    ) = body.into_parts();
    let new = NewCase {
        resident: resident_id,
        program_code,
        details,
    };
    let answer = store
        .write(move |tx| {
            idempotency::once(tx, permit.origin(), &key, &fingerprint, |tx| {
                service::create(tx, &permit, &desk, new)?.try_map(|shown| {
                    let (id, version) = (shown.case.id, shown.case.version);
                    Answer::created(format!("/v1/cases/{id}"), version, &CaseBody::from(shown))
                })
            })
        })
        .await?;
    Ok(answer.into())
}

/// Read a case
#[utoipa::path(
    operation_id = "get_case", tag = "casework", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "The case", body = CaseBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/cases/{id}")]
async fn get_case(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
) -> Result<HttpResponse> {
    let shown = store
        .write(move |tx| service::view(tx, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.case.version)))
        .json(CaseBody::from(shown)))
}

/// What happened to a case, from the beginning
#[utoipa::path(
    operation_id = "list_case_transitions", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "All entries, oldest first", body = TransitionPage), ReadErrors)
)]
#[get("/v1/cases/{id}/transitions")]
async fn list_case_transitions(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
) -> Result<web::Json<TransitionPage>> {
    let all = store
        .write(move |tx| service::history(tx, &permit, *id))
        .await?;
    Ok(web::Json(TransitionPage::whole(
        all.into_iter().map(Into::into).collect(),
    )))
}

/// Move a case
///
/// 409 `case.transition_not_allowed` when its state does not allow the action; 403
/// `case.step_role` when the step belongs to another role; 403 `case.separation_of_duties` when
/// you have taken another step of this round; 422 `case.not_eligible` when the rules say no.
#[utoipa::path(
    operation_id = "create_case_transition", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    request_body = TransitionRequest, extensions(("x-permit" = json!("case.act"))),
    responses(
        (status = 201, description = "The case as it now is", body = CaseBody,
            headers(("Location" = String, description = "Its history"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/cases/{id}/transitions")]
async fn create_case_transition(
    permit: Permit<acts::CaseAct>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    id: web::Path<CaseId>,
    seen: IfMatch,
    key: IdempotencyKey,
    body: Body<TransitionRequest>,
) -> Result<HttpResponse> {
    let (TransitionRequest { action, comment }, fingerprint) = body.into_parts();
    let answer = store
        .write(move |tx| {
            idempotency::once(tx, permit.origin(), &key, &fingerprint, |tx| {
                service::act(tx, &permit, &desk, *id, seen, Request { action, comment })?.try_map(
                    |shown| {
                        let version = shown.case.version;
                        Answer::created(
                            format!("/v1/cases/{id}/transitions"),
                            version,
                            &CaseBody::from(shown),
                        )
                    },
                )
            })
        })
        .await?;
    Ok(answer.into())
}

pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    config
        .service(list_cases)
        .service(create_case)
        .service(get_case)
        .service(list_case_transitions)
        .service(create_case_transition)
        .service(list_resident_cases);
}
