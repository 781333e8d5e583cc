//! A simulation as it is asked for, and as it is kept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tally::Tally;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::FieldError;
use crate::kernel::id::{ProgramDraftId, ProgramVersionId, SimulationId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::programs::model::Rules;
use crate::registry::Resident;

vocabulary! {
    /// Which knowledge the rules are given.
    pub enum Known {
        /// Each month what the office knew at its end.
        Then = "then", "当时已知";
        /// What it knows at the time of asking.
        Now = "now", "现在已知";
    }
}

vocabulary! {
    /// How far a simulation has come.
    pub enum SimulationState {
        Queued = "queued", "排队中";
        Running = "running", "运行中";
        Done = "done", "已完成";
        Failed = "failed", "失败";
    }
}

/// What somebody asks.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"draft_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "from_month": "2022-01", "to_month": "2022-06", "known": "then"}))]
pub struct NewSimulation {
    #[schema(value_type = uuid::Uuid)]
    pub draft_id: ProgramDraftId,
    /// Where: the draft's division or one beneath; all of the draft's, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub division_code: Option<DivisionCode>,
    pub from_month: Month,
    /// The same month, unless given; up to 24 months in all.
    #[serde(default)]
    pub to_month: Option<Month>,
    #[serde(default = "then")]
    pub known: Known,
}

const fn then() -> Known {
    Known::Then
}

/// Months in one simulation.
const MOST_MONTHS: i32 = 24;

impl NewSimulation {
    /// The months asked about, the last included.
    pub fn months(&self) -> Result<(Month, Month), FieldError> {
        let last = self.to_month.unwrap_or(self.from_month);
        let count = last.index() - self.from_month.index() + 1;
        if (1..=MOST_MONTHS).contains(&count) {
            return Ok((self.from_month, last));
        }
        Err(FieldError::new(
            "/to_month",
            "simulation.months",
            "1 to 24 months, from_month first",
            "1 至 24 个月，且不早于 from_month",
        ))
    }
}

/// A simulation, its progress, and what it found.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "program_code": "nursing_subsidy", "draft_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "draft_revision": 1, "division_code": "990100000000", "from_month": "2022-07", "to_month": "2022-07", "known": "then",
    "state": "running", "done": 3, "total": 8, "requested_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "requested_at": "2022-11-01T01:00:00.000000Z", "finished_at": null, "digest": null, "result": null
}))]
pub struct Simulation {
    #[schema(value_type = uuid::Uuid)]
    pub id: SimulationId,
    pub program_code: String,
    #[schema(value_type = uuid::Uuid)]
    pub draft_id: ProgramDraftId,
    pub draft_revision: i32,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub from_month: Month,
    pub to_month: Month,
    pub known: Known,
    /// The draft's rules, as they were when this was asked.
    pub rules: Rules,
    pub state: SimulationState,
    /// Counties computed, of all.
    pub done: i32,
    pub total: i32,
    #[schema(value_type = uuid::Uuid)]
    pub requested_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub requested_at: Timestamp,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub finished_at: Option<Timestamp>,
    /// SHA-256 of the question, the rules and the figures: the same question gives the same.
    pub digest: Option<String>,
    pub result: Option<SimulationResult>,
}

vocabulary! {
    /// How somebody would fare.
    pub enum Fare {
        Winner = "winner", "增加";
        Loser = "loser", "减少";
    }
}

/// Somebody who would have more or less in a month.
#[derive(Debug)]
pub struct Touched {
    pub resident: Resident,
    pub before: Fen,
    pub after: Fen,
}

/// What a simulation found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SimulationResult {
    pub months: Vec<MonthResult>,
    pub years: Vec<YearResult>,
    pub counties: Vec<CountyResult>,
    /// Of months that were over when it was asked, from the draft's first day on: what would be paid later.
    pub arrears_fen: Fen,
    /// And what would have been paid too much.
    pub overpayments_fen: Fen,
}

/// Residents are counted once a month; amounts are what is due in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MonthResult {
    pub month: Month,
    /// As known at this instant.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub known_at: Timestamp,
    #[serde(flatten)]
    pub tally: Tally,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct YearResult {
    pub year: i32,
    pub cost_before_fen: Fen,
    pub cost_after_fen: Fen,
}

/// All months together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CountyResult {
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// The versions that hold there in these months.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub versions: Vec<ProgramVersionId>,
    pub cost_before_fen: Fen,
    pub cost_after_fen: Fen,
    pub gains_fen: Fen,
    pub losses_fen: Fen,
}
