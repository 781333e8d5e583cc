//! `/v1/programs`, `/v1/programs/{code}/versions`, `/v1/program-facts`.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::schema::{self, Kind};
use super::{Program, ProgramVersion, Stacking, service};
use crate::access::{Permit, acts};
use crate::db::{Reach, Store};
use crate::http::page::whole_page_of;
use crate::http::{Answer, Creation, IdempotencyKey, Params, ReadErrors, Routes, WriteErrors};
use crate::kernel::date;
use crate::kernel::error::Result;

whole_page_of!(ProgramPage, Program);

whole_page_of!(ProgramVersionPage, ProgramVersion);

whole_page_of!(StackingPage, Stacking);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct VersionQuery {
    /// Only what holds on this day.
    #[serde(default, deserialize_with = "date::maybe")]
    valid_at: Option<NaiveDate>,
}

/// List what the office offers
#[utoipa::path(
    operation_id = "list_programs", tag = "programs", extensions(("x-permit" = json!("program.read"))),
    responses((status = 200, description = "All programs, by code", body = ProgramPage), ReadErrors)
)]
#[get("/v1/programs")]
async fn list_programs(
    _permit: Permit<acts::ProgramRead>,
    store: web::Data<Store>,
) -> Result<web::Json<ProgramPage>> {
    store
        .read(Reach::NOTHING, service::all)
        .await
        .map(|items| web::Json(ProgramPage::whole(items)))
}

/// Which programs a person may have beside each other
///
/// Each pair once. `exclusive`: one at a time, over all records and offices; `higher`: both may be held, and of a
/// month the higher counts.
#[utoipa::path(
    operation_id = "list_program_stacking", tag = "programs", extensions(("x-permit" = json!("program.read"))),
    responses((status = 200, description = "All pairs, by code", body = StackingPage), ReadErrors)
)]
#[get("/v1/programs/stacking")]
async fn list_program_stacking(
    _permit: Permit<acts::ProgramRead>,
    store: web::Data<Store>,
) -> Result<web::Json<StackingPage>> {
    store
        .read(Reach::NOTHING, service::stacking)
        .await
        .map(|items| web::Json(StackingPage::whole(items)))
}

/// List the dated versions of a program, with rules and review steps
#[utoipa::path(
    operation_id = "list_program_versions", tag = "programs",
    params(("code" = String, Path, example = "nursing_subsidy"), VersionQuery), extensions(("x-permit" = json!("program.read"))),
    responses((status = 200, description = "By division, then version", body = ProgramVersionPage), ReadErrors)
)]
#[get("/v1/programs/{code}/versions")]
async fn list_program_versions(
    _permit: Permit<acts::ProgramRead>,
    store: web::Data<Store>,
    code: web::Path<String>,
    Params(query): Params<VersionQuery>,
) -> Result<web::Json<ProgramVersionPage>> {
    let items = store
        .read(Reach::NOTHING, move |db| {
            service::versions(db, &code, query.valid_at)
        })
        .await?;
    Ok(web::Json(ProgramVersionPage::whole(items)))
}

/// Add a program
///
/// It offers nothing until a version of it was drafted and approved.
#[utoipa::path(
    operation_id = "create_program", tag = "programs", params(IdempotencyKey),
    request_body = Program, extensions(("x-permit" = json!("program.draft"))),
    responses(
        (status = 201, description = "Added", body = Program, headers(("Location" = String, description = "Its versions"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/programs")]
async fn create_program(
    permit: Permit<acts::ProgramDraft>,
    store: web::Data<Store>,
    new: Creation<Program>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, program| {
        service::create(tx, &permit, program)?.try_map(|program| {
            Answer::created(
                format!("/v1/programs/{}/versions", program.code),
                1,
                &program,
            )
        })
    })
    .await
}

/// A fact that rules may name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"path": "circumstances.care_need", "list": null, "kind": "word", "zh": "生活自理程度", "en": "need of care",
    "lowest": null, "highest": null, "words": [{"name": "full", "zh": "完全不能自理"}]}))]
pub struct FactBody {
    /// As a rule writes it; inside a list, after the name that `exists` or `all` gives a component.
    path: &'static str,
    /// The list whose components have this fact.
    list: Option<&'static str>,
    kind: FactKind,
    zh: &'static str,
    en: &'static str,
    /// Of numbers.
    lowest: Option<i64>,
    highest: Option<i64>,
    /// Of words.
    words: Vec<FactWord>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FactWord {
    name: &'static str,
    zh: &'static str,
}

crate::kernel::vocabulary::vocabulary! {
    /// What values a fact takes.
    pub enum FactKind {
        Truth = "truth", "是否";
        Number = "number", "整数";
        Word = "word", "词语";
        Date = "date", "日期";
    }
}

whole_page_of!(FactPage, FactBody);

impl FactBody {
    fn of(fact: &schema::Fact, list: Option<&'static str>) -> Self {
        let (kind, words) = match &fact.kind {
            Kind::Truth => (FactKind::Truth, &[][..]),
            Kind::Number { .. } => (FactKind::Number, &[][..]),
            Kind::Word(words) => (FactKind::Word, words.as_slice()),
            Kind::Date => (FactKind::Date, &[][..]),
        };
        let range = (kind == FactKind::Number).then(|| fact.kind.range());
        Self {
            path: fact.path,
            list,
            kind,
            zh: fact.zh,
            en: fact.en,
            lowest: range.map(|(lowest, _)| lowest),
            highest: range.map(|(_, highest)| highest),
            words: words
                .iter()
                .map(|word| FactWord {
                    name: word.name,
                    zh: word.zh,
                })
                .collect(),
        }
    }
}

/// List the facts that rules may name
///
/// Rules are CEL: facts, `params.<name>[fact]`, literals, `&& || !`, comparisons, `in [...]`, `+ - * / %`,
/// `? :`, `has(…)`, `date("2022-07-01")`, and `exists` and `all` over `certificate.components`. A fact
/// that is not known makes a condition unknown, unless it is decided without.
#[utoipa::path(
    operation_id = "list_program_facts", tag = "programs", extensions(("x-permit" = json!("program.read"))),
    responses((status = 200, description = "All facts, of components last", body = FactPage), ReadErrors)
)]
#[get("/v1/program-facts")]
async fn list_program_facts(_permit: Permit<acts::ProgramRead>) -> web::Json<FactPage> {
    let of_people = schema::FACTS.iter().map(|fact| FactBody::of(fact, None));
    let of_components = schema::COMPONENT_FACTS
        .iter()
        .map(|fact| FactBody::of(fact, Some(schema::COMPONENTS)));
    web::Json(FactPage::whole(of_people.chain(of_components).collect()))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_programs)
        .service(list_program_stacking)
        .service(create_program)
        .service(list_program_versions)
        .service(list_program_facts);
}
