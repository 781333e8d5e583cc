//! `/v1/disability-homes`: open, list, read, change; members, attendance, pay.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{
    AttendanceDay, DisabilityHome, HomeMember, HomePatch, MemberAttendance, NewAttendance, NewHome,
    NewHomeMember, NewMemberEnding,
};
use super::pay::{self, NewPaySheet, PaySheet, PaySheetDecision};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{DisabilityHomeId, HomeMemberId, HomePaySheetId};
use crate::kernel::month::Month;

page_of!(DisabilityHomePage, DisabilityHome);
page_of!(HomeMemberPage, HomeMember);
page_of!(HomePaySheetPage, PaySheet);
whole_page_of!(HomeAttendancePage, MemberAttendance);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DisabilityHomeQuery {
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

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HomeMemberQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HomePaySheetQuery {
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HomeAttendanceQuery {
    #[param(value_type = String, example = "2022-07")]
    month: Month,
}

/// List homes, newest first
#[utoipa::path(
    operation_id = "list_disability_homes", tag = "employment", params(DisabilityHomeQuery), extensions(("x-permit" = json!("home.read"))),
    responses((status = 200, description = "A page of homes", body = DisabilityHomePage), ReadErrors)
)]
#[get("/v1/disability-homes")]
async fn list_disability_homes(
    permit: Permit<acts::HomeRead>,
    store: web::Data<Store>,
    Params(query): Params<DisabilityHomeQuery>,
) -> Result<web::Json<DisabilityHomePage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_disability_homes",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(DisabilityHomePage { items, next }))
}

/// Read a home
#[utoipa::path(
    operation_id = "get_disability_home", tag = "employment", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("home.read"))),
    responses((status = 200, description = "The home", body = DisabilityHome, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/disability-homes/{id}")]
async fn get_disability_home(
    permit: Permit<acts::HomeRead>,
    store: web::Data<Store>,
    id: web::Path<DisabilityHomeId>,
) -> Result<HttpResponse> {
    let shown = store
        .read(permit.reach(), move |db| {
            service::found(db, permit.scope(), *id)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.version)))
        .json(shown))
}

/// Open a home
#[utoipa::path(
    operation_id = "create_disability_home", tag = "employment",
    params(IdempotencyKey),
    request_body = NewHome, extensions(("x-permit" = json!("home.manage"))),
    responses(
        (status = 201, description = "Opened", body = DisabilityHome,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/disability-homes")]
async fn create_disability_home(
    permit: Permit<acts::HomeManage>,
    store: web::Data<Store>,
    new: Creation<NewHome>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::open(tx, &permit, &new)?.try_map(|shown| {
            Answer::created(
                format!("/v1/disability-homes/{}", shown.id),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

/// Change or close a home
///
/// Not below its members; closed once nobody is one any more: 409 `disability_home.full`.
#[utoipa::path(
    operation_id = "update_disability_home", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = HomePatch, extensions(("x-permit" = json!("home.manage"))),
    responses(
        (status = 200, description = "As it now is", body = DisabilityHome, headers(("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[patch("/v1/disability-homes/{id}")]
async fn update_disability_home(
    permit: Permit<acts::HomeManage>,
    store: web::Data<Store>,
    id: web::Path<DisabilityHomeId>,
    seen: IfMatch,
    change: Creation<HomePatch>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    change
        .once(&store, permit.reach(), &origin, move |tx, change| {
            service::change(tx, &permit, *id, seen, &change)?
                .try_map(|shown| Answer::changed(shown.version, &shown))
        })
        .await
}

/// List the members of a home, newest first
///
/// Those who left, too. The look is recorded.
#[utoipa::path(
    operation_id = "list_home_members", tag = "employment", params(("id" = uuid::Uuid, Path), HomeMemberQuery), extensions(("x-permit" = json!("home.read"))),
    responses((status = 200, description = "A page of members", body = HomeMemberPage), ReadErrors)
)]
#[get("/v1/disability-homes/{id}/members")]
async fn list_home_members(
    permit: Permit<acts::HomeRead>,
    store: web::Data<Store>,
    id: web::Path<DisabilityHomeId>,
    Params(query): Params<HomeMemberQuery>,
) -> Result<web::Json<HomeMemberPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_home_members",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let id = *id;
    let rows = store
        .look(permit.reach(), move |db| {
            service::members(db, &permit, id, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(HomeMemberPage { items, next }))
}

/// Take somebody into a home
///
/// Where there is a place: 409 `disability_home.full`; in one home at a time: 409 `home_member.open`.
#[utoipa::path(
    operation_id = "create_home_member", tag = "employment",
    params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewHomeMember, extensions(("x-permit" = json!("home.write"))),
    responses(
        (status = 201, description = "Taken in", body = HomeMember,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/disability-homes/{id}/members")]
async fn create_home_member(
    permit: Permit<acts::HomeWrite>,
    store: web::Data<Store>,
    id: web::Path<DisabilityHomeId>,
    new: Creation<NewHomeMember>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::join(tx, &permit, *id, &new)?.try_map(|shown| {
            Answer::created(
                format!("/v1/disability-homes/{id}/members"),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

/// Put down that a member left a home
#[utoipa::path(
    operation_id = "end_home_member", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("member_id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewMemberEnding, extensions(("x-permit" = json!("home.write"))),
    responses(
        (status = 201, description = "As it now is", body = HomeMember,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/disability-homes/{id}/members/{member_id}/ending")]
async fn end_home_member(
    permit: Permit<acts::HomeWrite>,
    store: web::Data<Store>,
    ids: web::Path<(DisabilityHomeId, HomeMemberId)>,
    seen: IfMatch,
    new: Creation<NewMemberEnding>,
) -> Result<HttpResponse> {
    let (id, member) = *ids;
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::leave(tx, &permit, id, member, seen, &new)?.try_map(|shown| {
            Answer::created(
                format!("/v1/disability-homes/{id}/members"),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

/// Who came to a home in a month
///
/// The look is recorded.
#[utoipa::path(
    operation_id = "list_home_attendance", tag = "employment", params(("id" = uuid::Uuid, Path), HomeAttendanceQuery),
    extensions(("x-permit" = json!("home.read"))),
    responses((status = 200, description = "By member; `next` is null", body = HomeAttendancePage), ReadErrors)
)]
#[get("/v1/disability-homes/{id}/attendance")]
async fn list_home_attendance(
    permit: Permit<acts::HomeRead>,
    store: web::Data<Store>,
    id: web::Path<DisabilityHomeId>,
    Params(query): Params<HomeAttendanceQuery>,
) -> Result<web::Json<HomeAttendancePage>> {
    let items = store
        .look(permit.reach(), move |db| {
            service::attendance(db, &permit, *id, query.month)
        })
        .await?;
    Ok(web::Json(HomeAttendancePage::whole(items)))
}

/// Put down who came to a home on a day
///
/// Members of that day, and of no month that was reckoned: 409 `disability_home.month_reckoned`.
#[utoipa::path(
    operation_id = "create_home_attendance", tag = "employment",
    params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewAttendance, extensions(("x-permit" = json!("home.write"))),
    responses(
        (status = 201, description = "Kept", body = AttendanceDay,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/disability-homes/{id}/attendance")]
async fn create_home_attendance(
    permit: Permit<acts::HomeWrite>,
    store: web::Data<Store>,
    id: web::Path<DisabilityHomeId>,
    new: Creation<NewAttendance>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::attend(tx, &permit, *id, &new)?.try_map(|shown| {
            Answer::created(
                format!(
                    "/v1/disability-homes/{id}/attendance?month={}",
                    Month::of(shown.date)
                ),
                1,
                &shown,
            )
        })
    })
    .await
}

/// List the pay sheets of a home, newest first
///
/// The look is recorded.
#[utoipa::path(
    operation_id = "list_home_pay_sheets", tag = "employment", params(("id" = uuid::Uuid, Path), HomePaySheetQuery), extensions(("x-permit" = json!("home.read"))),
    responses((status = 200, description = "A page of sheets", body = HomePaySheetPage), ReadErrors)
)]
#[get("/v1/disability-homes/{id}/pay-sheets")]
async fn list_home_pay_sheets(
    permit: Permit<acts::HomeRead>,
    store: web::Data<Store>,
    id: web::Path<DisabilityHomeId>,
    Params(query): Params<HomePaySheetQuery>,
) -> Result<web::Json<HomePaySheetPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_home_pay_sheets",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let id = *id;
    let rows = store
        .look(permit.reach(), move |db| {
            pay::service::page(db, &permit, id, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |one| one.id)?;
    Ok(web::Json(HomePaySheetPage { items, next }))
}

/// Reckon what sheltered work at a home earned in a month
///
/// Days of attendance by the pay of a day, of a month that has ended; once, unless it is discarded: 409
/// `disability_home.month_reckoned`.
#[utoipa::path(
    operation_id = "create_home_pay_sheet", tag = "employment",
    params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewPaySheet, extensions(("x-permit" = json!("home.write"))),
    responses(
        (status = 201, description = "Reckoned", body = PaySheet,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/disability-homes/{id}/pay-sheets")]
async fn create_home_pay_sheet(
    permit: Permit<acts::HomeWrite>,
    store: web::Data<Store>,
    id: web::Path<DisabilityHomeId>,
    new: Creation<NewPaySheet>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        pay::service::make(tx, &permit, *id, &new)?.try_map(|shown| {
            Answer::created(
                format!("/v1/disability-homes/{id}/pay-sheets"),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

/// Confirm or discard a home's pay sheet
///
/// Confirmed by another person than who made it: 403 `home_pay_sheet.own`. What is discarded opens its month again.
#[utoipa::path(
    operation_id = "decide_home_pay_sheet", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("sheet_id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = PaySheetDecision, extensions(("x-permit" = json!("home.confirm"))),
    responses(
        (status = 201, description = "As it now is", body = PaySheet,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/disability-homes/{id}/pay-sheets/{sheet_id}/decision")]
async fn decide_home_pay_sheet(
    permit: Permit<acts::HomeConfirm>,
    store: web::Data<Store>,
    ids: web::Path<(DisabilityHomeId, HomePaySheetId)>,
    seen: IfMatch,
    new: Creation<PaySheetDecision>,
) -> Result<HttpResponse> {
    let (id, sheet) = *ids;
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        pay::service::decide(tx, &permit, id, sheet, seen, &new)?.try_map(|shown| {
            Answer::created(
                format!("/v1/disability-homes/{id}/pay-sheets"),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_disability_homes)
        .service(create_disability_home)
        .service(get_disability_home)
        .service(update_disability_home)
        .service(list_home_members)
        .service(create_home_member)
        .service(end_home_member)
        .service(list_home_attendance)
        .service(create_home_attendance)
        .service(list_home_pay_sheets)
        .service(create_home_pay_sheet)
        .service(decide_home_pay_sheet);
}
