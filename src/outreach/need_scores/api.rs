//! `/v1/need-assessments`, `/v1/most-in-need`, `/v1/residents/{id}/need-score`.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{InNeed, NeedAssessment, NeedScore, NewNeedAssessment, Rank};
use super::service::{self, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, ConflictError, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes,
    WriteErrors, etag,
};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{NeedAssessmentId, ResidentId};

page_of!(NeedAssessmentPage, NeedAssessment);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct NeedScoreQuery {
    /// Today, unless given; no day to come.
    #[param(example = "2022-07-04")]
    #[serde(default, deserialize_with = "date::maybe")]
    as_of: Option<NaiveDate>,
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct NeedAssessmentQuery {
    /// Only of this division, all beneath it and all that lie around it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
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
struct MostInNeedQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121103201")]
    division_code: Option<DivisionCode>,
    /// As this assessment found them; the latest that covers the place, unless given.
    #[param(value_type = Option<uuid::Uuid>)]
    assessment_id: Option<NeedAssessmentId>,
    /// Instead those for whom something went on, or was delivered within the year.
    #[serde(default)]
    served: bool,
    #[param(minimum = 0)]
    min_score: Option<i32>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// A page of those most in need, with the assessment that found them; null where nobody was assessed yet.
#[derive(Debug, Serialize, ToSchema)]
struct MostInNeedPage {
    assessment: Option<NeedAssessment>,
    items: Vec<InNeed>,
    next: Option<String>,
}

/// Read how much somebody is in need, clause by clause
///
/// By the standard in force where they live, from the facts of that day, what visits found among them, as known now.
/// Points of clauses that hang on missing facts are told apart: they are not nothing. 409 `need_standard.missing` where no
/// standard holds.
#[utoipa::path(
    operation_id = "get_need_score", tag = "outreach", params(("id" = uuid::Uuid, Path), NeedScoreQuery),
    extensions(("x-permit" = json!("need_score.read"))),
    responses((status = 200, description = "The score", body = NeedScore), ReadErrors, ConflictError)
)]
#[get("/v1/residents/{id}/need-score")]
async fn get_need_score(
    permit: Permit<acts::NeedScoreRead>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    Params(query): Params<NeedScoreQuery>,
) -> Result<web::Json<NeedScore>> {
    let score = store
        .look(permit.reach(), move |db| {
            service::of_resident(db, &permit, *id, query.as_of)
        })
        .await?;
    Ok(web::Json(score))
}

/// Assess a division: score all its people by what is known today
///
/// Done in the background; the answer says where to follow it. One at a time a division: 409 `need_assessment.open`.
#[utoipa::path(
    operation_id = "create_need_assessment", tag = "outreach", params(IdempotencyKey), request_body = NewNeedAssessment,
    extensions(("x-permit" = json!("need_score.assess"))),
    responses(
        (status = 202, description = "Queued", body = NeedAssessment,
            headers(("Location" = String, description = "Where it is followed"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/need-assessments")]
async fn create_need_assessment(
    permit: Permit<acts::NeedAssess>,
    store: web::Data<Store>,
    asked: Creation<NewNeedAssessment>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::ask(tx, &permit, &asked)?.try_map(|one| {
                let location = format!("/v1/need-assessments/{}", one.id);
                Answer::accepted(location, one.version, &one)
            })
        })
        .await
}

/// List assessments, newest first
#[utoipa::path(
    operation_id = "list_need_assessments", tag = "outreach", params(NeedAssessmentQuery), extensions(("x-permit" = json!("need_score.read"))),
    responses((status = 200, description = "A page of assessments", body = NeedAssessmentPage), ReadErrors)
)]
#[get("/v1/need-assessments")]
async fn list_need_assessments(
    permit: Permit<acts::NeedScoreRead>,
    store: web::Data<Store>,
    Params(query): Params<NeedAssessmentQuery>,
) -> Result<web::Json<NeedAssessmentPage>> {
    let paging = Paging::of(
        store.keys(),
        "need_assessments",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(NeedAssessmentPage { items, next }))
}

/// Follow an assessment
#[utoipa::path(
    operation_id = "get_need_assessment", tag = "outreach", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("need_score.read"))),
    responses((status = 200, description = "The assessment", body = NeedAssessment,
        headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/need-assessments/{id}")]
async fn get_need_assessment(
    permit: Permit<acts::NeedScoreRead>,
    store: web::Data<Store>,
    id: web::Path<NeedAssessmentId>,
) -> Result<HttpResponse> {
    let one = store
        .read(permit.reach(), move |db| service::get(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(one.version)))
        .json(one))
}

/// List those most in need, the highest score first
///
/// As the latest assessment of the place found them, or the one that is named: those for whom nothing went on and nothing
/// was delivered within the year. The look is recorded.
#[utoipa::path(
    operation_id = "list_most_in_need", tag = "outreach", params(MostInNeedQuery), extensions(("x-permit" = json!("need_score.read"))),
    responses((status = 200, description = "A page of residents", body = MostInNeedPage), ReadErrors)
)]
#[get("/v1/most-in-need")]
async fn list_most_in_need(
    permit: Permit<acts::NeedScoreRead>,
    store: web::Data<Store>,
    Params(query): Params<MostInNeedQuery>,
) -> Result<web::Json<MostInNeedPage>> {
    let paging: Paging<Rank> = Paging::of(
        store.keys(),
        "most_in_need",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let window = Window {
        assessment: query.assessment_id,
        division: query.division_code,
        served: query.served,
        min_score: query.min_score,
        after,
        count,
    };
    let (assessment, rows) = store
        .look(permit.reach(), move |db| {
            service::most_in_need(db, &permit, &window)
        })
        .await?;
    let (items, next) = paging.cut(rows, Rank::of)?;
    Ok(web::Json(MostInNeedPage {
        assessment,
        items,
        next,
    }))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(get_need_score)
        .service(create_need_assessment)
        .service(list_need_assessments)
        .service(get_need_assessment)
        .service(list_most_in_need);
}
