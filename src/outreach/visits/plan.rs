//! Planning visits for many, from the list of those most in need.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::due;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{NeedAssessmentId, ResidentId, VisitId};
use crate::kernel::vocabulary::vocabulary;

/// Whom to visit: so many of the list, the highest score first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"division_code": "990121", "min_score": 40, "due_date": "2022-07-31", "limit": 20}))]
pub struct NewVisitPlan {
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// From this list; the latest that covers the place, unless given.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub assessment_id: Option<NeedAssessmentId>,
    /// Nobody with fewer points.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10_000)]
    pub min_score: i32,
    #[serde(deserialize_with = "date::written")]
    pub due_date: NaiveDate,
    /// How many visits at the most.
    #[schema(minimum = 1, maximum = 100)]
    pub limit: u16,
}

impl NewVisitPlan {
    pub const MOST: u16 = 100;

    pub fn check(&self, today: NaiveDate) -> Result<()> {
        let mut errors = Vec::new();
        if !(0..=10_000).contains(&self.min_score) {
            errors.push(FieldError::new(
                "/min_score",
                "min_score.range",
                "0 to 10000",
                "须为 0 至 10000",
            ));
        }
        if !(1..=Self::MOST).contains(&self.limit) {
            errors.push(FieldError::new(
                "/limit",
                "limit.range",
                "1 to 100",
                "须为 1 至 100",
            ));
        }
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        due(self.due_date, today).map(drop)
    }
}

vocabulary! {
    /// Why somebody of the list is not planned for.
    pub enum LeftOutReason {
        VisitPlanned = "visit_planned", "已有待走访计划";
        HelpedMeanwhile = "helped_meanwhile", "评估后已纳入服务";
        Died = "died", "已死亡";
        InTransfer = "in_transfer", "正在办理转移";
    }
}

/// Somebody of the list who is not planned for, and why.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct LeftOut {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    pub reason: LeftOutReason,
}

/// What came of planning.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "assessment_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "planned": 1, "visit_ids": ["0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07"],
    "left_out": [{"resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "reason": "visit_planned"}]
}))]
pub struct VisitPlan {
    #[schema(value_type = uuid::Uuid)]
    pub assessment_id: NeedAssessmentId,
    pub planned: usize,
    /// The highest score first.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub visit_ids: Vec<VisitId>,
    /// Of those who come before the last who is planned for.
    pub left_out: Vec<LeftOut>,
}
