//! `/v1/cases`: file, list, read, move.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};

use utoipa::{IntoParams, ToSchema};

pub use self::body::{CaseBody, Staff};

use self::body::TransitionBody;
use super::life::State;
use super::model::{Desk, NewCase, NewTransition};
use super::service::{self, Filter, Mark, Order};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, Current, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes,
    WriteErrors, etag, or_current,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{ApplicationId, CaseId, ResidentId};
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
    /// Those that one form opened.
    #[param(value_type = Option<uuid::Uuid>)]
    application_id: Option<ApplicationId>,
    /// The beginning of a case number.
    #[param(example = "990121-2022-")]
    q: Option<String>,
    /// By submission or due date, cases that have none are left out.
    #[serde(default)]
    #[param(inline, required = false)]
    sort: CaseSort,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

whole_page_of!(TransitionPage, TransitionBody);

async fn answer_page(
    permit: Permit<acts::CaseRead>,
    store: &Store,
    division: Option<DivisionCode>,
    filter: Filter,
    paging: Paging<Mark>,
) -> Result<web::Json<CasePage>> {
    let (after, count) = paging.window();
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &permit, division, &filter, after.as_ref(), count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| Mark::of(&shown.case))?;
    let items = rows.into_iter().map(CaseBody::from).collect();
    Ok(web::Json(CasePage { items, next }))
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
    let keys = store.keys();
    let paging = Paging::of(keys, "cases", &query, query.limit, query.cursor.as_deref())?;
    let filter = Filter {
        state: query.state,
        step: query.step,
        service: query.service,
        program_code: query.program_code,
        resident: query.resident_id,
        application: query.application_id,
        number: query.q,
        order: query.sort.into(),
    };
    answer_page(permit, &store, query.division_code, filter, paging).await
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
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "resident_cases",
        &*id,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let filter = Filter {
        resident: Some(*id),
        order: Order::Newest,
        ..Filter::default()
    };
    answer_page(permit, &store, None, filter, paging).await
}

/// Open a draft
///
/// What the program's rules say is shown in `eligibility`; a draft found not eligible is refused
/// only on submission.
#[utoipa::path(
    operation_id = "create_case", tag = "casework",
    params(IdempotencyKey),
    request_body = NewCase, extensions(("x-permit" = json!("case.file"))),
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
    new: Creation<NewCase>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::create(tx, &permit, &desk, new)?.try_map(|shown| {
            let (id, version) = (shown.case.id, shown.case.version);
            Answer::created(format!("/v1/cases/{id}"), version, &CaseBody::from(shown))
        })
    })
    .await
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
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
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
        .look(permit.reach(), move |db| service::history(db, &permit, *id))
        .await?;
    Ok(web::Json(TransitionPage::whole(
        all.into_iter().map(Into::into).collect(),
    )))
}

/// Move a case
///
/// 409 `case.transition_not_allowed` when its state does not allow the action; 403
/// `case.step_role` when the step belongs to another role; 403 `case.separation_of_duties` when
/// you have taken another step of this round; 403 `case.own_decision` when you rejected or stopped what you
/// would uphold or reopen; 409 `case.reconsideration_late`, with the `last_date`, 60 days after a rejection or
/// stop was served; 409 `case.reconsidered` when it was asked for before; 422 `case.not_eligible` when the rules say no; 422
/// `case.documents_missing`, with the codes in `missing`, when a document that the program's version
/// requires is not there.
#[utoipa::path(
    operation_id = "create_case_transition", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"),
        IdempotencyKey),
    request_body = NewTransition, extensions(("x-permit" = json!("case.act"))),
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
    asked: Creation<NewTransition>,
) -> Result<HttpResponse> {
    let (id, sent, reading) = (*id, asked.sent(), permit.also());
    let origin = permit.origin().clone();
    let moved = asked.once(&store, permit.reach(), &origin, move |tx, asked| {
        service::act(tx, &permit, &desk, id, seen, asked)?.try_map(|shown| {
            let version = shown.case.version;
            Answer::created(
                format!("/v1/cases/{id}/transitions"),
                version,
                &CaseBody::from(shown),
            )
        })
    });
    or_current(moved.await, &sent, async || {
        current(&store, reading?, id).await
    })
    .await
}

/// As `get_case` shows it, to somebody who acted on an older version.
pub async fn current(store: &Store, permit: Permit<acts::CaseRead>, id: CaseId) -> Result<Current> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, id))
        .await?;
    let current = Current::of(shown.case.version, &CaseBody::from(shown))?;
    Ok(current.deciding(&["/version", "/state", "/step"]))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_cases)
        .service(create_case)
        .service(get_case)
        .service(list_case_transitions)
        .service(create_case_transition)
        .service(list_resident_cases);
}
