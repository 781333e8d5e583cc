//! A run as it is asked for, and which months it looks at.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{EntitlementRunId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::programs::BenefitPeriod;

vocabulary! {
    /// How far a run has come.
    pub enum RunState {
        Queued = "queued", "排队中";
        Running = "running", "运行中";
        Done = "done", "已完成";
        Failed = "failed", "失败";
        Cancelled = "cancelled", "已取消";
    }
}

vocabulary! {
    /// What is done to a run.
    pub enum RunAction {
        Cancel = "cancel", "取消";
        Resume = "resume", "继续";
    }
}

impl RunAction {
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Cancel => "entitlement_run.cancelled",
            Self::Resume => "entitlement_run.resumed",
        }
    }
}

impl RunState {
    /// Cancelled or failed, a run goes on where it stopped.
    pub fn allowed(self) -> Vec<RunAction> {
        match self {
            Self::Queued | Self::Running => vec![RunAction::Cancel],
            Self::Failed | Self::Cancelled => vec![RunAction::Resume],
            Self::Done => Vec::new(),
        }
    }
}

/// Whose month is run.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"division_code": "990121000000", "month": "2022-08"}))]
pub struct NewRun {
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// This month or an earlier one.
    pub month: Month,
}

impl NewRun {
    pub fn check(&self, this_month: Month) -> Result<()> {
        if self.month <= this_month {
            return Ok(());
        }
        Err(Error::field(
            "/month",
            "month.future",
            "this month or an earlier one",
            "不得晚于本月",
        ))
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "cancel"}))]
pub struct NewRunTransition {
    pub action: RunAction,
}

/// A run, its progress, and what it came to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "division_code": "990121000000", "month": "2022-08", "state": "done",
    "done": 18, "total": 18, "due_count": 17, "held_count": 1, "due_fen": 61250, "requested_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0d",
    "requested_at": "2022-08-11T02:00:00.000000Z", "finished_at": "2022-08-11T02:00:01.000000Z", "version": 3, "allowed_actions": []
}))]
pub struct EntitlementRun {
    #[schema(value_type = uuid::Uuid)]
    pub id: EntitlementRunId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[schema(value_type = String)]
    pub month: Month,
    pub state: RunState,
    /// Enrollments that were looked at, of how many.
    pub done: i32,
    pub total: i32,
    /// Months that this run found due, arrears among them, or held.
    pub due_count: i32,
    pub held_count: i32,
    pub due_fen: Fen,
    #[schema(value_type = uuid::Uuid)]
    pub requested_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub requested_at: Timestamp,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub finished_at: Option<Timestamp>,
    pub version: i32,
    pub allowed_actions: Vec<RunAction>,
}

/// Whether something is given in a month of what began in another.
pub fn falls_due(period: BenefitPeriod, start: Month, month: Month) -> bool {
    let since = month.index() - start.index();
    match period {
        BenefitPeriod::Once => since == 0,
        BenefitPeriod::Month | BenefitPeriod::Claim => since >= 0,
        BenefitPeriod::Year => since >= 0 && since % 12 == 0,
    }
}

/// From one month to another, both included.
pub fn months(first: Month, last: Month) -> impl Iterator<Item = Month> {
    std::iter::successors(Some(first), |month| Some(month.next()))
        .take_while(move |month| *month <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn a_yearly_benefit_is_given_in_the_month_it_began() {
        let due = |period| {
            months(month("2022-03"), month("2024-04"))
                .filter(|one| falls_due(period, month("2022-03"), *one))
                .map(|one| one.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(due(BenefitPeriod::Once), ["2022-03"]);
        assert_eq!(due(BenefitPeriod::Year), ["2022-03", "2023-03", "2024-03"]);
        assert_eq!(due(BenefitPeriod::Month).len(), 26);
        assert!(!falls_due(
            BenefitPeriod::Month,
            month("2022-03"),
            month("2022-02")
        ));
    }
}
