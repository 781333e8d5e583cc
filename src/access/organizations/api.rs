//! `GET`, `POST /v1/organizations`, `GET /v1/organizations/{id}`.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{NewOrganization, Organization, service};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::OrganizationId;

page_of!(OrganizationPage, Organization);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OrganizationQuery {
    /// Only those of this division and beneath it.
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

/// List organizations in your sight
#[utoipa::path(
    operation_id = "list_organizations", tag = "access", params(OrganizationQuery),
    extensions(("x-permit" = json!("organization.read"))),
    responses((status = 200, description = "A page of organizations, oldest first", body = OrganizationPage), ReadErrors)
)]
#[get("/v1/organizations")]
async fn list_organizations(
    permit: Permit<acts::OrganizationRead>,
    store: web::Data<Store>,
    Params(query): Params<OrganizationQuery>,
) -> Result<web::Json<OrganizationPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "organizations",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let rows = store
        .read(Reach::NOTHING, move |db| {
            service::page(db, &scope, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |organization| organization.id)?;
    Ok(web::Json(OrganizationPage { items, next }))
}

/// Read one organization
#[utoipa::path(
    operation_id = "get_organization", tag = "access", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("organization.read"))),
    responses((status = 200, description = "The organization", body = Organization), ReadErrors)
)]
#[get("/v1/organizations/{id}")]
async fn get_organization(
    permit: Permit<acts::OrganizationRead>,
    store: web::Data<Store>,
    id: web::Path<OrganizationId>,
) -> Result<web::Json<Organization>> {
    store
        .read(Reach::NOTHING, move |db| service::get(db, &permit, *id))
        .await
        .map(web::Json)
}

/// Register an organization
#[utoipa::path(
    operation_id = "create_organization", tag = "access",
    params(IdempotencyKey),
    request_body = NewOrganization, extensions(("x-permit" = json!("organization.manage"))),
    responses(
        (status = 201, description = "Registered", body = Organization,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/organizations")]
async fn create_organization(
    permit: Permit<acts::OrganizationManage>,
    store: web::Data<Store>,
    new: Creation<NewOrganization>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), permit.origin(), move |tx, new| {
        service::create(tx, &origin, &new)?
            .try_map(|made| Answer::created(format!("/v1/organizations/{}", made.id), 1, &made))
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_organizations)
        .service(get_organization)
        .service(create_organization);
}
