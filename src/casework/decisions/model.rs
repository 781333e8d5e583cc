//! A notice, and what a closed case still allows.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::casework::cases::State;
use crate::casework::cases::service::Action;
use crate::kernel::date;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, DecisionNoticeId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::programs::{BenefitPeriod, ClauseOutcome, Decision};

/// So many days there are to ask for reconsideration, as for administrative review (行政复议法 2023,
/// 第二十条).
const DAYS_TO_ASK: u64 = 60;

/// The last day to ask, of a decision that was told on `told`.
pub fn ask_until(told: NaiveDate) -> NaiveDate {
    told.checked_add_days(Days::new(DAYS_TO_ASK))
        .unwrap_or(NaiveDate::MAX)
}

/// The last rejection or stop of a case.
#[derive(Debug, Clone, Copy)]
pub struct Closing {
    pub state: State,
    pub by: UserId,
    /// The last day to ask for reconsideration.
    pub ask_until: NaiveDate,
    /// It was asked for already.
    pub asked: bool,
    /// The resident has another case of the program that is not closed.
    pub other_open: bool,
}

impl Closing {
    /// Whether somebody may do what undoes the closing, or asks for it.
    pub fn check(&self, action: Action, user: UserId, today: NaiveDate) -> Result<()> {
        let code = match action {
            Action::Uphold | Action::Reopen if self.by == user => Code::CaseOwnDecision,
            Action::RequestReconsideration if self.asked => Code::CaseReconsidered,
            Action::RequestReconsideration if self.ask_until < today => {
                let last = self.ask_until;
                return Err(Error::new(Code::CaseReconsiderationLate)
                    .detail(
                        format!("the last day was {last}"),
                        format!("最后一日为{last}"),
                    )
                    .member("last_date", last.to_string()));
            }
            Action::RequestReconsideration | Action::Reopen if self.other_open => Code::CaseOpen,
            _ => return Ok(()),
        };
        Err(code.into())
    }
}

vocabulary! {
    /// Which decision a notice is of, by the action that made it.
    pub enum NoticeKind {
        Rejection = "reject", "不予批准决定书";
        Termination = "terminate", "终止决定书";
        Approval = "approve", "批准决定书";
        Upholding = "uphold", "复查决定书";
    }
}

impl NoticeKind {
    pub const fn of(action: Action) -> Option<Self> {
        match action {
            Action::Reject => Some(Self::Rejection),
            Action::Terminate => Some(Self::Termination),
            Action::Approve => Some(Self::Approval),
            Action::Uphold => Some(Self::Upholding),
            _ => None,
        }
    }

    /// Whether reconsideration may be asked for.
    pub const fn is_reconsidered(self) -> bool {
        matches!(self, Self::Rejection | Self::Termination)
    }

    /// The clauses that decided: what is not met, where something is not; else all of them.
    pub fn decisive(self, decision: &Decision) -> Vec<ClauseOutcome> {
        let all = decision.clauses.iter();
        let unmet: Vec<_> = all
            .filter(|clause| clause.holds != Some(true))
            .cloned()
            .collect();
        if unmet.is_empty() || self == Self::Approval {
            decision.clauses.clone()
        } else {
            unmet
        }
    }
}

vocabulary! {
    /// What somebody may do who disagrees.
    pub enum Way {
        Reconsideration = "reconsideration", "复查";
        /// The office above looks at it.
        Supervision = "supervision", "上级监督";
        /// 行政复议法 2023, 第二十条.
        AdministrativeReview = "administrative_review", "行政复议";
        /// 行政诉讼法, 第四十六条.
        Litigation = "litigation", "行政诉讼";
    }
}

/// Where to turn to. Reconsideration is asked for within 60 days after service, administrative review
/// within 60 days and a court within six months after the decision is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"way": "reconsideration", "office": "丙岭县残疾人联合会"}))]
pub struct Remedy {
    pub way: Way,
    pub office: String,
}

/// What is granted, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = GrantedAmount, example = json!({"amount_fen": 55000, "period": "month", "zh": "按自理能力分档", "en": "by degree of care needed",
    "reason_zh": "生活自理程度 = 完全不能自理（生活自理程度：完全不能自理）：55000", "reason_en": null}))]
pub struct Granted {
    pub amount_fen: Fen,
    pub period: BenefitPeriod,
    pub zh: String,
    pub en: String,
    pub reason_zh: Option<String>,
    pub reason_en: Option<String>,
}

/// What a notice says, as it was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DecisionNoticeContent)]
pub struct Content {
    /// Who decided.
    pub office: String,
    pub addressee: String,
    pub case_number: String,
    pub program_code: String,
    pub program_name_zh: String,
    pub program_name_en: String,
    pub program_version: i32,
    /// The document that the version rests on.
    pub legal_basis: String,
    /// The number of the notice whose decision is upheld.
    pub upheld_number: Option<String>,
    /// Why, in the words of whoever decided.
    pub grounds: Option<String>,
    /// The clauses that decided, with what was known.
    pub clauses: Vec<ClauseOutcome>,
    pub amount: Option<Granted>,
    pub remedies: Vec<Remedy>,
}

#[derive(Debug, Clone)]
pub struct Notice {
    pub id: DecisionNoticeId,
    pub case_id: CaseId,
    /// The entry of the case's history that it is of.
    pub sequence: i32,
    pub kind: NoticeKind,
    pub number: String,
    pub content: Content,
    pub issued_date: NaiveDate,
    pub issued_at: Timestamp,
    pub service: Option<Service>,
}

impl Notice {
    /// The last day to ask for reconsideration, where it may be asked for.
    pub fn ask_until(&self) -> Option<NaiveDate> {
        let served = self.service.as_ref().map(|service| service.served_date);
        self.kind
            .is_reconsidered()
            .then(|| ask_until(served.unwrap_or(self.issued_date)))
    }
}

vocabulary! {
    /// How a notice was served.
    pub enum ServiceMethod {
        InPerson = "in_person", "直接送达";
        Post = "post", "邮寄送达";
        LeftAtHome = "left_at_home", "留置送达";
        PublicNotice = "public_notice", "公告送达";
    }
}

vocabulary! {
    /// Who took it, by their relation to the addressee.
    pub enum Recipient {
        Oneself = "self", "本人";
        Guardian = "guardian", "监护人";
        FamilyMember = "family_member", "同住成年家属";
        Agent = "agent", "委托代理人";
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DecisionNoticeService, example = json!({"method": "in_person", "recipient": "self", "served_date": "2022-07-06",
    "recorded_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "recorded_at": "2022-07-06T02:00:00.000000Z"}))]
pub struct Service {
    pub method: ServiceMethod,
    /// Null for a public notice, which nobody takes.
    pub recipient: Option<Recipient>,
    pub served_date: NaiveDate,
    #[schema(value_type = uuid::Uuid)]
    pub recorded_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub recorded_at: Timestamp,
}

/// How and when a notice was served.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDecisionNoticeService, example = json!({"method": "in_person", "recipient": "self", "served_date": "2022-07-06"}))]
pub struct NewService {
    pub method: ServiceMethod,
    /// Needed by all but a public notice.
    #[serde(default)]
    pub recipient: Option<Recipient>,
    /// Not before the notice was issued, and not to come.
    #[serde(deserialize_with = "date::written")]
    pub served_date: NaiveDate,
}

impl NewService {
    pub fn check(&self, issued: NaiveDate, today: NaiveDate) -> Result<()> {
        if (self.method == ServiceMethod::PublicNotice) != self.recipient.is_none() {
            return Err(Error::field(
                "/recipient",
                "recipient.method",
                "who took it, unless it was served by public notice",
                "除公告送达外须填写签收人与受送达人的关系",
            ));
        }
        if !(issued..=today).contains(&self.served_date) {
            return Err(Error::field(
                "/served_date",
                "served_date.range",
                format!("{issued} to {today}"),
                format!("须在{issued}至{today}之间"),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u8) -> UserId {
        format!("0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e{number:02}")
            .parse()
            .unwrap()
    }

    #[test]
    fn a_closing_is_undone_in_time_by_others_and_once() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let closing = Closing {
            state: State::Rejected,
            by: user(1),
            ask_until: ask_until(day("2022-07-04")),
            asked: false,
            other_open: false,
        };
        let code = |closing: Closing, action, by, on: &str| {
            let refusal = closing.check(action, user(by), day(on)).err();
            refusal.map(|error| error.code())
        };
        let ask = Action::RequestReconsideration;
        assert_eq!(code(closing, ask, 1, "2022-09-02"), None);
        let late = Some(Code::CaseReconsiderationLate);
        assert_eq!(code(closing, ask, 1, "2022-09-03"), late);
        let asked = Closing {
            asked: true,
            ..closing
        };
        let again = Some(Code::CaseReconsidered);
        assert_eq!(code(asked, ask, 2, "2022-07-04"), again);
        let own = Some(Code::CaseOwnDecision);
        for action in [Action::Uphold, Action::Reopen] {
            assert_eq!(code(asked, action, 1, "2023-07-04"), own);
            assert_eq!(code(asked, action, 2, "2023-07-04"), None);
        }
        let elsewhere = Closing {
            other_open: true,
            ..closing
        };
        for action in [ask, Action::Reopen] {
            assert_eq!(
                code(elsewhere, action, 2, "2022-07-04"),
                Some(Code::CaseOpen)
            );
        }
    }
}
