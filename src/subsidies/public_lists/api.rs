//! `/v1/public-lists`.

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::file;
use super::model::{NewPublicList, PublicList, PublicListEntry};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::idempotency::{Answer, Creation, IdempotencyKey};
use crate::http::page::{is_place, page_of};
use crate::http::{FileContent, Paging, Params, ReadErrors, Routes, WriteErrors};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::PublicListId;

page_of!(PublicListPage, PublicList);
page_of!(PublicListEntryPage, PublicListEntry);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PublicListQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// Publish what was paid
///
/// Of a program, in a county, township or village, for a month or several of a year: what reached people by the
/// payment batches of these months. Names are masked; minors are counted and not named. What was published stays;
/// publishing again makes the next revision.
#[utoipa::path(
    operation_id = "create_public_list", tag = "subsidies", params(IdempotencyKey), request_body = NewPublicList, extensions(("x-permit" = json!("public_list.publish"))),
    responses(
        (status = 201, description = "Published", body = PublicList,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its revision"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/public-lists")]
async fn create_public_list(
    permit: Permit<acts::PublicListPublish>,
    store: web::Data<Store>,
    asked: Creation<NewPublicList>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::publish(tx, &permit, &asked)?.try_map(|list| {
                Answer::created(
                    format!("/v1/public-lists/{}", list.id),
                    list.revision,
                    &list,
                )
            })
        })
        .await
}

/// List public lists, newest first
#[utoipa::path(
    operation_id = "list_public_lists", tag = "subsidies", params(PublicListQuery), extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "A page of public lists", body = PublicListPage), ReadErrors)
)]
#[get("/v1/public-lists")]
async fn list_public_lists(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    Params(query): Params<PublicListQuery>,
) -> Result<web::Json<PublicListPage>> {
    let paging = Paging::of(
        store.keys(),
        "public_lists",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, query.program_code, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |list| list.id)?;
    Ok(web::Json(PublicListPage { items, next }))
}

/// Read a public list
#[utoipa::path(
    operation_id = "get_public_list", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "The list without its entries", body = PublicList), ReadErrors)
)]
#[get("/v1/public-lists/{id}")]
async fn get_public_list(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    id: web::Path<PublicListId>,
) -> Result<web::Json<PublicList>> {
    store
        .read(permit.reach(), move |db| service::get(db, &permit, *id))
        .await
        .map(web::Json)
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EntryQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// Who is on a public list, village by village
#[utoipa::path(
    operation_id = "list_public_list_entries", tag = "subsidies", params(("id" = uuid::Uuid, Path), EntryQuery),
    extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "A page of entries as published, with whom they are about", body = PublicListEntryPage), ReadErrors)
)]
#[get("/v1/public-lists/{id}/entries")]
async fn list_public_list_entries(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    id: web::Path<PublicListId>,
    Params(query): Params<EntryQuery>,
) -> Result<web::Json<PublicListEntryPage>> {
    let paging: Paging<i32> = Paging::of(
        store.keys(),
        "public_list_entries",
        &*id,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let rows = store
        .look(permit.reach(), move |db| {
            service::entries(db, &permit, *id, after.unwrap_or(0), count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |entry| entry.place)?;
    Ok(web::Json(PublicListEntryPage { items, next }))
}

/// Download a public list to put it up (公示)
#[utoipa::path(
    operation_id = "get_public_list_file", tag = "subsidies", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("payment.read"))),
    responses((status = 200, description = "A workbook with masked names and the sum in words",
        content((inline(FileContent) = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        headers(("Content-Disposition" = String, description = "Its name"))), ReadErrors)
)]
#[get("/v1/public-lists/{id}/file")]
async fn get_public_list_file(
    permit: Permit<acts::PaymentRead>,
    store: web::Data<Store>,
    id: web::Path<PublicListId>,
) -> Result<HttpResponse> {
    let sheet = store
        .look(permit.reach(), move |db| service::sheet(db, &permit, *id))
        .await?;
    let name = format!(
        "public-list-{}-{}.xlsx",
        sheet.list.division_code, sheet.list.first_month
    );
    let content = web::block(move || file::write(&sheet))
        .await
        .map_err(Error::internal)??;
    Ok(HttpResponse::Ok()
        .content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(name)],
        })
        .body(content))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(create_public_list)
        .service(list_public_lists)
        .service(get_public_list)
        .service(list_public_list_entries)
        .service(get_public_list_file);
}
