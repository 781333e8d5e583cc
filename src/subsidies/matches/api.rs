//! `/v1/match-lists`, `/v1/matches`: bring a list, and decide whom it names.

use actix_web::http::header::ETAG;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{Answered, BroughtList, Match, MatchState, NewDecision};
use super::service::{self, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, FileContent, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes,
    Upload, WriteErrors, etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{MatchId, MatchListId, ResidentId};
use crate::registry::Registrar;
use crate::subsidies::match_lists::{MatchListKind, Rules, read};

page_of!(MatchListPage, BroughtList);
page_of!(MatchPage, Match);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct NewListQuery {
    #[param(inline)]
    kind: MatchListKind,
    /// A county or a city: whose people are looked for.
    #[param(value_type = String, example = "990121000000")]
    division_code: DivisionCode,
}

/// Bring a list
///
/// CSV (UTF-8 or GBK) or a workbook, with names, ID numbers and dates. Whom it names of the division, with a benefit
/// whose months reach beyond the date, is suspected, until a person decides; what an earlier list said is `known`.
/// Nothing is kept of rows that name nobody of ours. 409 `match_list.imported_already` with `match_list_id` for a file
/// that was brought before.
#[utoipa::path(
    operation_id = "create_match_list", tag = "subsidies", params(NewListQuery, IdempotencyKey),
    request_body(content = inline(FileContent), content_type = "application/octet-stream", description = "The file"),
    extensions(("x-permit" = json!("match.import"))),
    responses(
        (status = 201, description = "Read", body = Answered,
            headers(("Location" = String, description = "Its matches"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/match-lists")]
async fn create_match_list(
    permit: Permit<acts::MatchImport>,
    store: web::Data<Store>,
    registrar: web::Data<Registrar>,
    Params(query): Params<NewListQuery>,
    upload: Upload,
) -> Result<HttpResponse> {
    let (reach, origin) = (permit.reach(), permit.origin().clone());
    let (kind, division) = (query.kind, query.division_code);
    let asking = permit.clone();
    store
        .read(reach.clone(), move |db| {
            service::invite(db, &asking, division)
        })
        .await?;
    let mut content = Vec::new();
    let received = upload
        .each(async |part: Bytes| {
            content.extend_from_slice(&part);
            Ok(())
        })
        .await?;
    let rules = Rules {
        today: store.given().now().office_date(),
        fictional: registrar.fictional,
    };
    let list = web::block(move || read(kind, &content, rules)).await;
    let list = list.map_err(Error::internal)??;
    let sha256 = received.sha256;
    received
        .key
        .once(&store, reach, &origin, received.fingerprint, move |tx| {
            service::import(tx, &permit, division, &sha256, &list)?.try_map(|answered| {
                let place = format!("/v1/matches?list_id={}", answered.list.id);
                Answer::created(place, 1, &answered)
            })
        })
        .await
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MatchListQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    kind: Option<MatchListKind>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List what other offices' lists were brought, newest first
#[utoipa::path(
    operation_id = "list_match_lists", tag = "subsidies", params(MatchListQuery), extensions(("x-permit" = json!("match.read"))),
    responses((status = 200, description = "A page of lists", body = MatchListPage), ReadErrors)
)]
#[get("/v1/match-lists")]
async fn list_match_lists(
    permit: Permit<acts::MatchRead>,
    store: web::Data<Store>,
    Params(query): Params<MatchListQuery>,
) -> Result<web::Json<MatchListPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "match-lists",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let rows = store
        .read(permit.reach(), move |db| {
            service::lists(db, &scope, query.kind, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |list| list.id)?;
    Ok(web::Json(MatchListPage { items, next }))
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MatchQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<MatchState>,
    #[param(inline)]
    kind: Option<MatchListKind>,
    #[param(value_type = Option<uuid::Uuid>)]
    list_id: Option<MatchListId>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List whom lists name, oldest first
#[utoipa::path(
    operation_id = "list_matches", tag = "subsidies", params(MatchQuery), extensions(("x-permit" = json!("match.read"))),
    responses((status = 200, description = "A page of matches", body = MatchPage), ReadErrors)
)]
#[get("/v1/matches")]
async fn list_matches(
    permit: Permit<acts::MatchRead>,
    store: web::Data<Store>,
    Params(query): Params<MatchQuery>,
) -> Result<web::Json<MatchPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "matches",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let window = Window {
        state: query.state,
        kind: query.kind,
        list: query.list_id,
        resident: query.resident_id,
        after,
        count,
    };
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, &scope, &window)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(MatchPage { items, next }))
}

/// Read a match
#[utoipa::path(
    operation_id = "get_match", tag = "subsidies", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("match.read"))),
    responses((status = 200, description = "The match", body = Match, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/matches/{id}")]
async fn get_match(
    permit: Permit<acts::MatchRead>,
    store: web::Data<Store>,
    id: web::Path<MatchId>,
) -> Result<HttpResponse> {
    let one = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(one.version)))
        .json(one))
}

/// Decide a match
///
/// `suspend` and `stop` hold back or end all that it names, from the month after the event or a later one; a stop
/// terminates the cases and recovers what was paid since. What the list shows of the person (a death, an imprisonment,
/// support) becomes a circumstance. Once, by a person who did not bring the list (403 `match.own`) and is not related
/// to the resident (403 `case.recusal_required`).
#[utoipa::path(
    operation_id = "decide_match", tag = "subsidies",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewDecision, extensions(("x-permit" = json!("match.decide"))),
    responses(
        (status = 201, description = "The match as it now is", body = Match,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/matches/{id}/decision")]
async fn decide_match(
    permit: Permit<acts::MatchDecide>,
    store: web::Data<Store>,
    id: web::Path<MatchId>,
    seen: IfMatch,
    new: Creation<NewDecision>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        let place = format!("/v1/matches/{id}");
        service::decide(tx, &permit, *id, seen, &new)?
            .try_map(|one| Answer::created(place, one.version, &one))
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(create_match_list)
        .service(list_match_lists)
        .service(list_matches)
        .service(get_match)
        .service(decide_match);
}
