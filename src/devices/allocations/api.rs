//! `/v1/device-allocations`: evaluate, list, read, move.

mod body;

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use self::body::AllocationBody;
use super::model::AllocationState;
use super::request::{NewAllocation, NewAllocationTransition};
use super::service::{self, Filter, Shown, Window};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::devices::recalls::asked_batch;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, DeviceAllocationId, ResidentId};

page_of!(DeviceAllocationPage, AllocationBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AllocationQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    #[param(inline)]
    state: Option<AllocationState>,
    #[param(max_length = 100)]
    batch_number: Option<String>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

fn answer(shown: Shown) -> Result<Answer> {
    let (id, version) = (shown.allocation.id, shown.allocation.last_transition);
    let place = format!("/v1/device-allocations/{id}");
    Answer::created(place, version, &AllocationBody::from(shown))
}

/// List device allocations, newest first
///
/// Without findings and who signed: those are told of one allocation at a time. With `resident_id` of all records of that
/// person. The look is recorded.
#[utoipa::path(
    operation_id = "list_device_allocations", tag = "devices", params(AllocationQuery),
    extensions(("x-permit" = json!("device_allocation.read"))),
    responses((status = 200, description = "A page of device allocations", body = DeviceAllocationPage), ReadErrors)
)]
#[get("/v1/device-allocations")]
async fn list_device_allocations(
    permit: Permit<acts::DeviceAllocationRead>,
    store: web::Data<Store>,
    Params(query): Params<AllocationQuery>,
) -> Result<web::Json<DeviceAllocationPage>> {
    let paging = Paging::of(
        store.keys(),
        "device-allocations",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let window = Window {
        filter: Filter {
            case: query.case_id,
            state: query.state,
            batch_number: asked_batch(query.batch_number)?,
            ..Filter::default()
        },
        resident: query.resident_id,
        after,
        count,
    };
    let rows = store
        .look(permit.reach(), move |db| {
            service::page(db, &permit, &scope, window)
        })
        .await?;
    let (rows, next) = paging.cut(rows, |shown| shown.allocation.id)?;
    let items = rows.into_iter().map(AllocationBody::from).collect();
    Ok(web::Json(DeviceAllocationPage { items, next }))
}

/// Take down that somebody was found to need a device
///
/// Of an approved case; it begins. The evaluation is by the item's level or a higher one. Within the use-life of one that
/// the person has, under whichever record, 409 `device.use_life` says from when on another is possible (`possible_from`),
/// unless an exception holds: the growth of a minor, a loss with a document of the case, a recall of its batch (409
/// `device.exception_unfounded` otherwise).
#[utoipa::path(
    operation_id = "create_device_allocation", tag = "devices", params(IdempotencyKey), request_body = NewAllocation,
    extensions(("x-permit" = json!("device_allocation.evaluate"))),
    responses(
        (status = 201, description = "Taken down", body = AllocationBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/device-allocations")]
async fn create_device_allocation(
    permit: Permit<acts::DeviceAllocationEvaluate>,
    store: web::Data<Store>,
    new: Creation<NewAllocation>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::evaluate(tx, &permit, new)?.try_map(answer)
    })
    .await
}

/// Read a device allocation with its history and what was found since
///
/// The look is recorded.
#[utoipa::path(
    operation_id = "get_device_allocation", tag = "devices", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("device_allocation.read"))),
    responses((status = 200, description = "The allocation", body = AllocationBody, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/device-allocations/{id}")]
async fn get_device_allocation(
    permit: Permit<acts::DeviceAllocationRead>,
    store: web::Data<Store>,
    id: web::Path<DeviceAllocationId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.allocation.last_transition)))
        .json(AllocationBody::from(shown)))
}

/// Plan, supply, fit, train, deliver, repair or take back a device
///
/// Issued from a lot by the keeper of the warehouse (403 `warehouse.duty_required`), or bought; by nobody who evaluated
/// (403 `device_allocation.separation_of_duties`). Delivered against a signature, of no day before it was supplied: it is
/// looked at again after one, three and twelve months, and a supplier is owed what is subsidized of the price. What is
/// returned in a good condition, or given up before the delivery, lies in its lot again; what is to be repaired does not,
/// until its keeper books the return of its issue. While a transfer of the person is offered, nothing is done (409
/// `resident.in_transfer`).
#[utoipa::path(
    operation_id = "create_device_allocation_transition", tag = "devices",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = NewAllocationTransition, extensions(("x-permit" = json!("device_allocation.act"))),
    responses(
        (status = 201, description = "The allocation as it now is", body = AllocationBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/device-allocations/{id}/transitions")]
async fn create_device_allocation_transition(
    permit: Permit<acts::DeviceAllocationAct>,
    store: web::Data<Store>,
    id: web::Path<DeviceAllocationId>,
    seen: IfMatch,
    asked: Creation<NewAllocationTransition>,
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
        .service(list_device_allocations)
        .service(create_device_allocation)
        .service(get_device_allocation)
        .service(create_device_allocation_transition);
}
