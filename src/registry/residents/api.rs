//! `/v1/residents`: register, find, read, correct, disclose.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

mod body;

pub use body::ResidentBody;

use super::model::{Filter, NewResident, Registrar, ResidentPatch};
use super::service::{self, Needle, Query, Secret, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, whole_page_of};
use crate::http::{
    Answer, Body, Creation, Current, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes,
    WriteErrors, etag, or_current,
};
use crate::kernel::circumstance::IncomeStatus;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::ResidentId;
use crate::kernel::impairment::{ImpairmentType, SeverityLevel};
use crate::kernel::text::compact;
use crate::kernel::time::Timestamp;
use crate::registry::facts::CertificateState;

whole_page_of!(ResidentPage, ResidentBody);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
enum ResidentSort {
    #[default]
    #[serde(rename = "created_at")]
    CreatedAt,
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ResidentQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121103000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    impairment_type: Option<ImpairmentType>,
    /// 1 the most severe … 4
    #[param(minimum = 1, maximum = 4)]
    severity_level: Option<u8>,
    #[param(inline)]
    income_status: Option<IncomeStatus>,
    #[param(inline)]
    certificate_state: Option<CertificateState>,
    /// Part of the name, or the beginning of its pinyin or initials (`zxb`). Never a number.
    #[param(example = "zxb")]
    q: Option<String>,
    #[serde(default)]
    #[param(inline, required = false)]
    sort: ResidentSort,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

impl ResidentQuery {
    fn filter(&self) -> Result<Filter> {
        let level = |number: u8| {
            SeverityLevel::try_from(number).map_err(|error| {
                Error::parameter(
                    "severity_level",
                    "severity_level.range",
                    error.to_string(),
                    "等级为 1 至 4",
                )
            })
        };
        Ok(Filter {
            impairment_type: self.impairment_type,
            severity_level: self.severity_level.map(level).transpose()?,
            income_status: self.income_status.map(|status| status.as_str().to_owned()),
            certificate_state: self.certificate_state,
            q: self.q.as_deref().map(Query::parse).transpose()?,
            newest_first: self.sort == ResidentSort::CreatedAtDescending,
        })
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AsOfQuery {
    /// Facts as true on this day; today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    valid_at: Option<NaiveDate>,
    /// Facts as known to the office at this instant; now, unless given.
    known_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"id_number": "990121199003070010"}))]
struct ResidentSearch {
    /// Either this …
    #[serde(default)]
    id_number: Option<String>,
    /// … or this.
    #[serde(default)]
    certificate_number: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"fields": ["id_number"], "reason": "核对银行开户信息"}))]
struct DisclosureRequest {
    #[schema(min_items = 1)]
    fields: Vec<Secret>,
    /// Why it is needed; on record.
    #[schema(min_length = 2, max_length = 500)]
    reason: String,
}

#[derive(Serialize, ToSchema)]
#[schema(example = json!({"id_number": "990121199003070010"}))]
struct Disclosure {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    certificate_number: Option<String>,
    /// The one in force today.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bank_account: Option<String>,
}

/// List residents
#[utoipa::path(
    operation_id = "list_residents", tag = "registry", params(ResidentQuery), extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "A page of residents, masked", body = ResidentPage), ReadErrors)
)]
#[get("/v1/residents")]
async fn list_residents(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    Params(query): Params<ResidentQuery>,
) -> Result<web::Json<ResidentPage>> {
    let filter = query.filter()?;
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "residents",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let window = Window {
        division: query.division_code,
        after,
        count,
    };
    let day = store.given().now().office_date();
    let page = store
        .look(permit.reach(), move |db| {
            service::list(db, &permit, &filter, &window)
        })
        .await?;
    let (page, next) = paging.cut(page, |(resident, _)| resident.id)?;
    let items = page
        .into_iter()
        .map(|(resident, snapshot)| ResidentBody::on(resident, snapshot, day))
        .collect();
    Ok(web::Json(ResidentPage { items, next }))
}

/// Register a person
///
/// One person, one record in the whole city: 409 `resident.duplicate` with `resident_id` when in
/// your sight, else 409 `resident.registered_elsewhere` with the `office` to ask.
#[utoipa::path(
    operation_id = "create_resident", tag = "registry",
    params(IdempotencyKey),
    request_body = NewResident, extensions(("x-permit" = json!("resident.write"))),
    responses(
        (status = 201, description = "Registered", body = ResidentBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/residents")]
async fn create_resident(
    permit: Permit<acts::ResidentWrite>,
    store: web::Data<Store>,
    registrar: web::Data<Registrar>,
    new: Creation<NewResident>,
) -> Result<HttpResponse> {
    let (origin, registrar) = (permit.origin().clone(), **registrar);
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        let created = service::register(tx, &permit, registrar, new)?;
        let shown = ResidentBody::now(tx, created.value())?;
        created.try_map(|resident| {
            Answer::created(
                format!("/v1/residents/{}", resident.id),
                resident.version,
                &shown,
            )
        })
    })
    .await
}

/// Find a resident by exact ID or certificate number
///
/// The number travels in the body, so that it is in no address and no log.
#[utoipa::path(
    operation_id = "search_residents", tag = "registry", request_body = ResidentSearch,
    extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "Whoever has that number, in your sight", body = ResidentPage), ReadErrors, WriteErrors)
)]
#[post("/v1/residents/search")]
async fn search_residents(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    body: Body<ResidentSearch>,
) -> Result<web::Json<ResidentPage>> {
    let clean = |number: String| compact(&number).to_uppercase();
    let needle = match body.into_inner() {
        ResidentSearch {
            id_number: Some(number),
            certificate_number: None,
        } => Needle::IdNumber(clean(number)),
        ResidentSearch {
            id_number: None,
            certificate_number: Some(number),
        } => Needle::CertificateNumber(clean(number)),
        _ => {
            return Err(Error::field(
                "",
                "search.one_of",
                "give id_number or certificate_number",
                "请提供身份证号或残疾人证号之一",
            ));
        }
    };
    let day = store.given().now().office_date();
    let page = store
        .look(permit.reach(), move |db| {
            service::search(db, &permit, &needle)
        })
        .await?;
    let items = page
        .into_iter()
        .map(|(resident, snapshot)| ResidentBody::on(resident, snapshot, day))
        .collect();
    Ok(web::Json(ResidentPage::whole(items)))
}

/// Read a resident
///
/// The look is recorded. With `valid_at` and `known_at`, certificate and circumstances are those
/// of that day, as the office knew them at that instant.
#[utoipa::path(
    operation_id = "get_resident", tag = "registry", params(("id" = uuid::Uuid, Path), AsOfQuery),
    extensions(("x-permit" = json!("resident.read"))),
    responses(
        (status = 200, description = "The resident, masked", body = ResidentBody, headers(("ETag" = String, description = "Its version"))),
        ReadErrors)
)]
#[get("/v1/residents/{id}")]
async fn get_resident(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    Params(query): Params<AsOfQuery>,
) -> Result<HttpResponse> {
    let (day, (resident, snapshot)) = store
        .look(permit.reach(), move |db| {
            let at = service::as_of(db, query.valid_at, query.known_at.map(Timestamp::from));
            Ok(service::view(db, &permit, *id, at)?.map(|found| (at.valid_at, found)))
        })
        .await?;
    let tag = etag(resident.version);
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, tag))
        .json(ResidentBody::on(resident, snapshot, day)))
}

/// Correct a resident
#[utoipa::path(
    operation_id = "update_resident", tag = "registry",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = ResidentPatch, extensions(("x-permit" = json!("resident.write"))),
    responses(
        (status = 200, description = "As it now is", body = ResidentBody, headers(("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[patch("/v1/residents/{id}")]
async fn update_resident(
    permit: Permit<acts::ResidentWrite>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    seen: IfMatch,
    patch: Creation<ResidentPatch>,
) -> Result<HttpResponse> {
    let (id, sent, reading) = (*id, patch.sent(), permit.also());
    let origin = permit.origin().clone();
    let changed = patch.once(&store, permit.reach(), &origin, move |tx, patch| {
        let changed = service::change(tx, &permit, id, seen, patch)?;
        let shown = ResidentBody::now(tx, changed.value())?;
        changed.try_map(|resident| Answer::changed(resident.version, &shown))
    });
    or_current(changed.await, &sent, async || {
        current(&store, reading?, id).await
    })
    .await
}

/// As `get_resident` shows them, to somebody who wrote on an older version.
pub async fn current(
    store: &Store,
    permit: Permit<acts::ResidentRead>,
    id: ResidentId,
) -> Result<Current> {
    let (day, (resident, snapshot)) = store
        .look(permit.reach(), move |db| {
            let at = service::as_of(db, None, None);
            Ok(service::view(db, &permit, id, at)?.map(|found| (at.valid_at, found)))
        })
        .await?;
    Current::of(resident.version, &ResidentBody::on(resident, snapshot, day))
}

/// See masked fields in clear, with a reason
#[utoipa::path(
    operation_id = "disclose_resident", tag = "registry", params(("id" = uuid::Uuid, Path)), request_body = DisclosureRequest,
    extensions(("x-permit" = json!("resident.disclose"))),
    responses((status = 201, description = "The fields asked for, as far as known", body = Disclosure), ReadErrors, WriteErrors)
)]
#[post("/v1/residents/{id}/disclosures")]
async fn disclose_resident(
    permit: Permit<acts::ResidentDisclose>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    body: Body<DisclosureRequest>,
) -> Result<HttpResponse> {
    let DisclosureRequest { fields, reason } = body.into_inner();
    let shown = store
        .look(permit.reach(), move |db| {
            service::disclose(db, &permit, *id, &fields, &reason)
        })
        .await?;
    let body = Disclosure {
        id_number: shown.id_number,
        phone: shown.phone,
        certificate_number: shown.certificate_number,
        bank_account: shown.bank_account,
    };
    Ok(HttpResponse::Created()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(body))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_residents)
        .service(create_resident)
        .service(search_residents)
        .service(get_resident)
        .service(update_resident)
        .service(disclose_resident);
}
