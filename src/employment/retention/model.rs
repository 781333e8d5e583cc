//! A check, and how it came out.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::employment::placements::LeaveReason;
use crate::employment::words;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{PlacementId, ResidentId, RetentionCheckId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::text::maybe;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

/// After so many months.
pub const MONTHS: [i32; 3] = [3, 6, 12];

vocabulary! {
    pub enum CheckState {
        Due = "due", "待回访";
        Done = "done", "已回访";
        /// They had left before.
        Cancelled = "cancelled", "已取消";
    }
}

vocabulary! {
    pub enum CheckOutcome {
        Retained = "retained", "在岗";
        Left = "left", "已离岗";
    }
}

/// What somebody found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRetentionOutcome, example = json!({"outcome": "retained", "wage_fen": 330_000, "insured": true, "note": "电话回访单位人事"}))]
pub struct NewCheckOutcome {
    pub outcome: CheckOutcome,
    /// Of who is retained: what was paid in the month before.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub wage_fen: Option<Fen>,
    /// Of who is retained: whether the insurance goes on.
    #[serde(default)]
    pub insured: Option<bool>,
    /// Of who left: the last day of work, and why.
    #[serde(default, deserialize_with = "date::maybe")]
    pub end_date: Option<NaiveDate>,
    #[serde(default)]
    pub leave_reason: Option<LeaveReason>,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: Option<String>,
}

impl NewCheckOutcome {
    /// The note, if all is as it may be.
    pub fn check(&self) -> Result<Option<String>> {
        let mut errors = Vec::new();
        let retained = self.outcome == CheckOutcome::Retained;
        for (pointer, given, of_retained) in [
            ("/wage_fen", self.wage_fen.is_some(), true),
            ("/insured", self.insured.is_some(), true),
            ("/end_date", self.end_date.is_some(), false),
            ("/leave_reason", self.leave_reason.is_some(), false),
        ] {
            if given != (retained == of_retained) {
                errors.push(FieldError::new(
                    pointer,
                    "retention.outcome",
                    "of who is retained wage and insurance, of who left the last day and the reason",
                    "在岗须填写工资和参保情况，离岗须填写离岗日期和原因",
                ));
            }
        }
        if let Some(wage) = self.wage_fen {
            errors.extend(words::amount("/wage_fen", wage).err());
        }
        let note = words::keep(
            maybe("/note", self.note.as_deref(), words::NOTE),
            &mut errors,
        );
        match note {
            Some(note) if errors.is_empty() => Ok(note),
            _ => Err(Error::fields(errors)),
        }
    }
}

/// When a check after so many months is due.
pub fn due(start: NaiveDate, months: i32) -> NaiveDate {
    let months = Months::new(months.unsigned_abs());
    start.checked_add_months(months).unwrap_or(NaiveDate::MAX)
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e11", "placement_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e10",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "division_code": "990121103201", "months": 3, "due_date": "2022-10-01",
    "state": "done", "outcome": "retained", "checked_date": "2022-10-08", "wage_fen": 330_000, "insured": true,
    "checked_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "checked_at": "2022-10-08T02:00:00.000000Z", "version": 2
}))]
pub struct RetentionCheck {
    #[schema(value_type = uuid::Uuid)]
    pub id: RetentionCheckId,
    #[schema(value_type = uuid::Uuid)]
    pub placement_id: PlacementId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// After the first day.
    pub months: i32,
    pub due_date: NaiveDate,
    pub state: CheckState,
    pub outcome: Option<CheckOutcome>,
    pub checked_date: Option<NaiveDate>,
    pub wage_fen: Option<Fen>,
    pub insured: Option<bool>,
    /// Left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub checked_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub checked_at: Option<Timestamp>,
    pub version: i32,
}
