//! `GET /v1/ledger-entries`, `GET /v1/ledger-balances`.

use actix_web::{get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{EntryKind, LedgerBalances, LedgerEntry};
use super::service::{self, Filter};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, Routes};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;

page_of!(LedgerEntryPage, LedgerEntry);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LedgerQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    #[param(inline)]
    entry: Option<EntryKind>,
    /// The first day of what was booked.
    #[serde(default, deserialize_with = "date::maybe")]
    from_date: Option<NaiveDate>,
    /// The last day.
    #[serde(default, deserialize_with = "date::maybe")]
    to_date: Option<NaiveDate>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List what was booked
#[utoipa::path(
    operation_id = "list_ledger_entries", tag = "subsidies", params(LedgerQuery), extensions(("x-permit" = json!("ledger.read"))),
    responses((status = 200, description = "A page of entries, oldest first", body = LedgerEntryPage), ReadErrors)
)]
#[get("/v1/ledger-entries")]
async fn list_ledger_entries(
    permit: Permit<acts::LedgerRead>,
    store: web::Data<Store>,
    Params(query): Params<LedgerQuery>,
) -> Result<web::Json<LedgerEntryPage>> {
    date::in_order(("from_date", query.from_date), ("to_date", query.to_date))?;
    let paging = Paging::of(
        store.keys(),
        "ledger_entries",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        program_code: query.program_code,
        resident: query.resident_id,
        entry: query.entry,
        from: query.from_date,
        to: query.to_date,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |entry| entry.sequence)?;
    Ok(web::Json(LedgerEntryPage { items, next }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct BalanceQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
    /// The first day of what was booked.
    #[serde(default, deserialize_with = "date::maybe")]
    from_date: Option<NaiveDate>,
    /// The last day.
    #[serde(default, deserialize_with = "date::maybe")]
    to_date: Option<NaiveDate>,
}

/// What went through each account
///
/// Each figure opens to its entries: `GET /v1/ledger-entries` with the same filters.
#[utoipa::path(
    operation_id = "get_ledger_balances", tag = "subsidies", params(BalanceQuery), extensions(("x-permit" = json!("ledger.read"))),
    responses((status = 200, description = "Debits and credits of each account, and of all", body = LedgerBalances), ReadErrors)
)]
#[get("/v1/ledger-balances")]
async fn get_ledger_balances(
    permit: Permit<acts::LedgerRead>,
    store: web::Data<Store>,
    Params(query): Params<BalanceQuery>,
) -> Result<web::Json<LedgerBalances>> {
    date::in_order(("from_date", query.from_date), ("to_date", query.to_date))?;
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        program_code: query.program_code,
        from: query.from_date,
        to: query.to_date,
        ..Filter::default()
    };
    store
        .read(permit.reach(), move |db| {
            service::balances(db, &scope, &filter)
        })
        .await
        .map(web::Json)
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_ledger_entries)
        .service(get_ledger_balances);
}
