//! A budget.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{BudgetId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::text;
use crate::kernel::time::Timestamp;

/// How much may be spent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"division_code": "990121", "program_code": "nursing_subsidy", "year": 2022, "amount_fen": 250_000_000, "reason": "县财社〔2022〕12号"}))]
pub struct NewBudget {
    /// A county.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub program_code: String,
    /// That of the months that batches are made for.
    #[schema(minimum = 2000, maximum = 2200)]
    pub year: i32,
    /// For the whole year; takes the place of what was decided before.
    #[schema(minimum = 0)]
    pub amount_fen: Fen,
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

impl NewBudget {
    /// The reason, if all is as it may be.
    pub fn check(&self) -> Result<&str> {
        let mut errors = Vec::new();
        if self.division_code.level() != DivisionLevel::County {
            errors.push(FieldError::new(
                "/division_code",
                "division.level",
                "a county",
                "须为县（市、区）",
            ));
        }
        if !(2000..=2200).contains(&self.year) {
            errors.push(FieldError::new(
                "/year",
                "year.range",
                "2000 to 2200",
                "须为 2000 至 2200",
            ));
        }
        if self.amount_fen < Fen::ZERO {
            errors.push(FieldError::new(
                "/amount_fen",
                "amount.negative",
                "zero or more",
                "不得为负",
            ));
        }
        if errors.is_empty() {
            text::reason(&self.reason)
        } else {
            Err(Error::fields(errors))
        }
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "division_code": "990121000000", "program_code": "nursing_subsidy",
    "year": 2022, "revision": 2, "amount_fen": 250_000_000, "spent_fen": 120_000_000, "reason": "县财社〔2022〕12号",
    "decided_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "decided_at": "2022-01-20T01:00:00.000000Z"
}))]
pub struct Budget {
    #[schema(value_type = uuid::Uuid)]
    pub id: BudgetId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub program_code: String,
    pub year: i32,
    /// The one with the highest number counts.
    pub revision: i32,
    pub amount_fen: Fen,
    /// Released in that year, without what the bank returned.
    pub spent_fen: Fen,
    pub reason: String,
    #[schema(value_type = uuid::Uuid)]
    pub decided_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub decided_at: Timestamp,
}
