//! A referral, and which side does what to it.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, OrganizationId, ReferralId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// State of a referral.
    pub enum ReferralState {
        Offered = "offered", "待承接";
        Accepted = "accepted", "已承接";
        Declined = "declined", "已谢绝";
        Done = "done", "已办结";
        Cancelled = "cancelled", "已取消";
    }
}

vocabulary! {
    /// What is done to a referral.
    pub enum ReferralAction {
        Offer = "offer", "转介";
        Accept = "accept", "承接";
        Decline = "decline", "谢绝";
        Complete = "complete", "办结";
        Cancel = "cancel", "取消";
    }
}

impl ReferralAction {
    /// Those that follow the offer.
    pub const ANSWERS: [Self; 4] = [Self::Accept, Self::Decline, Self::Complete, Self::Cancel];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Offer => "referral.offered",
            Self::Accept => "referral.accepted",
            Self::Decline => "referral.declined",
            Self::Complete => "referral.completed",
            Self::Cancel => "referral.cancelled",
        }
    }
}

vocabulary! {
    /// An end of a referral.
    pub enum Side {
        Offering = "offering", "转介方";
        Receiving = "receiving", "承接方";
    }
}

vocabulary! {
    /// Which way something goes, seen from the caller's office.
    pub enum Direction {
        Incoming = "incoming", "转入";
        Outgoing = "outgoing", "转出";
    }
}

/// What is asked of whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "to_organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "purpose": "请评估并安排步态训练", "due_date": "2099-12-31"
}))]
pub struct NewReferral {
    /// An office or institution, in whatever county.
    #[schema(value_type = uuid::Uuid)]
    pub to_organization_id: OrganizationId,
    /// What is to be done there.
    #[schema(min_length = 1, max_length = 1000)]
    pub purpose: String,
    /// By when.
    #[serde(default, deserialize_with = "date::maybe")]
    pub due_date: Option<NaiveDate>,
}

/// What somebody does to a referral.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "complete", "comment": "已完成十次步态训练，可独立行走"}))]
pub struct NewReferralTransition {
    pub action: ReferralAction,
    /// Needed but to accept: why, or what was done.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST: usize = 1_000;

impl NewReferral {
    pub fn purpose(&self) -> Result<&str> {
        let purpose = self.purpose.trim();
        if (1..=LONGEST).contains(&purpose.chars().count()) {
            return Ok(purpose);
        }
        Err(Error::field(
            "/purpose",
            "text.length",
            "1 to 1000 characters",
            "1 至 1000 个字",
        ))
    }
}

impl NewReferralTransition {
    pub fn comment(&self) -> Result<Option<&str>> {
        let comment = self.comment.as_deref().map(str::trim);
        let comment = comment.filter(|text| !text.is_empty());
        let length = comment.map_or(0, |text| text.chars().count());
        let needed = self.action != ReferralAction::Accept;
        if length > LONGEST || (needed && length == 0) {
            return Err(Error::field(
                "/comment",
                "comment.length",
                "up to 1000 characters; decline, complete and cancel need one",
                "不超过1000字；谢绝、办结、取消须予说明",
            ));
        }
        Ok(comment)
    }
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

#[derive(Debug, Clone)]
pub struct Referral {
    pub id: ReferralId,
    pub case_id: CaseId,
    pub resident_id: ResidentId,
    /// Where the case is.
    pub division_code: DivisionCode,
    pub from: OrganizationId,
    pub to: OrganizationId,
    pub purpose: String,
    pub due_date: Option<NaiveDate>,
    pub offered_by: Named,
    pub offered_at: Timestamp,
    pub state: ReferralState,
    /// The number of its last entry, and its version.
    pub last_transition: i32,
}

/// One entry of a referral's history.
#[derive(Debug, Clone)]
pub struct Turn {
    pub sequence: i32,
    pub action: ReferralAction,
    pub side: Side,
    pub from: Option<ReferralState>,
    pub to: ReferralState,
    pub actor: Named,
    pub comment: Option<String>,
    pub at: Timestamp,
}

/// Where an action leads, or nowhere.
const fn follow(at: ReferralState, action: ReferralAction) -> Option<ReferralState> {
    match (at, action) {
        (ReferralState::Offered, ReferralAction::Accept) => Some(ReferralState::Accepted),
        (ReferralState::Offered, ReferralAction::Decline) => Some(ReferralState::Declined),
        (ReferralState::Accepted, ReferralAction::Complete) => Some(ReferralState::Done),
        (ReferralState::Offered | ReferralState::Accepted, ReferralAction::Cancel) => {
            Some(ReferralState::Cancelled)
        }
        _ => None,
    }
}

/// On which sides of a referral somebody stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// May act on the case.
    pub offering: bool,
    /// Works at the organization, and did not offer it.
    pub receiving: bool,
}

impl Standing {
    /// Where an action leads, and as which side somebody takes it. What was accepted, either side gives up.
    pub fn check(self, at: ReferralState, action: ReferralAction) -> Result<(ReferralState, Side)> {
        let to = follow(at, action).ok_or_else(|| {
            Error::new(Code::ReferralTransition)
                .detail(
                    format!("a referral in state {at} does not take: {action}"),
                    format!("{}的转介不能{}", at.label_zh(), action.label_zh()),
                )
                .member("state", at.as_str())
        })?;
        let takes_back = action == ReferralAction::Cancel;
        let gives_up = takes_back && at == ReferralState::Accepted;
        if takes_back && self.offering {
            Ok((to, Side::Offering))
        } else if self.receiving && (!takes_back || gives_up) {
            Ok((to, Side::Receiving))
        } else {
            Err(Code::ReferralSide.into())
        }
    }

    pub fn allowed(self, at: ReferralState) -> Vec<ReferralAction> {
        let may = |action: &ReferralAction| self.check(at, *action).is_ok();
        ReferralAction::ANSWERS.into_iter().filter(may).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERING: Standing = Standing {
        offering: true,
        receiving: false,
    };
    const RECEIVING: Standing = Standing {
        offering: false,
        receiving: true,
    };

    #[test]
    fn each_side_does_its_own() {
        use ReferralAction::{Accept, Cancel, Complete, Decline};
        assert_eq!(OFFERING.allowed(ReferralState::Offered), [Cancel]);
        assert_eq!(RECEIVING.allowed(ReferralState::Offered), [Accept, Decline]);
        assert_eq!(OFFERING.allowed(ReferralState::Accepted), [Cancel]);
        assert_eq!(
            RECEIVING.allowed(ReferralState::Accepted),
            [Complete, Cancel]
        );
        for ended in [
            ReferralState::Declined,
            ReferralState::Done,
            ReferralState::Cancelled,
        ] {
            assert_eq!(OFFERING.allowed(ended), []);
            assert_eq!(RECEIVING.allowed(ended), []);
        }
    }

    #[test]
    fn the_state_is_judged_before_the_side() {
        let code = |standing: Standing, at, action| standing.check(at, action).unwrap_err().code();
        let (done, complete) = (ReferralState::Done, ReferralAction::Complete);
        assert_eq!(code(OFFERING, done, complete), Code::ReferralTransition);
        let accepted = ReferralState::Accepted;
        assert_eq!(code(OFFERING, accepted, complete), Code::ReferralSide);
    }
}
