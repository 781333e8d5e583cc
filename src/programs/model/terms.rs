//! What a version of a program lays down.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Step;
use crate::access::Role;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::FieldError;
use crate::kernel::money::Fen;
use crate::kernel::text;
use crate::kernel::vocabulary::vocabulary;

/// One step of the review, who takes it and within how many working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewStep {
    pub step: Step,
    /// Nobody takes a public notice.
    #[serde(default)]
    pub role: Option<Role>,
    pub working_days: usize,
}

/// One condition, in CEL over the published facts, and what it says in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    pub code: String,
    pub when: String,
    pub zh: String,
    pub en: String,
}

/// The amount a month, in CEL, in fen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Benefit {
    pub amount_fen: String,
    pub zh: String,
    pub en: String,
}

/// Amounts and limits that differ between divisions: `params.<name>[<key>]…` in a rule is the value of
/// the nearest division that has a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "rate", "zh": "标准", "en": "rate", "keys": ["circumstances.care_need"],
    "tables": {"990100000000": {"full": 50000, "substantial": 25000, "partial": 12500, "none": 12500}}}))]
pub struct ParameterTables {
    pub name: String,
    pub zh: String,
    pub en: String,
    /// The facts that choose a value, none to two: words and small numbers.
    #[serde(default)]
    pub keys: Vec<String>,
    /// By division: a whole number, or an object by the first key's values, and so on.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub tables: BTreeMap<DivisionCode, Value>,
}

/// All clauses must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub clauses: Vec<Clause>,
    pub benefit: Benefit,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterTables>,
}

/// Something to be handed in with an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "income_proof", "zh": "低保证明", "en": "proof of the minimum living allowance", "optional": false}))]
pub struct RequiredDocument {
    pub code: String,
    pub zh: String,
    pub en: String,
    #[serde(default)]
    pub optional: bool,
}

vocabulary! {
    /// How often the benefit is given.
    pub enum BenefitPeriod {
        Once = "once", "一次性";
        Month = "month", "按月";
        Year = "year", "按年";
        /// For the months that an application claims, once.
        Claim = "claim", "按缴费期间";
    }
}

const fn monthly() -> BenefitPeriod {
    BenefitPeriod::Month
}

/// What a version lays down: where and from when until when, who reviews, and the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProgramTerms, example = json!({
    "division_code": "990100000000", "effective_from": "2022-07-01", "effective_to": null, "legal_basis": "国发〔2015〕52号",
    "steps": [{"step": "initial_review", "role": "township_caseworker", "working_days": 10},
        {"step": "approval", "role": "county_approver", "working_days": 5}],
    "rules": {"clauses": [{"code": "certificate_valid", "when": "certificate.valid", "zh": "残疾人证有效", "en": "the certificate is valid"}],
        "benefit": {"amount_fen": "12500", "zh": "每月125元", "en": "125 yuan a month"}},
    "required_documents": [], "period": "month", "use_life_months": null, "review_months": 12
}))]
pub struct Terms {
    /// It holds there and in all beneath, unless a division beneath has a version of its own.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[serde(deserialize_with = "date::written")]
    pub effective_from: NaiveDate,
    /// The first day it no longer holds.
    #[serde(default, deserialize_with = "date::maybe")]
    pub effective_to: Option<NaiveDate>,
    /// The document and its clause.
    pub legal_basis: String,
    pub steps: Vec<ReviewStep>,
    pub rules: Rules,
    #[serde(default)]
    pub required_documents: Vec<RequiredDocument>,
    #[serde(default = "monthly")]
    pub period: BenefitPeriod,
    /// A second one is not given within so many months.
    #[serde(default)]
    pub use_life_months: Option<i32>,
    /// A benefit that runs is reviewed after so many months, and again.
    #[serde(default)]
    pub review_months: Option<i32>,
    /// Where organizations deliver the service: what a unit of it (a session, say) is paid, by kind of service, in fen.
    /// The benefit is then the most that is paid for a person in a year.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = std::collections::HashMap<String, i64>, required = false, example = json!({"physical": 12000}))]
    pub unit_rates: BTreeMap<String, Fen>,
}

const LONGEST_TEXT: usize = 200;
const MOST_CLAUSES: usize = 50;
const MOST_DOCUMENTS: usize = 30;
const MOST_RATES: usize = 20;
const HIGHEST_RATE: i64 = 10_000_000;

impl Terms {
    /// What breaks a rule, other than the rules' own text; all of it.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let mut refuse = |wrong: bool, pointer: &str, code, en: &str, zh: &str| {
            if wrong {
                problems.push(FieldError::new(pointer, code, en, zh));
            }
        };
        refuse(
            self.effective_to
                .is_some_and(|end| end <= self.effective_from),
            "/effective_to",
            "period.order",
            "effective_to lies after effective_from",
            "effective_to 须晚于 effective_from",
        );
        let basis = self.legal_basis.trim().chars().count();
        refuse(
            !(1..=LONGEST_TEXT).contains(&basis),
            "/legal_basis",
            "legal_basis.length",
            "1 to 200 characters",
            "1 至 200 个字",
        );
        refuse(
            !self.steps_are_in_order(),
            "/steps",
            "steps.order",
            "steps come in the office's order, end with approval, name a role each but the public notice, and have a limit",
            "环节须按办理顺序排列，以审批结束；除公示外均须指定岗位，并有时限",
        );
        let texts = self
            .rules
            .clauses
            .iter()
            .flat_map(|clause| [&clause.code, &clause.zh, &clause.en]);
        let fits = |text: &String| (1..=LONGEST_TEXT).contains(&text.trim().chars().count());
        let mut codes: Vec<_> = self
            .rules
            .clauses
            .iter()
            .map(|clause| &clause.code)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        refuse(
            self.rules.clauses.is_empty()
                || self.rules.clauses.len() > MOST_CLAUSES
                || codes.len() < self.rules.clauses.len()
                || !texts.into_iter().all(fits),
            "/rules/clauses",
            "clauses.words",
            "1 to 50 clauses, each with a code of its own and words in both languages",
            "1 至 50 条，每条有唯一代码和中英文说明",
        );
        let mut documents: Vec<_> = self
            .required_documents
            .iter()
            .map(|one| &one.code)
            .collect();
        documents.sort_unstable();
        documents.dedup();
        let words = self
            .required_documents
            .iter()
            .flat_map(|one| [&one.code, &one.zh, &one.en]);
        refuse(
            documents.len() < self.required_documents.len()
                || documents.len() > MOST_DOCUMENTS
                || !words.into_iter().all(fits),
            "/required_documents",
            "documents.words",
            "up to 30, each with a code of its own and words in both languages",
            "最多30项，每项有唯一代码和中英文说明",
        );
        refuse(
            self.use_life_months
                .is_some_and(|months| !(1..=600).contains(&months)),
            "/use_life_months",
            "use_life.range",
            "1 to 600 months",
            "1 至 600 个月",
        );
        refuse(
            self.review_months
                .is_some_and(|months| !(1..=120).contains(&months)),
            "/review_months",
            "review.range",
            "1 to 120 months",
            "1 至 120 个月",
        );
        refuse(
            !self.rates_are_sound(),
            "/unit_rates",
            "unit_rates.range",
            "up to 20, each for a kind of service and between 1 and 10 000 000 fen, of a benefit by the year",
            "最多20项，每项对应一种服务，1 至 10000000 分，且待遇须按年",
        );
        problems
    }

    fn rates_are_sound(&self) -> bool {
        let yearly = self.unit_rates.is_empty() || self.period == BenefitPeriod::Year;
        let sound = |(kind, rate): (&String, &Fen)| {
            text::is_code(kind) && (1..=HIGHEST_RATE).contains(&rate.get())
        };
        yearly && self.unit_rates.len() <= MOST_RATES && self.unit_rates.iter().all(sound)
    }

    /// In the order of the office: each once, a person for all but the notice, approval last.
    fn steps_are_in_order(&self) -> bool {
        let in_order = self.steps.is_sorted_by(|one, next| one.step < next.step);
        let staffed = self
            .steps
            .iter()
            .all(|step| (step.step == Step::PublicNotice) == step.role.is_none());
        let approved = self
            .steps
            .last()
            .is_some_and(|last| last.step == Step::Approval);
        let persons = self.steps.iter().filter(|step| step.role.is_some()).count();
        let limited = self.steps.iter().all(|step| step.working_days > 0);
        in_order && staffed && approved && persons >= 2 && limited
    }
}
