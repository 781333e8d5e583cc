//! `/v1/programs/{code}/drafts`.

use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{HttpResponse, delete, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::SavedDraft;
use super::service;
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, Current, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, Sent,
    WriteErrors, etag, or_current,
};
use crate::kernel::error::Result;
use crate::kernel::id::ProgramDraftId;
use crate::programs::model::{DraftState, ProgramDraft, ProgramVersion, Terms};

page_of!(ProgramDraftPage, ProgramDraft);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DraftQuery {
    #[param(inline)]
    state: Option<DraftState>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List the drafts of a program's versions, newest first
///
/// Those for your divisions and for the ones they lie in.
#[utoipa::path(
    operation_id = "list_program_drafts", tag = "programs",
    params(("code" = String, Path, example = "nursing_subsidy"), DraftQuery),
    extensions(("x-permit" = json!("program.read_draft"))),
    responses((status = 200, description = "A page of drafts, decided ones too", body = ProgramDraftPage), ReadErrors)
)]
#[get("/v1/programs/{code}/drafts")]
async fn list_program_drafts(
    permit: Permit<acts::ProgramDraftRead>,
    store: web::Data<Store>,
    code: web::Path<String>,
    Params(query): Params<DraftQuery>,
) -> Result<web::Json<ProgramDraftPage>> {
    let bound = (code.as_str(), &query);
    let paging = Paging::of(
        store.keys(),
        "program_drafts",
        &bound,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let state = query.state;
    let code = code.into_inner();
    let rows = store
        .read(Reach::NOTHING, move |db| {
            service::page(db, &permit, &code, state, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |draft| draft.id)?;
    Ok(web::Json(ProgramDraftPage { items, next }))
}

/// Write a draft of a program's next version
///
/// The rules are CEL over the facts of `GET /v1/program-facts`; a rule that cannot be taken is refused
/// with its place in the text and the reason (`/rules/clauses/0/when`). `doubts` names conditions that
/// are always or never so.
#[utoipa::path(
    operation_id = "create_program_draft", tag = "programs",
    params(("code" = String, Path, example = "nursing_subsidy"), IdempotencyKey),
    request_body = Terms, extensions(("x-permit" = json!("program.draft"))),
    responses(
        (status = 201, description = "Saved", body = SavedDraft,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its revision"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/programs/{code}/drafts")]
async fn create_program_draft(
    permit: Permit<acts::ProgramDraft>,
    store: web::Data<Store>,
    code: web::Path<String>,
    new: Creation<Terms>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, terms| {
        service::create(tx, &permit, &code, terms)?.try_map(|saved| {
            let (id, revision) = (saved.draft.id, saved.draft.revision);
            Answer::created(format!("/v1/programs/{code}/drafts/{id}"), revision, &saved)
        })
    })
    .await
}

/// Read a draft
#[utoipa::path(
    operation_id = "get_program_draft", tag = "programs",
    params(("code" = String, Path, example = "nursing_subsidy"), ("draft_id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("program.read_draft"))),
    responses((status = 200, description = "The draft", body = ProgramDraft, headers(("ETag" = String, description = "Its revision"))), ReadErrors)
)]
#[get("/v1/programs/{code}/drafts/{draft_id}")]
async fn get_program_draft(
    permit: Permit<acts::ProgramDraftRead>,
    store: web::Data<Store>,
    path: web::Path<(String, ProgramDraftId)>,
) -> Result<HttpResponse> {
    let (code, id) = path.into_inner();
    let draft = store
        .read(Reach::NOTHING, move |db| {
            service::view(db, &permit, &code, id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(draft.revision)))
        .json(draft))
}

/// Replace what a draft lays down
#[utoipa::path(
    operation_id = "replace_program_draft", tag = "programs",
    params(("code" = String, Path, example = "nursing_subsidy"), ("draft_id" = uuid::Uuid, Path),
        ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = Terms, extensions(("x-permit" = json!("program.draft"))),
    responses((status = 200, description = "Saved", body = SavedDraft, headers(("ETag" = String, description = "Its revision"))), ReadErrors, WriteErrors)
)]
#[put("/v1/programs/{code}/drafts/{draft_id}")]
async fn replace_program_draft(
    permit: Permit<acts::ProgramDraft>,
    store: web::Data<Store>,
    path: web::Path<(String, ProgramDraftId)>,
    seen: IfMatch,
    terms: Creation<Terms>,
) -> Result<HttpResponse> {
    let (code, id) = path.into_inner();
    let (of, sent, reading) = (code.clone(), Sent::understood(&*terms)?, permit.also());
    let origin = permit.origin().clone();
    let saved = terms.once(&store, permit.reach(), &origin, move |tx, terms| {
        service::replace(tx, &permit, &of, id, seen, terms)?
            .try_map(|saved| Answer::changed(saved.draft.revision, &saved))
    });
    or_current(saved.await, &sent, async || {
        current(&store, reading?, code, id).await
    })
    .await
}

/// As [`get_program_draft`] shows it, to somebody who saw an older revision.
async fn current(
    store: &Store,
    _permit: Permit<acts::ProgramRead>,
    code: String,
    id: ProgramDraftId,
) -> Result<Current> {
    let draft = store
        .read(Reach::NOTHING, move |db| service::get(db, &code, id))
        .await?;
    Current::of(draft.revision, &draft)
}

/// What of a draft decides whether it may be discarded or approved.
const DECIDING: &[&str] = &["/revision", "/state"];

/// Discard a draft
#[utoipa::path(
    operation_id = "discard_program_draft", tag = "programs",
    params(("code" = String, Path, example = "nursing_subsidy"), ("draft_id" = uuid::Uuid, Path),
        ("If-Match" = String, Header, description = "The ETag you saw")),
    extensions(("x-permit" = json!("program.draft"))),
    responses((status = 204, description = "Discarded; it stays to be read"), ReadErrors, WriteErrors)
)]
#[delete("/v1/programs/{code}/drafts/{draft_id}")]
async fn discard_program_draft(
    permit: Permit<acts::ProgramDraft>,
    store: web::Data<Store>,
    path: web::Path<(String, ProgramDraftId)>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let (code, id) = path.into_inner();
    let (of, reading) = (code.clone(), permit.also());
    let discarded = store.write(permit.reach(), move |tx| {
        service::discard(tx, &permit, &of, id, seen)
    });
    or_current(discarded.await, &Sent::default(), async || {
        let draft = current(&store, reading?, code, id).await?;
        Ok(draft.deciding(DECIDING))
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Approve a draft: it becomes the program's next version
///
/// By another person than its author: 403 `program.separation_of_duties`. A version whose end was open
/// ends on the day this one begins; 409 `program.overlap` where another holds for part of its time.
#[utoipa::path(
    operation_id = "approve_program_draft", tag = "programs",
    params(("code" = String, Path, example = "nursing_subsidy"), ("draft_id" = uuid::Uuid, Path),
        ("If-Match" = String, Header, description = "The ETag you saw")),
    extensions(("x-permit" = json!("program.approve"))),
    responses(
        (status = 201, description = "The version that it became", body = ProgramVersion, headers(("Location" = String, description = "All versions"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/programs/{code}/drafts/{draft_id}/approval")]
async fn approve_program_draft(
    permit: Permit<acts::ProgramApprove>,
    store: web::Data<Store>,
    path: web::Path<(String, ProgramDraftId)>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let (code, id) = path.into_inner();
    let location = format!("/v1/programs/{code}/versions");
    let (of, reading) = (code.clone(), permit.also());
    let approved = store.write(permit.reach(), move |tx| {
        service::approve(tx, &permit, &of, id, seen)
    });
    let version = or_current(approved.await, &Sent::default(), async || {
        let draft = current(&store, reading?, code, id).await?;
        Ok(draft.deciding(DECIDING))
    })
    .await?;
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        .json(version))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_program_drafts)
        .service(create_program_draft)
        .service(get_program_draft)
        .service(replace_program_draft)
        .service(discard_program_draft)
        .service(approve_program_draft);
}
