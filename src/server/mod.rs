//! Start-up, routes, middleware, the jobs' clock, the API document and its reference page. Imports
//! every department beneath, and lists them once: [`SERVICES`] and `routes`.

mod app;
mod health;
mod jobs;
mod office;
pub mod openapi;
pub mod settings;

pub use app::{app, run};
pub use jobs::{assess_due, entitle_due, run_due, seal_due, simulate_due, sweep_due};
pub use office::Office;

use crate::casework::CaseService;
use crate::db::sealed::SealedColumn;
use crate::devices::Devices;
use crate::employment::Employment;
use crate::http::Routes;
use crate::rehabilitation::Rehabilitation;
use crate::renovations::Renovations;
use crate::subsidies::Subsidies;
use crate::{
    access, casework, devices, employment, exchange, inspection, outreach, programs, registry,
    rehabilitation, renovations, subsidies,
};

/// The services that plug into casework.
pub const SERVICES: &[&dyn CaseService] = &[
    &Subsidies,
    &Rehabilitation,
    &Devices,
    &Renovations,
    &Employment,
];

/// Where values are encrypted, each with the key of its time.
pub fn sealed_columns() -> impl Iterator<Item = &'static SealedColumn> {
    let departments = [
        registry::residents::service::SEALED_COLUMNS,
        registry::facts::service::SEALED_COLUMNS,
        registry::addresses::service::SEALED_COLUMNS,
        registry::bank_accounts::service::SEALED_COLUMNS,
        registry::households::service::SEALED_COLUMNS,
        registry::merges::service::SEALED_COLUMNS,
        access::second_factors::service::SEALED_COLUMNS,
        casework::documents::service::SEALED_COLUMNS,
        casework::notes::service::SEALED_COLUMNS,
        casework::referrals::service::SEALED_COLUMNS,
        casework::payees::service::SEALED_COLUMNS,
        casework::transfers::service::SEALED_COLUMNS,
        subsidies::enrollments::service::SEALED_COLUMNS,
        subsidies::reviews::service::SEALED_COLUMNS,
        access::users::service::SEALED_COLUMNS,
        subsidies::payments::service::SEALED_COLUMNS,
        subsidies::matches::service::SEALED_COLUMNS,
        subsidies::recoveries::service::SEALED_COLUMNS,
        subsidies::recoveries::movements::service::SEALED_COLUMNS,
        rehabilitation::plans::service::SEALED_COLUMNS,
        rehabilitation::sessions::service::SEALED_COLUMNS,
        rehabilitation::needs::service::SEALED_COLUMNS,
        rehabilitation::screenings::service::SEALED_COLUMNS,
        devices::allocations::service::SEALED_COLUMNS,
        devices::checks::service::SEALED_COLUMNS,
        employment::employers::service::SEALED_COLUMNS,
        employment::seekers::service::SEALED_COLUMNS,
        employment::referrals::service::SEALED_COLUMNS,
        employment::placements::service::SEALED_COLUMNS,
        employment::retention::service::SEALED_COLUMNS,
        renovations::projects::service::SEALED_COLUMNS,
        renovations::projects::service::SEALED_COMMENTS,
        renovations::dwellings::service::SEALED_COLUMNS,
        renovations::visits::service::SEALED_COLUMNS,
        outreach::petitions::service::SEALED_COLUMNS,
        outreach::legal_aid::service::SEALED_COLUMNS,
        outreach::visits::service::SEALED_COLUMNS,
    ];
    departments.into_iter().flatten()
}

fn routes(config: &mut Routes<'_>) {
    access::sessions::api::routes(config);
    access::second_factors::api::routes(config);
    access::divisions::api::routes(config);
    access::organizations::api::routes(config);
    access::users::api::routes(config);
    access::api_keys::api::routes(config);
    registry::residents::api::routes(config);
    registry::facts::api::routes(config);
    registry::addresses::api::routes(config);
    registry::bank_accounts::api::routes(config);
    registry::households::api::routes(config);
    registry::merges::api::routes(config);
    programs::api::routes(config);
    programs::drafts::api::routes(config);
    programs::eligibility::api::routes(config);
    programs::simulations::api::routes(config);
    casework::cases::api::routes(config);
    casework::applications::api::routes(config);
    casework::documents::api::routes(config);
    casework::follow_ups::api::routes(config);
    casework::notes::api::routes(config);
    casework::payables::api::routes(config);
    casework::payees::api::routes(config);
    casework::unserved::api::routes(config);
    casework::batches::api::routes(config);
    casework::decisions::api::routes(config);
    casework::public_notices::api::routes(config);
    casework::recusals::api::routes(config);
    casework::referrals::api::routes(config);
    casework::supplements::api::routes(config);
    casework::tasks::api::routes(config);
    casework::transfers::api::routes(config);
    subsidies::enrollments::api::routes(config);
    subsidies::reviews::api::routes(config);
    subsidies::entitlements::api::routes(config);
    subsidies::financial_disclosures::api::routes(config);
    subsidies::ledger::api::routes(config);
    subsidies::public_lists::api::routes(config);
    subsidies::runs::api::routes(config);
    subsidies::batches::api::routes(config);
    subsidies::flags::api::routes(config);
    subsidies::payments::api::routes(config);
    subsidies::bank_returns::api::routes(config);
    subsidies::budgets::api::routes(config);
    subsidies::matches::api::routes(config);
    subsidies::recoveries::api::routes(config);
    subsidies::recoveries::movements::api::routes(config);
    rehabilitation::institutions::api::routes(config);
    rehabilitation::plans::api::routes(config);
    rehabilitation::sessions::api::routes(config);
    rehabilitation::settlements::api::routes(config);
    rehabilitation::needs::api::routes(config);
    rehabilitation::deadlines::api::routes(config);
    rehabilitation::screenings::api::routes(config);
    devices::catalog::api::routes(config);
    devices::warehouses::api::routes(config);
    devices::stock::api::routes(config);
    devices::stock::reports::api::routes(config);
    devices::deliveries::api::routes(config);
    devices::stocktakes::api::routes(config);
    devices::allocations::api::routes(config);
    devices::checks::api::routes(config);
    devices::recalls::api::routes(config);
    employment::standards::api::routes(config);
    employment::employers::api::routes(config);
    employment::vacancies::api::routes(config);
    employment::seekers::api::routes(config);
    employment::referrals::api::routes(config);
    employment::fairs::api::routes(config);
    employment::placements::api::routes(config);
    employment::retention::api::routes(config);
    employment::levies::api::routes(config);
    employment::homes::api::routes(config);
    outreach::petitions::api::routes(config);
    outreach::legal_aid::api::routes(config);
    outreach::activities::api::routes(config);
    outreach::need_standards::api::routes(config);
    outreach::need_scores::api::routes(config);
    outreach::visits::api::routes(config);
    devices::reorder_levels::api::routes(config);
    renovations::projects::api::routes(config);
    renovations::visits::api::routes(config);
    renovations::dwellings::api::routes(config);
    renovations::venues::api::routes(config);
    exchange::changes::api::routes(config);
    inspection::events::api::routes(config);
    inspection::timeline::api::routes(config);
    inspection::checkpoints::api::routes(config);
    health::routes(config);
}
