//! Programs, versions, review steps, and what a decision consists of.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::access::Role;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::ProgramVersionId;
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// The five services.
    pub enum Service {
        Subsidy = "subsidy", "补贴";
        Rehabilitation = "rehabilitation", "康复";
        AssistiveDevice = "assistive_device", "辅助器具";
        AccessibilityRenovation = "accessibility_renovation", "无障碍改造";
        Employment = "employment", "就业";
    }
}

vocabulary! {
    /// The review steps a case may pass.
    pub enum Step {
        InitialReview = "initial_review", "初审";
        Verification = "verification", "复核";
        Determination = "determination", "认定";
        /// Ends by itself, unless somebody objects.
        PublicNotice = "public_notice", "公示";
        Approval = "approval", "审批";
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"code": "nursing_subsidy", "service": "subsidy", "name_zh": "重度残疾人护理补贴", "name_en": "Nursing subsidy"}))]
pub struct Program {
    pub code: String,
    pub service: Service,
    pub name_zh: String,
    pub name_en: String,
}

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

/// All clauses must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub clauses: Vec<Clause>,
    pub benefit: Benefit,
}

/// A program as it holds in a division and all beneath it, for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "program_code": "nursing_subsidy", "version": 1,
    "division_code": "990100000000", "effective_from": "2016-01-01", "effective_to": "2022-07-01",
    "legal_basis": "国发〔2015〕52号",
    "steps": [{"step": "initial_review", "role": "township_caseworker", "working_days": 10}],
    "rules": {"clauses": [{"code": "certificate_valid", "when": "certificate.valid", "zh": "残疾人证有效", "en": "the certificate is valid"}],
        "benefit": {"amount_fen": "12500", "zh": "每月125元", "en": "125 yuan a month"}}
}))]
pub struct ProgramVersion {
    #[schema(value_type = uuid::Uuid)]
    pub id: ProgramVersionId,
    pub program_code: String,
    pub version: i32,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub effective_from: NaiveDate,
    /// The first day it no longer holds.
    pub effective_to: Option<NaiveDate>,
    pub legal_basis: String,
    pub steps: Vec<ReviewStep>,
    pub rules: Rules,
}

vocabulary! {
    /// What the rules say of a person.
    pub enum Outcome {
        Eligible = "eligible", "符合条件";
        NotEligible = "not_eligible", "不符合条件";
        NeedsInformation = "needs_information", "信息不足";
    }
}

/// How one clause came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClauseOutcome {
    pub code: String,
    /// Null when a fact is unknown.
    pub holds: Option<bool>,
    pub zh: String,
    pub en: String,
    /// What decided, with the facts: `残疾等级 ≤ 2（残疾等级：3）`.
    #[serde(default)]
    pub reason_zh: String,
    #[serde(default)]
    pub reason_en: String,
    /// The facts that are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// Where a fact is from, since when it holds, and since when the office knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"source": "caseworker", "valid_from": "2022-03-01", "recorded_at": "2022-03-02T02:10:00.000000Z"}))]
pub struct FactSource {
    pub source: String,
    pub valid_from: NaiveDate,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub recorded_at: Timestamp,
}

/// An answer with its reasons, kept with the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "outcome": "eligible", "program_version": 2, "decided_on": "2022-07-04",
    "clauses": [{"code": "certificate_valid", "holds": true, "zh": "残疾人证有效", "en": "the certificate is valid",
        "reason_zh": "残疾人证有效（残疾人证有效：是）", "reason_en": "the disability certificate is valid (the disability certificate is valid: yes)"}],
    "amount_fen": 55000, "amount_zh": "按自理能力分档", "amount_en": "by degree of care needed",
    "amount_reason_zh": "生活自理程度 = 完全不能自理（生活自理程度：完全不能自理）：55000",
    "amount_reason_en": "need of care = full (need of care: full): 55000",
    "facts": {"age": 32, "certificate": {"valid": true, "severity_level": 1}, "circumstances": {"care_need": "full"}},
    "sources": {"circumstances.care_need": {"source": "caseworker", "valid_from": "2022-03-01", "recorded_at": "2022-03-02T02:10:00.000000Z"}}
}))]
pub struct Decision {
    pub outcome: Outcome,
    pub program_version: i32,
    pub decided_on: NaiveDate,
    pub clauses: Vec<ClauseOutcome>,
    /// The month's amount, where eligible.
    pub amount_fen: Option<Fen>,
    pub amount_zh: String,
    pub amount_en: String,
    /// How the amount came about, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount_reason_zh: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount_reason_en: Option<String>,
    /// The facts that the amount hangs on and nobody knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amount_missing: Vec<String>,
    /// What the rules were applied to.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub facts: Map<String, Value>,
    /// Where each of these is from.
    #[serde(default)]
    pub sources: BTreeMap<String, FactSource>,
}

/// A program with its versions, as a file brings it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramFile {
    pub programs: Vec<ProgramEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramEntry {
    pub code: String,
    pub service: Service,
    pub name_zh: String,
    pub name_en: String,
    pub versions: Vec<VersionEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionEntry {
    pub version: i32,
    pub division_code: DivisionCode,
    pub effective_from: NaiveDate,
    #[serde(default)]
    pub effective_to: Option<NaiveDate>,
    pub legal_basis: String,
    pub steps: Vec<ReviewStep>,
    pub rules: Rules,
}

impl VersionEntry {
    /// Steps in the order of the office: each once, a person for all but the notice, approval last.
    pub fn check(&self) -> Result<(), String> {
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
        if in_order && staffed && approved && persons >= 2 && limited {
            return Ok(());
        }
        Err("steps come in the office's order, end with approval, name a role each but the public notice, and have a limit".to_owned())
    }
}
