//! An entitlement.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::kernel::crypto::sha256;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{
    EnrollmentId, EntitlementId, EntitlementRunId, ProgramVersionId, ResidentId,
};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::programs::{Decision, Outcome};

vocabulary! {
    /// State of an entitlement.
    pub enum EntitlementState {
        Held = "held", "暂缓";
        Due = "due", "应发";
        Reversed = "reversed", "已冲销";
    }
}

/// Why nothing is due: a clause of the program's version, or what holds for every program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HeldReason, example = json!({"code": "certificate_valid", "zh": "残疾人证有效", "en": "the certificate is valid", "missing": false}))]
pub struct Reason {
    /// The clause's code, or `resident_died`, `enrollment_suspended`, `no_program_version`, `nothing_due`.
    pub code: String,
    pub zh: String,
    pub en: String,
    /// It hangs on a fact that is not known, rather than on one that is against it.
    #[serde(default)]
    pub missing: bool,
}

impl Reason {
    pub fn new(code: &str, zh: &str, en: &str) -> Self {
        Self {
            code: code.to_owned(),
            zh: zh.to_owned(),
            en: en.to_owned(),
            missing: false,
        }
    }

    /// The clauses that a decision fell by, in the words of the version: what they were told of the person
    /// is left out, for lists show this.
    pub fn of(decision: &Decision) -> Vec<Self> {
        let clauses = decision
            .clauses
            .iter()
            .filter(|one| one.holds != Some(true));
        let mut reasons: Vec<_> = clauses
            .map(|clause| Self {
                code: clause.code.clone(),
                zh: clause.zh.clone(),
                en: clause.en.clone(),
                missing: clause.holds.is_none(),
            })
            .collect();
        if reasons.is_empty() && decision.outcome == Outcome::NeedsInformation {
            reasons.push(Self {
                missing: true,
                ..Self::new("amount", &decision.amount_zh, &decision.amount_en)
            });
        }
        reasons
    }
}

/// Fingerprint of what something was found by.
pub fn fingerprint(facts: Map<String, Value>) -> Vec<u8> {
    sha256(Value::Object(facts).to_string().as_bytes())
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "enrollment_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "program_code": "nursing_subsidy", "division_code": "990121103201",
    "month": "2022-07", "run_month": "2022-08", "run_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "state": "due", "amount_fen": 55000,
    "reasons": [], "program_version_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "version": 1,
    "created_at": "2022-08-11T02:00:00.000000Z", "updated_at": "2022-08-11T02:00:00.000000Z"
}))]
pub struct Entitlement {
    #[schema(value_type = uuid::Uuid)]
    pub id: EntitlementId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    #[schema(value_type = uuid::Uuid)]
    pub enrollment_id: EnrollmentId,
    pub program_code: String,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// The month it is for.
    #[schema(value_type = String)]
    pub month: Month,
    /// The month whose run found it as it is; a later one than `month` for arrears.
    #[schema(value_type = String)]
    pub run_month: Month,
    #[schema(value_type = uuid::Uuid)]
    pub run_id: EntitlementRunId,
    pub state: EntitlementState,
    pub amount_fen: Fen,
    /// Why it is held; none where it is due.
    pub reasons: Vec<Reason>,
    /// The version in force in that month.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub program_version_id: Option<ProgramVersionId>,
    pub version: i32,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: Timestamp,
    #[serde(skip)]
    pub facts: Option<Vec<u8>>,
}
