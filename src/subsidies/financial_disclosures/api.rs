//! `GET /v1/financial-disclosures`.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{FinancialDisclosure, PeriodLength, periods};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::whole_page_of;
use crate::http::{Params, ReadErrors, Routes};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::month::Month;

whole_page_of!(FinancialDisclosures, FinancialDisclosure);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DisclosureQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(example = "2022-01")]
    from_month: Month,
    /// The last month, up to 36 periods.
    #[param(example = "2022-12")]
    to_month: Month,
    /// By year, unless given.
    #[param(inline)]
    period: Option<PeriodLength>,
}

/// What was done with the money (财务公开), by program and period
///
/// From the books, by the days on which things were booked. Each figure opens to its entries.
#[utoipa::path(
    operation_id = "list_financial_disclosures", tag = "subsidies", params(DisclosureQuery),
    extensions(("x-permit" = json!("ledger.read"))),
    responses((status = 200, description = "One line a program and period in which there was money or a budget", body = FinancialDisclosures), ReadErrors)
)]
#[get("/v1/financial-disclosures")]
async fn list_financial_disclosures(
    permit: Permit<acts::LedgerRead>,
    store: web::Data<Store>,
    Params(query): Params<DisclosureQuery>,
) -> Result<web::Json<FinancialDisclosures>> {
    let length = query.period.unwrap_or(PeriodLength::Year);
    let periods = periods(length, query.from_month, query.to_month)?;
    let scope = permit.scope_in(query.division_code)?;
    let items = store
        .read(permit.reach(), move |db| {
            service::disclose(db, &scope, query.division_code, length, periods)
        })
        .await?;
    Ok(web::Json(FinancialDisclosures::whole(items)))
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_financial_disclosures);
}
