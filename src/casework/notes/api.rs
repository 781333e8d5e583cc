//! `/v1/cases/{id}/notes`.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{NewNote, Note};
use super::service;
use crate::access::{Permit, acts};
use crate::casework::cases::api::Staff;
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, NoteId};
use crate::kernel::time::Timestamp;

page_of!(NotePage, NoteBody);

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "author": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "username": "county.990121", "display_name": "甲江县 经办人"},
    "text": "已电话核实，家属明日补交户口簿。", "written_at": "2022-07-05T01:00:00.000000Z"
}))]
pub struct NoteBody {
    #[schema(value_type = uuid::Uuid)]
    id: NoteId,
    author: Staff,
    text: String,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    written_at: Timestamp,
}

impl From<Note> for NoteBody {
    fn from(note: Note) -> Self {
        Self {
            id: note.id,
            author: note.author.into(),
            text: note.text,
            written_at: note.written_at,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct NoteQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// Write a note on a case
///
/// For those who handle the case; it is never changed.
#[utoipa::path(
    operation_id = "create_case_note", tag = "casework", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewNote, extensions(("x-permit" = json!("note.write"))),
    responses(
        (status = 201, description = "Written", body = NoteBody,
            headers(("Location" = String, description = "The notes of the case"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/cases/{id}/notes")]
async fn create_case_note(
    permit: Permit<acts::NoteWrite>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
    new: Creation<NewNote>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::write(tx, &permit, *id, &new)?.try_map(|note| {
            Answer::created(format!("/v1/cases/{id}/notes"), 1, &NoteBody::from(note))
        })
    })
    .await
}

/// List the notes of a case, newest first
#[utoipa::path(
    operation_id = "list_case_notes", tag = "casework", params(("id" = uuid::Uuid, Path), NoteQuery),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "A page of notes", body = NotePage), ReadErrors)
)]
#[get("/v1/cases/{id}/notes")]
async fn list_case_notes(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
    Params(query): Params<NoteQuery>,
) -> Result<web::Json<NotePage>> {
    let keys = store.keys();
    let cursor = query.cursor.as_deref();
    let paging = Paging::of(keys, "case_notes", &*id, query.limit, cursor)?;
    let (after, count) = paging.window();
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, *id, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |note| note.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(NotePage { items, next }))
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(create_case_note).service(list_case_notes);
}
