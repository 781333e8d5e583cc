//! What the rules say of a person, and why.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

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
