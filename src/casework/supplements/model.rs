//! A request for supplements.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CaseId, SupplementRequestId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// How a request ended.
    pub enum SupplementOutcome {
        Answered = "answered", "已答复";
        Lapsed = "lapsed", "逾期未补正";
        /// The case went on without it.
        Closed = "closed", "已失效";
    }
}

#[derive(Debug, Clone)]
pub struct Supplement {
    pub id: SupplementRequestId,
    pub case_id: CaseId,
    /// Of the task that waits.
    pub sequence: i32,
    pub what: String,
    pub due_date: NaiveDate,
    /// What was left of the step's limit.
    pub remaining_days: usize,
    pub requested_by: UserId,
    pub requested_at: Timestamp,
    pub outcome: Option<SupplementOutcome>,
    pub ended_at: Option<Timestamp>,
    pub answered_by: Option<UserId>,
    pub answer: Option<String>,
}

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"what": "请补充近三个月的护理证明", "due_date": "2099-12-31"}))]
pub struct NewSupplement {
    #[schema(min_length = 1, max_length = 1000)]
    pub what: String,
    /// Ten working days from now, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub due_date: Option<NaiveDate>,
}

/// What is answered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"comment": "已补充护理证明"}))]
pub struct NewAnswer {
    #[schema(min_length = 1, max_length = 1000)]
    pub comment: String,
}

const LONGEST: usize = 1_000;

/// What stands at a field, trimmed.
pub fn told<'t>(pointer: &str, text: &'t str) -> Result<&'t str> {
    let text = text.trim();
    if (1..=LONGEST).contains(&text.chars().count()) {
        return Ok(text);
    }
    Err(Error::field(
        pointer,
        "text.length",
        "1 to 1000 characters",
        "1 至 1000 个字",
    ))
}
