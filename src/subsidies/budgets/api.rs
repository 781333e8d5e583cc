//! `/v1/budgets`: lay down and list.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::model::{Budget, NewBudget};
use super::service::{self, Filter};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, Paging, Params, ReadErrors, Routes, WriteErrors,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;

page_of!(BudgetPage, Budget);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct BudgetQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(example = "nursing_subsidy")]
    program_code: Option<String>,
    year: Option<i32>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

/// List budgets, newest first
///
/// With all that was decided before: of one division, program and year the highest revision counts.
#[utoipa::path(
    operation_id = "list_budgets", tag = "subsidies", params(BudgetQuery), extensions(("x-permit" = json!("budget.read"))),
    responses((status = 200, description = "A page of budgets", body = BudgetPage), ReadErrors)
)]
#[get("/v1/budgets")]
async fn list_budgets(
    permit: Permit<acts::BudgetRead>,
    store: web::Data<Store>,
    Params(query): Params<BudgetQuery>,
) -> Result<web::Json<BudgetPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "budgets",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let filter = Filter {
        program_code: query.program_code,
        year: query.year,
    };
    let rows = store
        .read(permit.reach(), move |db| {
            service::page(db, &scope, &filter, after, count)
        })
        .await?;
    let (items, next) = paging.cut(rows, |budget| budget.id)?;
    Ok(web::Json(BudgetPage { items, next }))
}

/// Lay down a budget
///
/// For a county, a program and a year, in place of what was laid down before; that stays on record.
#[utoipa::path(
    operation_id = "create_budget", tag = "subsidies", params(IdempotencyKey), request_body = NewBudget,
    extensions(("x-permit" = json!("budget.decide"))),
    responses(
        (status = 201, description = "Laid down", body = Budget,
            headers(("Location" = String, description = "The list of budgets"), ("ETag" = String, description = "Its revision"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/budgets")]
async fn create_budget(
    permit: Permit<acts::BudgetDecide>,
    store: web::Data<Store>,
    new: Creation<NewBudget>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::decide(tx, &permit, &new)?.try_map(|budget| {
            let place = format!(
                "/v1/budgets?division_code={}&program_code={}&year={}",
                budget.division_code, budget.program_code, budget.year
            );
            Answer::created(place, budget.revision, &budget)
        })
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_budgets).service(create_budget);
}
