//! `/v1/device-catalog`: look things up, and bring a catalog.

use std::collections::BTreeMap;

use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::file::read;
use super::model::{CatalogRowOutcome, DeviceCode, DeviceItem, Edition, ItemKey};
use super::service::{self, Filter, RowResult};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, FileContent, IdempotencyKey, Paging, Params, ReadErrors, Routes, Upload, WriteErrors,
};
use crate::kernel::date;
use crate::kernel::error::{Error, Result};

page_of!(DeviceItemPage, DeviceItem);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CatalogQuery {
    #[param(value_type = Option<String>, example = "2022")]
    edition: Option<Edition>,
    /// How the code begins: class (`12`), or class and subclass (`1222`).
    #[param(example = "12")]
    code_prefix: Option<String>,
    /// Part of the name.
    #[param(example = "轮椅")]
    q: Option<String>,
    /// Whether it is subsidized.
    listed: Option<bool>,
    /// What holds on that day; today unless given.
    #[param(example = "2022-07-01")]
    #[serde(default, deserialize_with = "date::maybe")]
    valid_at: Option<NaiveDate>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List the device catalog, by edition and code
///
/// What holds on a day: of the versions that reach it, the one recorded last.
#[utoipa::path(
    operation_id = "list_device_catalog", tag = "devices", params(CatalogQuery), extensions(("x-permit" = json!("device_catalog.read"))),
    responses((status = 200, description = "A page of items", body = DeviceItemPage), ReadErrors)
)]
#[get("/v1/device-catalog")]
async fn list_device_catalog(
    permit: Permit<acts::DeviceCatalogRead>,
    store: web::Data<Store>,
    Params(query): Params<CatalogQuery>,
) -> Result<web::Json<DeviceItemPage>> {
    let paging = Paging::of(
        store.keys(),
        "device-catalog",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let prefix = query.code_prefix.as_deref().map(code_prefix).transpose()?;
    let (after, count) = paging.window();
    let filter = Filter {
        edition: query.edition,
        code_prefix: prefix,
        q: query.q.filter(|q| !q.is_empty()),
        listed: query.listed,
        on: query
            .valid_at
            .unwrap_or_else(|| store.given().now().office_date()),
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, DeviceItem::key)?;
    Ok(web::Json(DeviceItemPage { items, next }))
}

fn code_prefix(text: &str) -> Result<String> {
    let digits = text.replace([' ', '-', '.'], "");
    if digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(digits);
    }
    Err(Error::parameter(
        "code_prefix",
        "device_code.prefix",
        "up to six digits",
        "最多六位数字",
    ))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ItemQuery {
    /// What holds on that day; today unless given.
    #[param(example = "2022-07-01")]
    #[serde(default, deserialize_with = "date::maybe")]
    valid_at: Option<NaiveDate>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DeviceItemHistory {
    /// What holds on the day asked for; before anything holds, what will first.
    current: DeviceItem,
    /// In the order in which they were recorded.
    versions: Vec<DeviceItem>,
    /// Of earlier editions what it took the place of.
    replaces: Vec<ItemKey>,
    /// Of later editions what took its place.
    replaced_by: Vec<ItemKey>,
}

/// Read what the catalog lays down of a code
#[utoipa::path(
    operation_id = "get_device_item", tag = "devices",
    params(("edition" = String, Path, example = "2022"), ("device_code" = String, Path, example = "122203"), ItemQuery),
    extensions(("x-permit" = json!("device_catalog.read"))),
    responses((status = 200, description = "The code with its history and mapping", body = DeviceItemHistory), ReadErrors)
)]
#[get("/v1/device-catalog/{edition}/{device_code}")]
async fn get_device_item(
    permit: Permit<acts::DeviceCatalogRead>,
    store: web::Data<Store>,
    path: web::Path<(Edition, DeviceCode)>,
    Params(query): Params<ItemQuery>,
) -> Result<web::Json<DeviceItemHistory>> {
    let (edition, code) = path.into_inner();
    let key = ItemKey { edition, code };
    let on = query
        .valid_at
        .unwrap_or_else(|| store.given().now().office_date());
    let shown = store
        .read(permit.reach(), move |db| service::view(db, &key, on))
        .await?;
    Ok(web::Json(DeviceItemHistory {
        current: shown.current,
        versions: shown.versions,
        replaces: shown.replaces,
        replaced_by: shown.replaced_by,
    }))
}

/// What is wrong with one field of a row.
#[derive(Debug, Serialize, ToSchema)]
struct CatalogFault {
    /// The rows of the list count from 0: `/rows/12/code`.
    pointer: String,
    code: &'static str,
    detail_zh: String,
    detail_en: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct CatalogRowResult {
    /// Row of the sheet or line of the file, from 1.
    line: u32,
    outcome: CatalogRowOutcome,
    #[schema(value_type = Option<String>)]
    edition: Option<Edition>,
    #[schema(value_type = Option<String>)]
    code: Option<DeviceCode>,
    errors: Vec<CatalogFault>,
}

impl From<RowResult> for CatalogRowResult {
    fn from(row: RowResult) -> Self {
        let (edition, code) = row
            .key
            .map_or((None, None), |key| (Some(key.edition), Some(key.code)));
        let errors = row.errors.into_iter().map(|error| CatalogFault {
            pointer: error.pointer,
            code: error.code,
            detail_zh: error.detail.zh,
            detail_en: error.detail.en,
        });
        Self {
            line: row.line,
            outcome: row.outcome,
            edition,
            code,
            errors: errors.collect(),
        }
    }
}

/// A catalog that was brought, with what became of each row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "counts": {"created": 1, "rejected": 1},
    "rows": [
        {"line": 2, "outcome": "created", "edition": "2022", "code": "122203", "errors": []},
        {"line": 3, "outcome": "rejected", "edition": null, "code": null, "errors": [
            {"pointer": "/rows/1/code", "code": "device_code.format", "detail_zh": "编码须为六位数字，如12 22 03", "detail_en": "a code of ISO 9999 has three times two digits, such as 12 22 03"}]}
    ]
}))]
struct ImportedCatalog {
    /// How many rows came to what.
    counts: BTreeMap<CatalogRowOutcome, usize>,
    rows: Vec<CatalogRowResult>,
}

/// Bring a catalog
///
/// CSV (UTF-8 or GBK) or a workbook with 版本, 编码, 名称, 单位, 评估级别, 执行日期, and where there is something to say
/// 英文名称, 补贴比例, 补贴上限 (yuan), 使用年限 or 使用月数, 儿童使用年限 or 儿童使用月数, 状态, 旧版编码. What a row says
/// and does not hold already is laid down as a further version of its code, from its day on; nothing that was laid
/// down is changed. Rows that cannot be taken are told, and the others count.
#[utoipa::path(
    operation_id = "import_device_catalog", tag = "devices", params(IdempotencyKey),
    request_body(content = inline(FileContent), content_type = "application/octet-stream", description = "The file"),
    extensions(("x-permit" = json!("device_catalog.manage"))),
    responses(
        (status = 201, description = "Read", body = ImportedCatalog,
            headers(("Location" = String, description = "The catalog"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/device-catalog/imports")]
async fn import_device_catalog(
    permit: Permit<acts::DeviceCatalogManage>,
    store: web::Data<Store>,
    upload: Upload,
) -> Result<HttpResponse> {
    let (reach, origin) = (permit.reach(), permit.origin().clone());
    let mut content = Vec::new();
    let received = upload
        .each(async |part: Bytes| {
            content.extend_from_slice(&part);
            Ok(())
        })
        .await?;
    let file = web::block(move || read(&content)).await;
    let file = file.map_err(Error::internal)??;
    let sha256 = received.sha256;
    received
        .key
        .once(&store, reach, &origin, received.fingerprint, move |tx| {
            service::import(tx, &permit, &sha256, file)?.try_map(|rows| {
                let mut counts = BTreeMap::new();
                for row in &rows {
                    *counts.entry(row.outcome).or_default() += 1;
                }
                let rows = rows.into_iter().map(Into::into).collect();
                let place = "/v1/device-catalog".to_owned();
                Answer::created(place, 1, &ImportedCatalog { counts, rows })
            })
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_device_catalog)
        .service(get_device_item)
        .service(import_device_catalog);
}
