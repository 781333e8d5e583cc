//! A review, and what it comes to.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::{EnrollmentId, EnrollmentReviewId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::subsidies::enrollments::{EnrollmentAction, EnrollmentReason, NewTransition};

vocabulary! {
    /// What a review came to.
    pub enum ReviewOutcome {
        Passed = "passed", "合格";
        Failed = "failed", "不合格";
    }
}

/// What somebody found when they looked again.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEnrollmentReview, example = json!({"outcome": "passed", "comment": "入户核查，仍需长期照护"}))]
pub struct NewReview {
    pub outcome: ReviewOutcome,
    /// Of what failed: `review_failed`, unless given.
    #[serde(default)]
    pub reason: Option<EnrollmentReason>,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST: usize = 1_000;

impl NewReview {
    pub fn comment(&self) -> Result<Option<&str>> {
        let comment = self.comment.as_deref().map(str::trim);
        let comment = comment.filter(|text| !text.is_empty());
        if comment.map_or(0, |text| text.chars().count()) > LONGEST {
            return Err(Error::field(
                "/comment",
                "comment.length",
                "up to 1000 characters",
                "不超过1000字",
            ));
        }
        if comment.is_none() && self.outcome == ReviewOutcome::Failed {
            return Err(Error::field(
                "/comment",
                "comment.length",
                "1 to 1000 characters: what failed says why",
                "1 至 1000 个字：复核不合格须说明理由",
            ));
        }
        Ok(comment)
    }

    /// What failed is stopped; nothing, where it passed.
    pub fn ending(&self) -> Result<Option<NewTransition>> {
        match (self.outcome, self.reason) {
            (ReviewOutcome::Passed, None) => Ok(None),
            (ReviewOutcome::Passed, Some(_)) => Err(Error::field(
                "/reason",
                "review.reason",
                "only what failed has a reason",
                "仅复核不合格须填写原因",
            )),
            (ReviewOutcome::Failed, reason) => Ok(Some(NewTransition {
                action: EnrollmentAction::Stop,
                effective_month: None,
                reason: reason.unwrap_or(EnrollmentReason::ReviewFailed),
                comment: self.comment.clone(),
            })),
        }
    }
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

#[derive(Debug, Clone)]
pub struct Review {
    pub id: EnrollmentReviewId,
    pub enrollment_id: EnrollmentId,
    /// When it was to be, where it was.
    pub due_date: Option<NaiveDate>,
    pub outcome: ReviewOutcome,
    pub comment: Option<String>,
    pub decided_by: Named,
    pub at: Timestamp,
}
