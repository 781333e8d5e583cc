//! `/v1/cases/{id}/documents`, `/v1/documents`: add, list, read, download, withdraw.

use actix_web::body::SizedStream;
use actix_web::http::header::{
    Charset, ContentDisposition, ContentEncoding, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::{HttpResponse, get, post, web};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::archive::Archive;
use super::model::{ChecklistItem, Document, Kind, MediaType, NewDocument, NewWithdrawal};
use super::service::{self, Content};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::{
    Answer, Creation, FileContent, IdempotencyKey, Params, ReadErrors, Routes, Upload, WriteErrors,
};
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, DocumentId, DocumentObjectId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Document, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "kind": "identity_card", "requirement": "identity",
    "name": "身份证.jpg", "media_type": "image/jpeg", "size": 183_204,
    "added_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "added_at": "2022-07-04T01:00:00.000000Z", "has_thumbnail": true, "withdrawal": null
}))]
struct DocumentBody {
    #[schema(value_type = uuid::Uuid)]
    id: DocumentId,
    /// The case it was added to. It counts for the others of the same application, too.
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    kind: Kind,
    /// Which of the program's required documents it is.
    requirement: Option<String>,
    /// What whoever added it called it.
    name: String,
    /// Told by the content.
    media_type: MediaType,
    /// In bytes.
    size: usize,
    #[schema(value_type = uuid::Uuid)]
    added_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    added_at: Timestamp,
    /// Whether there is a small picture of it (`…/thumbnail`).
    has_thumbnail: bool,
    /// Null while it stands.
    withdrawal: Option<DocumentWithdrawal>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DocumentWithdrawal {
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
    #[schema(value_type = uuid::Uuid)]
    by: UserId,
    /// Null where another took its place.
    reason: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    replaced_by: Option<DocumentId>,
}

impl From<Document> for DocumentBody {
    fn from(document: Document) -> Self {
        Self {
            id: document.id,
            case_id: document.case_id,
            resident_id: document.resident_id,
            kind: document.kind,
            requirement: document.requirement,
            name: document.name,
            media_type: document.stored.media_type,
            size: document.stored.size,
            added_by: document.added_by,
            added_at: document.added_at,
            has_thumbnail: document.has_thumbnail,
            withdrawal: document.withdrawal.map(|ended| DocumentWithdrawal {
                at: ended.at,
                by: ended.by,
                reason: ended.reason,
                replaced_by: ended.replaced_by,
            }),
        }
    }
}

/// The documents of a case, with what its program asks for.
#[derive(Debug, Serialize, ToSchema)]
struct DocumentPage {
    items: Vec<DocumentBody>,
    /// Always null: all are shown.
    next: Option<String>,
    checklist: Vec<ChecklistItem>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct NewDocumentQuery {
    #[param(inline)]
    kind: Kind,
    /// 1 to 200 characters; only people with the permit `document.read` see it.
    #[param(example = "身份证.jpg", min_length = 1, max_length = 200)]
    name: String,
    /// The code of the required document that this is (`checklist`).
    #[param(example = "identity")]
    requirement: Option<String>,
    /// A document of the same case that this one takes the place of.
    #[param(value_type = Option<uuid::Uuid>)]
    replaces: Option<DocumentId>,
}

impl From<NewDocumentQuery> for NewDocument {
    fn from(query: NewDocumentQuery) -> Self {
        Self {
            kind: query.kind,
            name: query.name,
            requirement: query.requirement,
            replaces: query.replaces,
        }
    }
}

/// Add a document to a case
///
/// The body is the file itself, up to 20 MiB: JPEG, PNG, WebP, PDF, DOCX or XLSX, told by its content.
/// What is none of these is refused (422 `document.type`), and so is a `Content-Type` that says another
/// type than the content has (422 `document.type_mismatch`); `application/octet-stream` says none. A JPEG or
/// PNG that cannot be read, as one that was cut off, is refused (422 `document.unreadable`). Cases that one
/// application opened share their documents. A closed case takes none: 409 `case.closed`.
#[utoipa::path(
    operation_id = "add_document", tag = "casework",
    params(("id" = uuid::Uuid, Path), NewDocumentQuery, IdempotencyKey),
    request_body(content = inline(FileContent), content_type = "application/octet-stream", description = "The file"),
    extensions(("x-permit" = json!("document.write"))),
    responses(
        (status = 201, description = "Added", body = DocumentBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/cases/{id}/documents")]
async fn add_document(
    permit: Permit<acts::DocumentWrite>,
    store: web::Data<Store>,
    archive: web::Data<Archive>,
    id: web::Path<CaseId>,
    Params(query): Params<NewDocumentQuery>,
    upload: Upload,
) -> Result<HttpResponse> {
    let new = NewDocument::from(query).check()?;
    let (reach, origin, case) = (permit.reach(), permit.origin().clone(), *id);
    let (asking, asked) = (permit.clone(), new.clone());
    store
        .read(reach.clone(), move |db| {
            service::invite(db, &asking, case, &asked)
        })
        .await?;
    let object: DocumentObjectId = store.given().new_id();
    let mut writing = archive.begin(object, upload.media_type()).await?;
    let received = upload
        .each(async |part: Bytes| writing.add(&part).await)
        .await?;
    let (stored, key) = writing.finish().await?;
    let content = Content {
        thumbnail: archive.thumbnail(stored, &key).await?,
        stored,
        key,
        sha256: received.sha256,
    };
    let added = received
        .key
        .once(
            &store,
            reach.clone(),
            &origin,
            received.fingerprint,
            move |tx| {
                service::add(tx, &permit, case, &new, &content)?.try_map(|document| {
                    let place = format!("/v1/documents/{}", document.id);
                    Answer::created(place, FIRST, &DocumentBody::from(document))
                })
            },
        )
        .await;
    // The same file was there already, or nothing was added. What cannot be removed now, a sweep finds.
    let kept = store.read(reach, move |db| service::is_kept(db, object));
    if matches!(kept.await, Ok(false)) {
        drop(archive.remove(object).await);
    }
    added
}

/// What is added is as it was first.
const FIRST: i32 = 1;

/// List the documents of a case
///
/// Those that were withdrawn or replaced stay, and say so. `checklist` names what the program's version
/// asks for and what fulfils it; until a case is submitted, that is the version in force today.
#[utoipa::path(
    operation_id = "list_case_documents", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("document.read"))),
    responses((status = 200, description = "All documents, oldest first", body = DocumentPage), ReadErrors)
)]
#[get("/v1/cases/{id}/documents")]
async fn list_case_documents(
    permit: Permit<acts::DocumentRead>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
) -> Result<web::Json<DocumentPage>> {
    let (all, checklist) = store
        .look(permit.reach(), move |db| service::list(db, &permit, *id))
        .await?;
    Ok(web::Json(DocumentPage {
        items: all.into_iter().map(Into::into).collect(),
        next: None,
        checklist,
    }))
}

/// Read what is said of a document
#[utoipa::path(
    operation_id = "get_document", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("document.read"))),
    responses((status = 200, description = "The document", body = DocumentBody), ReadErrors)
)]
#[get("/v1/documents/{id}")]
async fn get_document(
    permit: Permit<acts::DocumentRead>,
    store: web::Data<Store>,
    id: web::Path<DocumentId>,
) -> Result<web::Json<DocumentBody>> {
    let document = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(web::Json(document.into()))
}

/// Download a document
///
/// Each download is on record before the first byte leaves.
#[utoipa::path(
    operation_id = "get_document_content", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("document.read"))),
    responses((status = 200, description = "The file",
        content(
            (inline(FileContent) = "image/jpeg"), (inline(FileContent) = "image/png"),
            (inline(FileContent) = "image/webp"), (inline(FileContent) = "application/pdf"),
            (inline(FileContent) = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (inline(FileContent) = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        headers(("Content-Disposition" = String, description = "Its name"))), ReadErrors)
)]
#[get("/v1/documents/{id}/content")]
async fn get_document_content(
    permit: Permit<acts::DocumentRead>,
    store: web::Data<Store>,
    archive: web::Data<Archive>,
    id: web::Path<DocumentId>,
) -> Result<HttpResponse> {
    let (document, key) = store
        .look(permit.reach(), move |db| service::content(db, &permit, *id))
        .await?;
    let stored = document.stored;
    let content = archive.read(stored, key).await?;
    let size = u64::try_from(stored.size).map_err(crate::kernel::error::Error::internal)?;
    let name = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: document.name.into_bytes(),
    };
    Ok(HttpResponse::Ok()
        .content_type(stored.media_type.as_str())
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::FilenameExt(name)],
        })
        // All of these types are compressed in themselves.
        .insert_header(ContentEncoding::Identity)
        .body(SizedStream::new(size, content)))
}

/// See a small picture of a document
///
/// A JPEG of at most 320 pixels a side, for lists: of what was added as JPEG or PNG and can be read as such; 404
/// `document.no_thumbnail` for the rest. Each look is on record.
#[utoipa::path(
    operation_id = "get_document_thumbnail", tag = "casework",
    params(("id" = uuid::Uuid, Path, description = "The case"), ("document_id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("document.read"))),
    responses((status = 200, description = "The picture", content((inline(FileContent) = "image/jpeg"))), ReadErrors)
)]
#[get("/v1/cases/{id}/documents/{document_id}/thumbnail")]
async fn get_document_thumbnail(
    permit: Permit<acts::DocumentRead>,
    store: web::Data<Store>,
    ids: web::Path<(CaseId, DocumentId)>,
) -> Result<HttpResponse> {
    let (case, id) = *ids;
    let picture = store
        .look(permit.reach(), move |db| {
            service::thumbnail(db, &permit, case, id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type(MediaType::Jpeg.as_str())
        .insert_header(ContentEncoding::Identity)
        .body(picture))
}

/// Withdraw a document
///
/// It stays, marked, with the reason. 409 `document.submitted` when an open case was submitted with it:
/// then only another takes its place (`replaces`).
#[utoipa::path(
    operation_id = "withdraw_document", tag = "casework", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewWithdrawal, extensions(("x-permit" = json!("document.write"))),
    responses(
        (status = 201, description = "The document as it now is", body = DocumentBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/documents/{id}/withdrawal")]
async fn withdraw_document(
    permit: Permit<acts::DocumentWrite>,
    store: web::Data<Store>,
    id: web::Path<DocumentId>,
    asked: Creation<NewWithdrawal>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::withdraw(tx, &permit, *id, &asked)?.try_map(|document| {
                let place = format!("/v1/documents/{id}");
                Answer::created(place, FIRST + 1, &DocumentBody::from(document))
            })
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(add_document)
        .service(list_case_documents)
        .service(get_document)
        .service(get_document_content)
        .service(get_document_thumbnail)
        .service(withdraw_document);
}
