//! `/v1/public-venues`: list, read, move.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::VenueBody;
use super::model::{VenueKind, VenueState};
use super::request::{NewVenue, NewVenueTransition};
use super::service::{self, Filter, Shown};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::PublicVenueId;

page_of!(PublicVenuePage, VenueBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct VenueQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<VenueState>,
    #[param(inline)]
    kind: Option<VenueKind>,
    /// Only those with something that should have been remedied by yesterday.
    #[serde(default)]
    overdue: bool,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

fn answer(shown: Shown) -> Result<Answer> {
    let (id, version) = (shown.venue.id, shown.venue.last_transition);
    let place = format!("/v1/public-venues/{id}");
    Answer::created(place, version, &VenueBody::from(shown))
}

/// List public venues with what is missing there, newest first
///
/// Without the history: it names who took part in an acceptance.
#[utoipa::path(
    operation_id = "list_public_venues", tag = "renovations", params(VenueQuery),
    extensions(("x-permit" = json!("public_venue.read"))),
    responses((status = 200, description = "A page of public venues", body = PublicVenuePage), ReadErrors)
)]
#[get("/v1/public-venues")]
async fn list_public_venues(
    permit: Permit<acts::PublicVenueRead>,
    store: web::Data<Store>,
    Params(query): Params<VenueQuery>,
) -> Result<web::Json<PublicVenuePage>> {
    let paging = Paging::of(
        store.keys(),
        "public-venues",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let (state, kind, overdue) = (query.state, query.kind, query.overdue);
    let rows = store
        .read(permit.reach(), move |db| {
            let filter = Filter {
                state,
                kind,
                due_before: overdue.then(|| db.today()),
                ..Filter::default()
            };
            service::page(db, &permit, &scope, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.venue.id)?;
    let items = rows.into_iter().map(VenueBody::from).collect();
    Ok(web::Json(PublicVenuePage { items, next }))
}

/// Put a public venue on the list
///
/// With what is missing there, and until when it is to be remedied. 409 `public_venue.known` where the division has one
/// of that name.
#[utoipa::path(
    operation_id = "create_public_venue", tag = "renovations", params(IdempotencyKey), request_body = NewVenue,
    extensions(("x-permit" = json!("public_venue.list"))),
    responses(
        (status = 201, description = "Listed", body = VenueBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/public-venues")]
async fn create_public_venue(
    permit: Permit<acts::PublicVenueList>,
    store: web::Data<Store>,
    new: Creation<NewVenue>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::list(tx, &permit, new)?.try_map(answer)
    })
    .await
}

/// Read a public venue with its history
///
/// The look is recorded: the history names who took part in an acceptance, as far as they are in sight.
#[utoipa::path(
    operation_id = "get_public_venue", tag = "renovations", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("public_venue.read"))),
    responses((status = 200, description = "The venue", body = VenueBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/public-venues/{id}")]
async fn get_public_venue(
    permit: Permit<acts::PublicVenueRead>,
    store: web::Data<Store>,
    id: web::Path<PublicVenueId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.venue.last_transition)))
        .json(VenueBody::from(shown)))
}

/// Report what is remedied, give more time, send back, accept or cancel
///
/// Remedied when all items are. Accepted by somebody who reported nothing of it (403 `public_venue.own`), with residents
/// who have a valid disability certificate and tried it. All but the report is the county's.
#[utoipa::path(
    operation_id = "create_public_venue_transition", tag = "renovations",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewVenueTransition, extensions(("x-permit" = json!("public_venue.act"))),
    responses(
        (status = 201, description = "The venue as it now is", body = VenueBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/public-venues/{id}/transitions")]
async fn create_public_venue_transition(
    permit: Permit<acts::PublicVenueAct>,
    store: web::Data<Store>,
    id: web::Path<PublicVenueId>,
    seen: IfMatch,
    asked: Creation<NewVenueTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, asked)?.try_map(answer)
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_public_venues)
        .service(create_public_venue)
        .service(get_public_venue)
        .service(create_public_venue_transition);
}
