//! What an approval answers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::programs::model::ProgramDraft;
use crate::programs::rules::Problem;

/// A rule that reads well and looks like a slip: always so, or never.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"pointer": "/rules/clauses/0/when", "zh": "该条件总是成立", "en": "this is always so", "first_byte": 0, "last_byte": 7}))]
pub struct RuleDoubt {
    pub pointer: String,
    pub zh: String,
    pub en: String,
    pub first_byte: Option<u32>,
    pub last_byte: Option<u32>,
}

impl From<Problem> for RuleDoubt {
    fn from(problem: Problem) -> Self {
        let place = problem.refusal.place;
        Self {
            pointer: format!("/rules{}", problem.pointer),
            zh: problem.refusal.zh,
            en: problem.refusal.en,
            first_byte: place.map(|(first, _)| first),
            last_byte: place.map(|(_, last)| last),
        }
    }
}

/// A draft as it was saved.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedDraft {
    #[serde(flatten)]
    pub draft: ProgramDraft,
    pub doubts: Vec<RuleDoubt>,
}
