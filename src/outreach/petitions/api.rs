//! `/v1/petitions`: receive, list, read, take step by step, and count.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::counts::{Asked, Count};
use super::model::{Petition, PetitionCategory, PetitionChannel, PetitionOutcome, PetitionState};
use super::request::{NewPetition, NewPetitionTransition};
use super::service::{self, Window};
use super::store::Filter;
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
use crate::kernel::id::{CaseId, PetitionId, ResidentId};

page_of!(PetitionPage, Petition);
whole_page_of!(PetitionCounts, Count);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PetitionQuery {
    /// Only what was received or is handled in this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<PetitionState>,
    #[param(inline)]
    category: Option<PetitionCategory>,
    #[param(inline)]
    channel: Option<PetitionChannel>,
    #[param(inline)]
    outcome: Option<PetitionOutcome>,
    /// Only those with which the office was late at least once, or never.
    late: Option<bool>,
    /// Only those with which the office is late.
    #[serde(default)]
    overdue: bool,
    #[param(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    /// With all records that were merged into this one.
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    /// Only what came on this day or later.
    #[serde(default, deserialize_with = "date::maybe")]
    received_from: Option<NaiveDate>,
    /// Only what came on this day or before.
    #[serde(default, deserialize_with = "date::maybe")]
    received_to: Option<NaiveDate>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List petitions, newest first
///
/// Without who petitions or is complained about, and what they say: who looks at that reads the petition. Nobody is shown
/// what complains about themselves.
#[utoipa::path(
    operation_id = "list_petitions", tag = "outreach", params(PetitionQuery),
    extensions(("x-permit" = json!("petition.read"))),
    responses((status = 200, description = "A page of petitions", body = PetitionPage), ReadErrors)
)]
#[get("/v1/petitions")]
async fn list_petitions(
    permit: Permit<acts::PetitionRead>,
    store: web::Data<Store>,
    Params(query): Params<PetitionQuery>,
) -> Result<web::Json<PetitionPage>> {
    date::in_order(
        ("received_from", query.received_from),
        ("received_to", query.received_to),
    )?;
    let keys = store.keys();
    let cursor = query.cursor.as_deref();
    let paging = Paging::of(keys, "petitions", &query, query.limit, cursor)?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let window = Window {
        filter: Filter {
            id: None,
            state: query.state,
            category: query.category,
            channel: query.channel,
            outcome: query.outcome,
            late: query.late,
            overdue: query.overdue,
            case: query.case_id,
            residents: None,
            received_from: query.received_from,
            received_to: query.received_to,
        },
        resident: query.resident_id,
        after,
        count,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &permit, &scope, &window)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(PetitionPage { items, next }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PetitionCountQuery {
    #[param(value_type = String, example = "990121000000")]
    division_code: DivisionCode,
    /// The first day of the period.
    #[serde(deserialize_with = "date::written")]
    from_date: NaiveDate,
    /// Its last day.
    #[serde(deserialize_with = "date::written")]
    to_date: NaiveDate,
}

/// Count the petitions that came in a period
///
/// All, by category, by outcome, and those with which the office was or is late; `list` is the address of the petitions that
/// a figure counts. Petitions, and not persons: who petitions twice counts twice.
#[utoipa::path(
    operation_id = "count_petitions", tag = "outreach", params(PetitionCountQuery),
    extensions(("x-permit" = json!("petition.read"))),
    responses((status = 200, description = "All figures; `next` is null", body = PetitionCounts), ReadErrors)
)]
#[get("/v1/petitions/counts")]
async fn count_petitions(
    permit: Permit<acts::PetitionRead>,
    store: web::Data<Store>,
    Params(query): Params<PetitionCountQuery>,
) -> Result<web::Json<PetitionCounts>> {
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
        .read(permit.reach(), move |db| {
            service::count(db, &permit, &scope, &asked)
        })
        .await?;
    Ok(web::Json(PetitionCounts::whole(items)))
}

/// Take down a petition
///
/// Of a registered resident, of somebody named, or of nobody; with the case or the person of the office that it complains of, if
/// any. Within 15 days of the day it came the petitioner is told whether it is accepted, or it is transferred. Whoever is
/// complained about does not take it down (403 `petition.complained_of`), nor who is tied to the petitioner (403
/// `case.recusal_required`).
#[utoipa::path(
    operation_id = "create_petition", tag = "outreach", params(IdempotencyKey), request_body = NewPetition,
    extensions(("x-permit" = json!("petition.receive"))),
    responses(
        (status = 201, description = "Taken down", body = Petition,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/petitions")]
async fn create_petition(
    permit: Permit<acts::PetitionReceive>,
    store: web::Data<Store>,
    new: Creation<NewPetition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::receive(tx, &permit, &new)?.try_map(|one| {
            let place = format!("/v1/petitions/{}", one.id);
            Answer::created(place, one.version, &one)
        })
    })
    .await
}

/// Read a petition with its history
///
/// With who petitions and what they say; the look is recorded.
#[utoipa::path(
    operation_id = "get_petition", tag = "outreach", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("petition.read"))),
    responses((status = 200, description = "The petition", body = Petition, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/petitions/{id}")]
async fn get_petition(
    permit: Permit<acts::PetitionRead>,
    store: web::Data<Store>,
    id: web::Path<PetitionId>,
) -> Result<HttpResponse> {
    let one = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(one.version)))
        .json(one))
}

/// Take a petition a step further
///
/// The office it was received at transfers it to the competent one, which may object within five working days; accepts it or
/// not within 15 days; decides within 60 of accepting it, or up to 30 more that somebody else approved. The petitioner may
/// ask for a review by the level above within 30 days, which is decided within 30, and once more likewise; above the city the
/// province decides, and its document is kept. What comes late is taken down as late and counted; only objections (409
/// `petition.objection_late`) and the petitioner's own requests (409 `petition.review_late`) may come too late. Who is
/// complained about sees nothing of it; who had a hand in the case complained of does not judge it (403
/// `petition.complained_of`), and each level is another person's (403 `petition.separation_of_duties`).
#[utoipa::path(
    operation_id = "create_petition_transition", tag = "outreach",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewPetitionTransition, extensions(("x-permit" = json!("petition.act"))),
    responses(
        (status = 201, description = "The petition as it now is", body = Petition,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/petitions/{id}/transitions")]
async fn create_petition_transition(
    permit: Permit<acts::PetitionAct>,
    store: web::Data<Store>,
    id: web::Path<PetitionId>,
    seen: IfMatch,
    asked: Creation<NewPetitionTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            let place = format!("/v1/petitions/{id}");
            service::act(tx, &permit, *id, seen, &asked)?
                .try_map(|one| Answer::created(place, one.version, &one))
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_petitions)
        .service(count_petitions)
        .service(create_petition)
        .service(get_petition)
        .service(create_petition_transition);
}
