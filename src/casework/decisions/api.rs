//! `/v1/cases/{id}/notices`: what people were told of decisions, and how it was served.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::letter;
use super::model::{Content, NewService, Notice, NoticeKind, Service};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::whole_page_of;
use crate::http::{Answer, Creation, IdempotencyKey, ReadErrors, Routes, WriteErrors};
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, DecisionNoticeId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DecisionNotice, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "sequence": 4, "kind": "reject", "number": "990121-2022-000123-J1", "issued_date": "2022-07-04",
    "issued_at": "2022-07-04T01:00:00.000000Z", "service": null, "reconsideration_until": "2022-09-02"
}))]
pub struct NoticeBody {
    #[schema(value_type = uuid::Uuid)]
    id: DecisionNoticeId,
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    /// The entry of the case's history that it is of.
    sequence: i32,
    kind: NoticeKind,
    /// What people quote.
    number: String,
    issued_date: NaiveDate,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    issued_at: Timestamp,
    /// Null until it is served.
    service: Option<Service>,
    /// The last day to ask for reconsideration: 60 days after service, or after issue until then. Null
    /// where it cannot be asked for.
    reconsideration_until: Option<NaiveDate>,
}

impl From<&Notice> for NoticeBody {
    fn from(notice: &Notice) -> Self {
        Self {
            id: notice.id,
            case_id: notice.case_id,
            sequence: notice.sequence,
            kind: notice.kind,
            number: notice.number.clone(),
            issued_date: notice.issued_date,
            issued_at: notice.issued_at,
            service: notice.service,
            reconsideration_until: notice.ask_until(),
        }
    }
}

whole_page_of!(NoticePage, NoticeBody);

/// A notice with what it says, and as a letter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DecisionNoticeLetter)]
pub struct LetterBody {
    #[serde(flatten)]
    notice: NoticeBody,
    content: Content,
    /// Ready to print.
    text_zh: String,
    text_en: String,
}

impl From<Notice> for LetterBody {
    fn from(notice: Notice) -> Self {
        Self {
            text_zh: letter::zh(&notice),
            text_en: letter::en(&notice),
            notice: NoticeBody::from(&notice),
            content: notice.content,
        }
    }
}

/// What people were told of decisions
///
/// One notice for each approval, rejection, stop, and decision upheld.
#[utoipa::path(
    operation_id = "list_decision_notices", tag = "casework", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "All of them, oldest first", body = NoticePage), ReadErrors)
)]
#[get("/v1/cases/{id}/notices")]
async fn list_decision_notices(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    id: web::Path<CaseId>,
) -> Result<web::Json<NoticePage>> {
    let all = store
        .look(permit.reach(), move |db| service::list(db, &permit, *id))
        .await?;
    let items = all.iter().map(Into::into).collect();
    Ok(web::Json(NoticePage::whole(items)))
}

/// Read a notice
///
/// With the grounds, the clauses that decided, and where and until when there may be another look; as data,
/// and as a letter in both languages.
#[utoipa::path(
    operation_id = "get_decision_notice", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("notice_id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("case.read"))),
    responses((status = 200, description = "The notice", body = LetterBody), ReadErrors)
)]
#[get("/v1/cases/{id}/notices/{notice_id}")]
async fn get_decision_notice(
    permit: Permit<acts::CaseRead>,
    store: web::Data<Store>,
    path: web::Path<(CaseId, DecisionNoticeId)>,
) -> Result<web::Json<LetterBody>> {
    let (case, id) = path.into_inner();
    let notice = store
        .look(permit.reach(), move |db| {
            service::view(db, &permit, case, id)
        })
        .await?;
    Ok(web::Json(notice.into()))
}

/// Put down that a notice was served
///
/// Once; the time to ask for reconsideration runs from that day. 409 `notice.served` when it was served
/// already.
#[utoipa::path(
    operation_id = "serve_decision_notice", tag = "casework",
    params(("id" = uuid::Uuid, Path), ("notice_id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewService, extensions(("x-permit" = json!("case.act"))),
    responses(
        (status = 201, description = "Served", body = NoticeBody,
            headers(("Location" = String, description = "The notice"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/cases/{id}/notices/{notice_id}/service")]
async fn serve_decision_notice(
    permit: Permit<acts::CaseAct>,
    store: web::Data<Store>,
    path: web::Path<(CaseId, DecisionNoticeId)>,
    new: Creation<NewService>,
) -> Result<HttpResponse> {
    let (case, id) = path.into_inner();
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::serve(tx, &permit, case, id, new)?.try_map(|notice| {
            let place = format!("/v1/cases/{case}/notices/{id}");
            Answer::created(place, 1, &NoticeBody::from(&notice))
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_decision_notices)
        .service(get_decision_notice)
        .service(serve_decision_notice);
}
