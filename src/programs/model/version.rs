//! A program's versions, and the drafts they come from.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::Terms;
use crate::kernel::id::{ProgramDraftId, ProgramVersionId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

/// A program as it holds in a division and all beneath it, for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "program_code": "nursing_subsidy", "version": 1,
    "division_code": "990100000000", "effective_from": "2016-01-01", "effective_to": "2022-07-01",
    "legal_basis": "国发〔2015〕52号",
    "steps": [{"step": "initial_review", "role": "township_caseworker", "working_days": 10}],
    "rules": {"clauses": [{"code": "certificate_valid", "when": "certificate.valid", "zh": "残疾人证有效", "en": "the certificate is valid"}],
        "benefit": {"amount_fen": "12500", "zh": "每月125元", "en": "125 yuan a month"}},
    "required_documents": [], "period": "month", "use_life_months": null, "review_months": 12
}))]
pub struct ProgramVersion {
    #[schema(value_type = uuid::Uuid)]
    pub id: ProgramVersionId,
    pub program_code: String,
    pub version: i32,
    #[serde(flatten)]
    pub terms: Terms,
}

vocabulary! {
    /// What became of a draft.
    pub enum DraftState {
        Draft = "draft", "草案";
        Approved = "approved", "已批准";
        Discarded = "discarded", "已作废";
    }
}

/// A version in the making.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "program_code": "nursing_subsidy", "state": "draft", "revision": 1,
    "author_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "created_at": "2022-11-01T01:00:00.000000Z",
    "updated_at": "2022-11-01T01:00:00.000000Z", "decided_by": null, "decided_at": null, "version_id": null,
    "division_code": "990100000000", "effective_from": "2023-01-01", "effective_to": null, "legal_basis": "国发〔2015〕52号",
    "steps": [{"step": "initial_review", "role": "township_caseworker", "working_days": 10}],
    "rules": {"clauses": [{"code": "certificate_valid", "when": "certificate.valid", "zh": "残疾人证有效", "en": "the certificate is valid"}],
        "benefit": {"amount_fen": "13000", "zh": "每月130元", "en": "130 yuan a month"}},
    "required_documents": [], "period": "month", "use_life_months": null, "review_months": 12
}))]
pub struct ProgramDraft {
    #[schema(value_type = uuid::Uuid)]
    pub id: ProgramDraftId,
    pub program_code: String,
    pub state: DraftState,
    /// Grows with each change; what `If-Match` names.
    pub revision: i32,
    #[schema(value_type = uuid::Uuid)]
    pub author_id: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: Timestamp,
    /// Who approved or discarded it.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub decided_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub decided_at: Option<Timestamp>,
    /// The version that it became.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub version_id: Option<ProgramVersionId>,
    #[serde(flatten)]
    pub terms: Terms,
}

impl ProgramVersion {
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        let terms = &self.terms;
        terms.effective_from <= day && terms.effective_to.is_none_or(|end| day < end)
    }
}
