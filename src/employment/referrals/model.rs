//! A referral to a vacancy, and where it leads.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{JobFairId, JobReferralId, JobSeekerId, ResidentId, UserId, VacancyId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    pub enum JobReferralState {
        Referred = "referred", "已推荐";
        Interviewed = "interviewed", "已面试";
        Offered = "offered", "已录用";
        Accepted = "accepted", "已接受";
        Declined = "declined", "本人谢绝";
        Rejected = "rejected", "单位未录用";
        Withdrawn = "withdrawn", "已撤回";
    }
}

vocabulary! {
    /// What becomes of a referral.
    pub enum JobReferralAction {
        Refer = "refer", "推荐";
        Interview = "interview", "面试";
        Offer = "offer", "录用";
        Accept = "accept", "接受";
        Decline = "decline", "谢绝";
        Reject = "reject", "不录用";
        Withdraw = "withdraw", "撤回";
    }
}

impl JobReferralAction {
    /// Those that follow the referral.
    pub const ANSWERS: [Self; 6] = [
        Self::Interview,
        Self::Offer,
        Self::Accept,
        Self::Decline,
        Self::Reject,
        Self::Withdraw,
    ];

    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Refer => "job_referral.referred",
            Self::Interview => "job_referral.interviewed",
            Self::Offer => "job_referral.offered",
            Self::Accept => "job_referral.accepted",
            Self::Decline => "job_referral.declined",
            Self::Reject => "job_referral.rejected",
            Self::Withdraw => "job_referral.withdrawn",
        }
    }

    /// Whether somebody must say why.
    pub const fn needs_comment(self) -> bool {
        matches!(self, Self::Decline | Self::Reject | Self::Withdraw)
    }
}

impl JobReferralState {
    pub const OPEN: [Self; 3] = [Self::Referred, Self::Interviewed, Self::Offered];

    /// Where an action leads, or nowhere.
    const fn follow(self, action: JobReferralAction) -> Option<Self> {
        use JobReferralAction as Action;
        match (self, action) {
            (Self::Referred, Action::Interview) => Some(Self::Interviewed),
            (Self::Referred | Self::Interviewed, Action::Offer) => Some(Self::Offered),
            (Self::Offered, Action::Accept) => Some(Self::Accepted),
            (Self::Referred | Self::Interviewed | Self::Offered, Action::Decline) => {
                Some(Self::Declined)
            }
            (Self::Referred | Self::Interviewed | Self::Offered, Action::Reject) => {
                Some(Self::Rejected)
            }
            (Self::Referred | Self::Interviewed | Self::Offered, Action::Withdraw) => {
                Some(Self::Withdrawn)
            }
            _ => None,
        }
    }

    pub fn after(self, action: JobReferralAction) -> Result<Self> {
        self.follow(action).ok_or_else(|| {
            Error::new(Code::JobReferralTransition)
                .detail(
                    format!("a job referral in state {self} does not take: {action}"),
                    format!("{}的岗位推荐不能{}", self.label_zh(), action.label_zh()),
                )
                .member("state", self.as_str())
        })
    }

    pub fn allowed(self) -> Vec<JobReferralAction> {
        let may = |action: &JobReferralAction| self.follow(*action).is_some();
        JobReferralAction::ANSWERS.into_iter().filter(may).collect()
    }
}

/// Where somebody is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"vacancy_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a"}))]
pub struct NewJobReferral {
    #[schema(value_type = uuid::Uuid)]
    pub vacancy_id: VacancyId,
    /// Where it came about, if at a fair.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub fair_id: Option<JobFairId>,
}

/// What came of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "decline", "comment": "通勤时间过长"}))]
pub struct NewJobReferralTransition {
    pub action: JobReferralAction,
    /// Needed to decline, to reject and to withdraw.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

/// One entry of a referral's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "sequence": 2, "action": "interview", "from_state": "referred", "to_state": "interviewed", "comment": null,
    "actor_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "at": "2022-07-08T02:00:00.000000Z"
}))]
pub struct JobReferralTurn {
    pub sequence: i32,
    pub action: JobReferralAction,
    pub from_state: Option<JobReferralState>,
    pub to_state: JobReferralState,
    pub comment: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    pub actor_id: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub at: Timestamp,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0d", "job_seeker_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "vacancy_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "fair_id": null,
    "division_code": "990121103201", "state": "referred", "allowed_actions": ["interview", "offer", "decline", "reject", "withdraw"],
    "history": [], "version": 1
}))]
pub struct JobReferral {
    #[schema(value_type = uuid::Uuid)]
    pub id: JobReferralId,
    #[schema(value_type = uuid::Uuid)]
    pub job_seeker_id: JobSeekerId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    #[schema(value_type = uuid::Uuid)]
    pub vacancy_id: VacancyId,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub fair_id: Option<JobFairId>,
    /// Where the job seeker lives.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub state: JobReferralState,
    pub allowed_actions: Vec<JobReferralAction>,
    /// Oldest first; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub history: Option<Vec<JobReferralTurn>>,
    /// The number of its last entry.
    pub version: i32,
}
