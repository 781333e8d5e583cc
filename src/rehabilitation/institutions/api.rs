//! `/v1/institutions`: apply, agree, list, read, suspend and end.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::InstitutionBody;
use super::model::{
    InstitutionState, NewAgreement, NewInstitution, NewInstitutionTransition, ServiceType,
};
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
use crate::kernel::id::OrganizationId;

page_of!(InstitutionPage, InstitutionBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct InstitutionQuery {
    /// Only those of this division and beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<InstitutionState>,
    #[param(inline)]
    service_type: Option<ServiceType>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

fn answer(shown: Shown) -> Result<Answer> {
    let (id, version) = (shown.institution.id, shown.institution.last_transition);
    let place = format!("/v1/institutions/{id}");
    Answer::created(place, version, &InstitutionBody::from(shown))
}

/// List designated institutions, with their free places
///
/// Of every county: a guardian may choose any whose agreement covers where the child lives.
#[utoipa::path(
    operation_id = "list_institutions", tag = "rehabilitation", params(InstitutionQuery),
    extensions(("x-permit" = json!("institution.read"))),
    responses((status = 200, description = "A page of institutions, oldest first", body = InstitutionPage), ReadErrors)
)]
#[get("/v1/institutions")]
async fn list_institutions(
    permit: Permit<acts::InstitutionRead>,
    store: web::Data<Store>,
    Params(query): Params<InstitutionQuery>,
) -> Result<web::Json<InstitutionPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "institutions",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let filter = Filter {
        division: query.division_code,
        state: query.state,
        service_type: query.service_type,
    };
    let rows = store
        .read(permit.actor().reach(), move |db| {
            service::page(db, &permit, &filter, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.institution.id)?;
    let items = rows.into_iter().map(InstitutionBody::from).collect();
    Ok(web::Json(InstitutionPage { items, next }))
}

/// Read an institution with its agreements and its history
#[utoipa::path(
    operation_id = "get_institution", tag = "rehabilitation",
    params(("id" = uuid::Uuid, Path, description = "The organization's id")), extensions(("x-permit" = json!("institution.read"))),
    responses((status = 200, description = "The institution", body = InstitutionBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/institutions/{id}")]
async fn get_institution(
    permit: Permit<acts::InstitutionRead>,
    store: web::Data<Store>,
    id: web::Path<OrganizationId>,
) -> Result<HttpResponse> {
    let shown = store
        .read(permit.actor().reach(), move |db| {
            service::view(db, &permit, *id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.institution.last_transition)))
        .json(InstitutionBody::from(shown)))
}

/// Apply for an organization to become a designated institution
///
/// By its own people, or by the office of its division.
#[utoipa::path(
    operation_id = "create_institution", tag = "rehabilitation", params(IdempotencyKey), request_body = NewInstitution,
    extensions(("x-permit" = json!("institution.propose"))),
    responses(
        (status = 201, description = "Applied", body = InstitutionBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/institutions")]
async fn create_institution(
    permit: Permit<acts::InstitutionPropose>,
    store: web::Data<Store>,
    new: Creation<NewInstitution>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.actor().reach(), &origin, move |tx, new| {
        service::apply(tx, &permit, new)?.try_map(answer)
    })
    .await
}

/// Propose an agreement with an institution
///
/// It holds once somebody else has signed it: `agree` among the institution's transitions.
#[utoipa::path(
    operation_id = "create_institution_agreement", tag = "rehabilitation",
    params(("id" = uuid::Uuid, Path, description = "The organization's id"), IdempotencyKey), request_body = NewAgreement,
    extensions(("x-permit" = json!("institution.propose"))),
    responses(
        (status = 201, description = "The institution with what was proposed", body = InstitutionBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/institutions/{id}/agreements")]
async fn create_institution_agreement(
    permit: Permit<acts::InstitutionPropose>,
    store: web::Data<Store>,
    id: web::Path<OrganizationId>,
    new: Creation<NewAgreement>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.actor().reach(), &origin, move |tx, new| {
        service::propose(tx, &permit, *id, new)?.try_map(answer)
    })
    .await
}

/// Sign an agreement, suspend, resume or end an institution
///
/// An agreement is signed for the division that is its party, by somebody who neither proposed it nor applied (403
/// `institution.own`), and one holds on a day (409 `institution_agreement.overlaps`). While an institution is
/// suspended it takes nobody and no session counts; those who are there stay until their plans are moved.
#[utoipa::path(
    operation_id = "create_institution_transition", tag = "rehabilitation",
    params(("id" = uuid::Uuid, Path, description = "The organization's id"),
        ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewInstitutionTransition, extensions(("x-permit" = json!("institution.decide"))),
    responses(
        (status = 201, description = "The institution as it now is", body = InstitutionBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/institutions/{id}/transitions")]
async fn create_institution_transition(
    permit: Permit<acts::InstitutionDecide>,
    store: web::Data<Store>,
    id: web::Path<OrganizationId>,
    seen: IfMatch,
    asked: Creation<NewInstitutionTransition>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.actor().reach(), &origin, move |tx, asked| {
            service::act(tx, &permit, *id, seen, asked)?.try_map(answer)
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_institutions)
        .service(create_institution)
        .service(get_institution)
        .service(create_institution_agreement)
        .service(create_institution_transition);
}
