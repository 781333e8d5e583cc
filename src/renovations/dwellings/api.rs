//! `/v1/elderly-renovations`: dwellings that the elderly-friendly program renovated.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{ElderlyRenovation, NewElderlyRenovation, NewElderlyWithdrawal};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{ElderlyRenovationId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ElderlyRenovation, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e12", "division_code": "990121103201", "address": "丙岭三号镇一号村18号",
    "completed_date": "2022-05-20", "source": "县民政局2022年适老化改造名单",
    "recorded_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "recorded_at": "2022-06-18T01:05:00.000000Z", "withdrawal": null
}))]
pub struct ElderlyRenovationBody {
    #[schema(value_type = uuid::Uuid)]
    id: ElderlyRenovationId,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    address: String,
    completed_date: NaiveDate,
    source: String,
    #[schema(value_type = uuid::Uuid)]
    recorded_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    recorded_at: Timestamp,
    /// Null while it stands.
    #[schema(value_type = Option<ElderlyWithdrawal>)]
    withdrawal: Option<ElderlyWithdrawal>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ElderlyWithdrawal {
    #[schema(value_type = uuid::Uuid)]
    by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
    reason: String,
}

impl From<ElderlyRenovation> for ElderlyRenovationBody {
    fn from(one: ElderlyRenovation) -> Self {
        Self {
            id: one.id,
            division_code: one.division_code,
            address: one.address.as_str().to_owned(),
            completed_date: one.completed_date,
            source: one.source,
            recorded_by: one.recorded_by,
            recorded_at: one.recorded_at,
            withdrawal: one
                .withdrawal
                .map(|(by, at, reason)| ElderlyWithdrawal { by, at, reason }),
        }
    }
}

page_of!(ElderlyRenovationPage, ElderlyRenovationBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ElderlyRenovationQuery {
    /// Only this division and all beneath it.
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

fn answer(one: ElderlyRenovation) -> Result<Answer> {
    let version = if one.withdrawal.is_some() { 2 } else { 1 };
    let place = "/v1/elderly-renovations".to_owned();
    Answer::created(place, version, &ElderlyRenovationBody::from(one))
}

/// List dwellings that the elderly-friendly program renovated, newest first
///
/// The look is recorded.
#[utoipa::path(
    operation_id = "list_elderly_renovations", tag = "renovations", params(ElderlyRenovationQuery),
    extensions(("x-permit" = json!("renovation.read"))),
    responses((status = 200, description = "A page of such dwellings", body = ElderlyRenovationPage), ReadErrors)
)]
#[get("/v1/elderly-renovations")]
async fn list_elderly_renovations(
    permit: Permit<acts::RenovationRead>,
    store: web::Data<Store>,
    Params(query): Params<ElderlyRenovationQuery>,
) -> Result<web::Json<ElderlyRenovationPage>> {
    let paging = Paging::of(
        store.keys(),
        "elderly-renovations",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, &scope, after, count)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |one| one.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(ElderlyRenovationPage { items, next }))
}

/// Record that the elderly-friendly program renovated a dwelling
///
/// No renovation project is opened there then, and none begins to build.
#[utoipa::path(
    operation_id = "create_elderly_renovation", tag = "renovations", params(IdempotencyKey), request_body = NewElderlyRenovation,
    extensions(("x-permit" = json!("elderly_renovation.write"))),
    responses(
        (status = 201, description = "Recorded", body = ElderlyRenovationBody,
            headers(("Location" = String, description = "Where it is listed"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/elderly-renovations")]
async fn create_elderly_renovation(
    permit: Permit<acts::ElderlyRenovationWrite>,
    store: web::Data<Store>,
    new: Creation<NewElderlyRenovation>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::record(tx, &permit, new)?.try_map(answer)
    })
    .await
}

/// Withdraw a record that was wrong
///
/// It stays, with the reason; 409 `elderly_renovation.known` where it was withdrawn already.
#[utoipa::path(
    operation_id = "withdraw_elderly_renovation", tag = "renovations", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewElderlyWithdrawal, extensions(("x-permit" = json!("elderly_renovation.write"))),
    responses(
        (status = 201, description = "The record as it now is", body = ElderlyRenovationBody,
            headers(("Location" = String, description = "Where it is listed"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/elderly-renovations/{id}/withdrawal")]
async fn withdraw_elderly_renovation(
    permit: Permit<acts::ElderlyRenovationWrite>,
    store: web::Data<Store>,
    id: web::Path<ElderlyRenovationId>,
    asked: Creation<NewElderlyWithdrawal>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    asked
        .once(&store, permit.reach(), &origin, move |tx, asked| {
            service::withdraw(tx, &permit, *id, &asked)?.try_map(answer)
        })
        .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_elderly_renovations)
        .service(create_elderly_renovation)
        .service(withdraw_elderly_renovation);
}
