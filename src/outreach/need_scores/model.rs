//! A score, an assessment, and who is on its list.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::division::DivisionCode;
use crate::kernel::id::{NeedAssessmentId, NeedStandardId, ResidentId, UserId, VisitId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// Where an assessment stands.
    pub enum NeedAssessmentState {
        Queued = "queued", "排队中";
        Running = "running", "评估中";
        Done = "done", "已完成";
        Failed = "failed", "失败";
    }
}

/// Whose people are assessed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"division_code": "990121000000"}))]
pub struct NewNeedAssessment {
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
}

/// An assessment and its progress.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "division_code": "990121000000", "as_of": "2022-07-04", "state": "done",
    "done": 120, "listed": 47, "requested_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0d",
    "requested_at": "2022-07-04T02:00:00.000000Z", "finished_at": "2022-07-04T02:00:01.000000Z", "version": 3
}))]
pub struct NeedAssessment {
    #[schema(value_type = uuid::Uuid)]
    pub id: NeedAssessmentId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// Of which day the facts are; as they were known then.
    pub as_of: NaiveDate,
    pub state: NeedAssessmentState,
    /// People who were looked at.
    pub done: i32,
    /// Those with points, or of whom something is not known.
    pub listed: i32,
    #[schema(value_type = uuid::Uuid)]
    pub requested_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub requested_at: Timestamp,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub finished_at: Option<Timestamp>,
    pub version: i32,
}

/// How one clause came out, and what it is worth.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "lives_alone", "points": 20, "holds": true, "zh": "独居", "en": "lives alone", "basis": null,
    "reason_zh": "独居（独居：是）", "reason_en": "lives alone (lives alone: yes)", "missing": []
}))]
pub struct ScoredClause {
    pub code: String,
    pub points: i32,
    /// Null when a fact is unknown.
    pub holds: Option<bool>,
    pub zh: String,
    pub en: String,
    pub basis: Option<String>,
    /// What decided, with the facts.
    pub reason_zh: String,
    pub reason_en: String,
    /// The facts that are missing.
    pub missing: Vec<String>,
}

/// How much somebody is in need, clause by clause.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "as_of": "2022-07-04", "standard_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "score": 45, "unknown_points": 20, "highest_points": 100, "clauses": []
}))]
pub struct NeedScore {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    pub as_of: NaiveDate,
    #[schema(value_type = uuid::Uuid)]
    pub standard_id: NeedStandardId,
    /// Points of the clauses that hold.
    pub score: i32,
    /// Points of the clauses that hang on missing facts: the score may be so much higher.
    pub unknown_points: i32,
    /// Of all clauses.
    pub highest_points: i32,
    pub clauses: Vec<ScoredClause>,
}

/// What somebody scored in an assessment.
#[derive(Debug, Clone, Copy)]
pub struct Scored {
    pub resident_id: ResidentId,
    pub division_code: DivisionCode,
    pub standard_id: NeedStandardId,
    pub score: i32,
    pub unknown_points: i32,
    pub served: bool,
}

/// Somebody on the list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "张晓宝", "division_code": "990121103201", "score": 45,
    "unknown_points": 20, "standard_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "served": false, "planned_visit_id": null
}))]
pub struct InNeed {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    pub name: String,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub score: i32,
    pub unknown_points: i32,
    #[schema(value_type = uuid::Uuid)]
    pub standard_id: NeedStandardId,
    /// Whether something went on for them on the day of the assessment, or was delivered within the year before.
    pub served: bool,
    /// The visit that is planned by now.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub planned_visit_id: Option<VisitId>,
}

/// Where a page of the list ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Rank {
    pub score: i32,
    pub resident_id: ResidentId,
}

impl Rank {
    pub fn of(one: &InNeed) -> Self {
        Self {
            score: one.score,
            resident_id: one.resident_id,
        }
    }
}
