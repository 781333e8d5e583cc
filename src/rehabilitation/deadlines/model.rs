//! What is laid down.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{ScreeningDeadlineId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What is screened for.
    pub enum ScreeningKind {
        Visual = "visual", "视力";
        Hearing = "hearing", "听力";
        Speech = "speech", "言语";
        Physical = "physical", "肢体";
        Intellectual = "intellectual", "智力";
        Autism = "autism", "孤独症";
    }
}

/// Two years: nothing that is found early is left longer.
const MOST_DAYS: i32 = 730;
const LONGEST: usize = 200;

/// Within how many days what has to follow.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "division_code": "990100000000", "kind": "hearing", "effective_from": "2099-01-01", "positive_days": 30,
    "doubtful_days": 42, "intervention_days": 90, "legal_basis": "国卫妇幼发〔2013〕25号"
}))]
pub struct NewScreeningDeadline {
    /// For it and all beneath it.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub kind: ScreeningKind,
    /// Today or later.
    #[serde(deserialize_with = "date::written")]
    pub effective_from: NaiveDate,
    /// From a positive result to the diagnosis.
    #[schema(minimum = 1, maximum = 730)]
    pub positive_days: i32,
    /// From a doubtful result to the diagnosis.
    #[schema(minimum = 1, maximum = 730)]
    pub doubtful_days: i32,
    /// From the diagnosis to the intervention.
    #[schema(minimum = 1, maximum = 730)]
    pub intervention_days: i32,
    /// By which regulation.
    #[schema(min_length = 1, max_length = 200)]
    pub legal_basis: String,
}

impl NewScreeningDeadline {
    /// The legal basis, if all is as it may be.
    pub fn check(&self, today: NaiveDate) -> Result<String> {
        let mut errors = Vec::new();
        for (pointer, days) in [
            ("/positive_days", self.positive_days),
            ("/doubtful_days", self.doubtful_days),
            ("/intervention_days", self.intervention_days),
        ] {
            if !(1..=MOST_DAYS).contains(&days) {
                errors.push(FieldError::new(
                    pointer,
                    "days.range",
                    "1 to 730",
                    "须为 1 至 730",
                ));
            }
        }
        if self.effective_from < today {
            errors.push(FieldError::new(
                "/effective_from",
                "effective_from.past",
                "today or later",
                "不得早于今日",
            ));
        }
        let basis = self.legal_basis.trim();
        if !(1..=LONGEST).contains(&basis.chars().count()) {
            errors.push(FieldError::new(
                "/legal_basis",
                "text.length",
                "1 to 200 characters",
                "1 至 200 个字",
            ));
        }
        if errors.is_empty() {
            Ok(basis.to_owned())
        } else {
            Err(Error::fields(errors))
        }
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "division_code": "990100000000", "kind": "hearing",
    "effective_from": "2022-01-01", "positive_days": 30, "doubtful_days": 42, "intervention_days": 90,
    "legal_basis": "国卫妇幼发〔2013〕25号", "laid_down_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "laid_down_at": "2021-12-20T01:00:00.000000Z"
}))]
pub struct ScreeningDeadline {
    #[schema(value_type = uuid::Uuid)]
    pub id: ScreeningDeadlineId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub kind: ScreeningKind,
    /// Until the next of the same division and kind.
    pub effective_from: NaiveDate,
    pub positive_days: i32,
    pub doubtful_days: i32,
    pub intervention_days: i32,
    pub legal_basis: String,
    #[schema(value_type = uuid::Uuid)]
    pub laid_down_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub laid_down_at: Timestamp,
}

/// Of all that hold on a day, the one that counts in a division: the nearest one's, the latest of these.
pub fn in_force(
    all: impl IntoIterator<Item = ScreeningDeadline>,
    division: DivisionCode,
) -> Option<ScreeningDeadline> {
    all.into_iter()
        .filter(|one| one.division_code.contains(division))
        .max_by_key(|one| (one.division_code.level(), one.effective_from))
}
