//! `GET /v1/programs/{code}/unserved`, `GET /v1/unserved-residents`.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{Sought, Unserved};
use super::service::{self, Search};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::page::{is_place, page_of};
use crate::http::{Paging, Params, ReadErrors, Routes};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::programs::Outcome;
use crate::programs::eligibility::api::EligibilityBody;
use crate::registry::residents::Mark;

/// Somebody to be visited, and for what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "张晓宝", "division_code": "990121103201", "division_name": "上河村",
    "programs": [{"program_code": "nursing_subsidy", "service": "subsidy", "name_zh": "重度残疾人护理补贴", "name_en": "Nursing subsidy",
        "decision": {"outcome": "needs_information", "program_version": 2, "decided_on": "2022-07-04", "clauses": [],
            "amount_fen": null, "amount_zh": "按自理能力分档", "amount_en": "by degree of care needed", "facts": {}, "sources": {}}}]
}))]
pub struct UnservedBody {
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    name: String,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    division_name: String,
    programs: Vec<EligibilityBody>,
}

impl From<Unserved> for UnservedBody {
    fn from(person: Unserved) -> Self {
        let resident = person.resident;
        let programs = person.programs.into_iter();
        Self {
            resident_id: resident.id,
            name: resident.name.as_str().to_owned(),
            division_code: resident.division_code,
            division_name: resident.division_name,
            programs: programs
                .map(|(program, decision)| EligibilityBody::of(program, decision))
                .collect(),
        }
    }
}

page_of!(UnservedPage, UnservedBody);

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct UnservedQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121103201")]
    division_code: Option<DivisionCode>,
    /// `eligible` or `needs_information`; both, unless given.
    #[param(inline)]
    outcome: Option<Outcome>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

async fn answer(
    permit: Permit<acts::ResidentRead>,
    store: &Store,
    program: Option<String>,
    query: UnservedQuery,
) -> Result<web::Json<UnservedPage>> {
    let bound = (&program, &query);
    let paging: Paging<Mark> = Paging::of(
        store.keys(),
        "unserved",
        &bound,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, _) = paging.window();
    let search = Search {
        division: query.division_code,
        sought: Sought {
            outcome: query.outcome,
        },
        after,
        count: paging.limit(),
        program,
    };
    let (found, next) = store
        .look(permit.reach(), move |db| {
            service::search(db, &permit, &search)
        })
        .await?;
    let next = next.map(|mark| paging.cursor(&mark)).transpose()?;
    let items = found.into_iter().map(Into::into).collect();
    Ok(web::Json(UnservedPage { items, next }))
}

/// Who is entitled to a program and does not have it, village by village
///
/// Found by the rules from what is known today; those of whom facts are missing are listed with what is
/// missing. A page may be short, even empty, and have a `next`: so many residents are looked at a time.
#[utoipa::path(
    operation_id = "list_program_unserved", tag = "casework",
    params(("code" = String, Path, example = "nursing_subsidy"), UnservedQuery), extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "A page of residents", body = UnservedPage), ReadErrors)
)]
#[get("/v1/programs/{code}/unserved")]
async fn list_program_unserved(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    code: web::Path<String>,
    Params(query): Params<UnservedQuery>,
) -> Result<web::Json<UnservedPage>> {
    answer(permit, &store, Some(code.into_inner()), query).await
}

/// Whom to visit: residents who lack something they are entitled to, village by village
///
/// Over all programs; for a village's liaison, their own village.
#[utoipa::path(
    operation_id = "list_unserved_residents", tag = "casework", params(UnservedQuery),
    extensions(("x-permit" = json!("resident.read"))),
    responses((status = 200, description = "A page of residents", body = UnservedPage), ReadErrors)
)]
#[get("/v1/unserved-residents")]
async fn list_unserved_residents(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    Params(query): Params<UnservedQuery>,
) -> Result<web::Json<UnservedPage>> {
    answer(permit, &store, None, query).await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_program_unserved)
        .service(list_unserved_residents);
}
