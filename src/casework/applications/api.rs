//! `/v1/applications`: one form for several programs.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Application, Filed, NewApplication, NewSubmission, Submitted};
use super::service;
use crate::access::{Permit, acts};
use crate::casework::cases::Desk;
use crate::casework::cases::api::CaseBody;
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ApplicationId, CaseId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::programs::eligibility::api::EligibilityBody;

page_of!(ApplicationPage, ApplicationBody);

whole_page_of!(ProposalPage, EligibilityBody);

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Application, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "division_code": "990121103201", "created_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "created_at": "2022-07-04T01:00:00.000000Z", "cases": []
}))]
pub struct ApplicationBody {
    #[schema(value_type = uuid::Uuid)]
    id: ApplicationId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    #[schema(value_type = uuid::Uuid)]
    created_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    /// One a program, in the order of the form; each goes its own way.
    cases: Vec<CaseBody>,
}

impl From<Filed> for ApplicationBody {
    fn from(Filed { application, cases }: Filed) -> Self {
        let Application {
            id,
            resident_id,
            division_code,
            created_by,
            created_at,
        } = application;
        Self {
            id,
            resident_id,
            division_code,
            created_by,
            created_at,
            cases: cases.into_iter().map(Into::into).collect(),
        }
    }
}

/// What became of each draft.
#[derive(Debug, Serialize, ToSchema)]
struct SubmissionBody {
    #[schema(value_type = uuid::Uuid)]
    application_id: ApplicationId,
    items: Vec<SubmissionResult>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SubmissionResult {
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    /// The case as it now is; left out where it stays a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    case: Option<CaseBody>,
    /// Why it stays a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refusal: Option<Refusal>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Refusal {
    /// As the case's own submission would answer.
    #[schema(example = "case.not_eligible")]
    code: &'static str,
    zh: String,
    en: String,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let code = error.code();
        let (zh, en) = match error.text() {
            Some(text) => (text.zh.clone(), text.en.clone()),
            None => (code.title_zh().to_owned(), code.title_en().to_owned()),
        };
        Self {
            code: code.as_str(),
            zh,
            en,
        }
    }
}

impl From<Submitted> for SubmissionResult {
    fn from(result: Submitted) -> Self {
        let case_id = result.case();
        let (case, refusal) = match result {
            Submitted::Moved(shown) => (Some(CaseBody::from(*shown)), None),
            Submitted::Kept(_, error) => (None, Some(Refusal::from(error))),
        };
        Self {
            case_id,
            case,
            refusal,
        }
    }
}

/// A program that the resident could ask for.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ApplicationQuery {
    #[param(value_type = uuid::Uuid)]
    resident_id: ResidentId,
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
struct ProposalQuery {
    #[param(value_type = uuid::Uuid)]
    resident_id: ResidentId,
}

/// File one form for several programs
///
/// Opens a draft for each, or nothing: an unknown program, a case that is open already and wrong details
/// are named by pointer (`/programs/1/program_code`), all at once. Whom the rules find ineligible may
/// still file, and is refused on submission. Documents added to one of the cases count for all of them.
#[utoipa::path(
    operation_id = "create_application", tag = "casework", params(IdempotencyKey),
    request_body = NewApplication, extensions(("x-permit" = json!("case.file"))),
    responses(
        (status = 201, description = "Filed", body = ApplicationBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/applications")]
async fn create_application(
    permit: Permit<acts::CaseFile>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    new: Creation<NewApplication>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::create(tx, &permit, &desk, new)?.try_map(|filed| {
            let place = format!("/v1/applications/{}", filed.application.id);
            Answer::created(place, 1, &ApplicationBody::from(filed))
        })
    })
    .await
}

/// List a resident's applications, newest first
#[utoipa::path(
    operation_id = "list_applications", tag = "casework", params(ApplicationQuery),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "A page of applications", body = ApplicationPage), ReadErrors)
)]
#[get("/v1/applications")]
async fn list_applications(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    Params(query): Params<ApplicationQuery>,
) -> Result<web::Json<ApplicationPage>> {
    let (keys, cursor) = (store.keys(), query.cursor.as_deref());
    let paging = Paging::of(keys, "applications", &query, query.limit, cursor)?;
    let (after, count) = paging.window();
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, query.resident_id, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |filed| filed.application.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(ApplicationPage { items, next }))
}

/// What a resident could ask for
///
/// All programs in force for the resident today that find them eligible, or cannot say yet because facts
/// are missing, and of which they have no open case.
#[utoipa::path(
    operation_id = "list_application_proposals", tag = "casework", params(ProposalQuery),
    extensions(("x-permit" = json!("case.file"))),
    responses((status = 200, description = "All of them, by code", body = ProposalPage), ReadErrors)
)]
#[get("/v1/applications/proposals")]
async fn list_application_proposals(
    permit: Permit<acts::CaseFile>,
    store: web::Data<Store>,
    Params(query): Params<ProposalQuery>,
) -> Result<web::Json<ProposalPage>> {
    let all = store
        .look(permit.reach(), move |db| {
            service::proposals(db, &permit, query.resident_id)
        })
        .await?;
    let items = all
        .into_iter()
        .map(|(program, decision)| EligibilityBody::of(program, decision))
        .collect();
    Ok(web::Json(ProposalPage::whole(items)))
}

/// Read an application with its cases
#[utoipa::path(
    operation_id = "get_application", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "The application", body = ApplicationBody), ReadErrors)
)]
#[get("/v1/applications/{id}")]
async fn get_application(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    id: web::Path<ApplicationId>,
) -> Result<web::Json<ApplicationBody>> {
    let filed = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(web::Json(filed.into()))
}

/// Submit all drafts of an application
///
/// Each for itself: one that is not eligible, or lacks a required document, stays a draft and says why in
/// `refusal`. 409 `application.submitted` when no draft is left.
#[utoipa::path(
    operation_id = "submit_application", tag = "casework", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewSubmission, extensions(("x-permit" = json!("case.act"))),
    responses(
        (status = 201, description = "What became of each draft", body = SubmissionBody,
            headers(("Location" = String, description = "The application"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/applications/{id}/submission")]
async fn submit_application(
    permit: Permit<acts::CaseAct>,
    store: web::Data<Store>,
    desk: web::Data<Desk>,
    id: web::Path<ApplicationId>,
    asked: Creation<NewSubmission>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::submit(tx, &permit, &desk, *id, &asked)?.try_map(|(application, results)| {
                let body = SubmissionBody {
                    application_id: application.id,
                    items: results.into_iter().map(Into::into).collect(),
                };
                Answer::created(format!("/v1/applications/{id}"), 1, &body)
            })
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(create_application)
        .service(list_applications)
        .service(list_application_proposals)
        .service(get_application)
        .service(submit_application);
}
