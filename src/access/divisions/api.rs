//! `GET /v1/divisions`, `GET /v1/divisions/{code}`.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{Division, service};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, Routes};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;

page_of!(DivisionPage, Division);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DivisionQuery {
    /// The division whose direct children are listed; without it, the topmost ones.
    #[param(value_type = Option<String>, example = "990121000000")]
    parent_code: Option<DivisionCode>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List the divisions beneath one
#[utoipa::path(
    operation_id = "list_divisions", tag = "access", params(DivisionQuery),
    extensions(("x-permit" = json!("division.read"))),
    responses((status = 200, description = "A page of divisions, by code", body = DivisionPage), ReadErrors)
)]
#[get("/v1/divisions")]
async fn list_divisions(
    _permit: Permit<acts::DivisionRead>,
    store: web::Data<Store>,
    Params(query): Params<DivisionQuery>,
) -> Result<web::Json<DivisionPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "divisions",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let parent = query.parent_code;
    let rows = store
        .read(Reach::NOTHING, move |db| {
            service::children(db, parent, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |division| division.code)?;
    Ok(web::Json(DivisionPage { items, next }))
}

/// Read one division
#[utoipa::path(
    operation_id = "get_division", tag = "access", params(("code" = String, Path, example = "990121103000")),
    extensions(("x-permit" = json!("division.read"))),
    responses((status = 200, description = "The division", body = Division), ReadErrors)
)]
#[get("/v1/divisions/{code}")]
async fn get_division(
    _permit: Permit<acts::DivisionRead>,
    store: web::Data<Store>,
    code: web::Path<DivisionCode>,
) -> Result<web::Json<Division>> {
    store
        .read(Reach::NOTHING, move |db| service::known(db, *code))
        .await
        .map(web::Json)
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_divisions).service(get_division);
}
