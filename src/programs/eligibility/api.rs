//! `GET /v1/residents/{id}/eligibility`.

use actix_web::{get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::whole_page_of;
use crate::http::{Params, ReadErrors, Routes};
use crate::kernel::date;
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::programs::{Decision, Program, Service};
use crate::registry::residents;

/// What one program's rules say of a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "program_code": "nursing_subsidy", "service": "subsidy", "name_zh": "重度残疾人护理补贴", "name_en": "Nursing subsidy",
    "decision": {"outcome": "eligible", "program_version": 2, "decided_on": "2022-07-04", "clauses": [], "amount_fen": 50000,
        "amount_zh": "按自理能力分档", "amount_en": "by degree of care needed", "facts": {}, "sources": {}}
}))]
pub struct EligibilityBody {
    program_code: String,
    service: Service,
    name_zh: String,
    name_en: String,
    decision: Decision,
}

impl EligibilityBody {
    pub fn of(program: Program, decision: Decision) -> Self {
        Self {
            program_code: program.code,
            service: program.service,
            name_zh: program.name_zh,
            name_en: program.name_en,
            decision,
        }
    }
}

whole_page_of!(EligibilityPage, EligibilityBody);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AsOfQuery {
    /// Facts as true, and versions as they hold, on this day; today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    valid_at: Option<NaiveDate>,
    /// Facts as known to the office at this instant; now, unless given.
    known_at: Option<DateTime<Utc>>,
}

/// What a resident is entitled to, over all programs
///
/// Each answer names the version, the clauses that decided, the facts with their sources and dates, and
/// what is missing where it is not known.
#[utoipa::path(
    operation_id = "list_resident_eligibility", tag = "programs", params(("id" = uuid::Uuid, Path), AsOfQuery),
    extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "By program", body = EligibilityPage), ReadErrors)
)]
#[get("/v1/residents/{id}/eligibility")]
async fn list_resident_eligibility(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    Params(query): Params<AsOfQuery>,
) -> Result<web::Json<EligibilityPage>> {
    let decisions = store
        .look(permit.reach(), move |db| {
            let at = residents::service::as_of(db, query.valid_at, query.known_at.map(Into::into));
            service::of_resident(db, &permit, *id, at)
        })
        .await?;
    let items = decisions
        .into_iter()
        .map(|(program, decision)| EligibilityBody::of(program, decision))
        .collect();
    Ok(web::Json(EligibilityPage::whole(items)))
}

pub fn routes(config: &mut Routes<'_>) {
    config.service(list_resident_eligibility);
}
