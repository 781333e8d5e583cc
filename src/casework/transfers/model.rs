//! A transfer, and which end does what to it.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::casework::cases::{Benefit, Case, State};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ResidentId, TransferId, UserId};
use crate::kernel::impairment::{ImpairmentType, SeverityLevel};
use crate::kernel::text;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::programs::Step;
use crate::registry::Resident;
use crate::registry::facts::Snapshot;

vocabulary! {
    /// State of a transfer.
    pub enum TransferState {
        Offered = "offered", "待接收";
        Accepted = "accepted", "已接收";
        Declined = "declined", "已退回";
        Cancelled = "cancelled", "已取消";
    }
}

vocabulary! {
    /// What is done to a transfer.
    pub enum TransferAction {
        Offer = "offer", "移交";
        Accept = "accept", "接收";
        Decline = "decline", "退回";
        Cancel = "cancel", "取消";
    }
}

impl TransferAction {
    /// Those that follow the offer.
    pub const ANSWERS: [Self; 3] = [Self::Accept, Self::Decline, Self::Cancel];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Offer => "transfer.offered",
            Self::Accept => "transfer.accepted",
            Self::Decline => "transfer.declined",
            Self::Cancel => "transfer.cancelled",
        }
    }
}

/// Refuses what a transfer that is offered puts on hold.
pub fn hold(offered: Option<TransferId>) -> Result<()> {
    let Some(id) = offered else {
        return Ok(());
    };
    Err(Error::new(Code::ResidentInTransfer).member("transfer_id", id.to_string()))
}

/// Who moves where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to_division_code": "990122103201", "reason": "随子女迁居", "moved_date": "2022-07-01"}))]
pub struct NewTransfer {
    /// A village or township in another county.
    #[schema(value_type = String)]
    pub to_division_code: DivisionCode,
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
    /// Since when, or from when on, they live there: a month ahead at the most.
    #[serde(deserialize_with = "date::written")]
    pub moved_date: NaiveDate,
}

/// What somebody does to a transfer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "accept"}))]
pub struct NewTransferTransition {
    pub action: TransferAction,
    /// Needed by decline and cancel.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST: usize = 1_000;

impl NewTransfer {
    /// The reason, if the day may be.
    pub fn check(&self, today: NaiveDate) -> Result<&str> {
        if today
            .checked_add_months(Months::new(1))
            .is_none_or(|latest| self.moved_date > latest)
        {
            return Err(Error::field(
                "/moved_date",
                "moved_date.future",
                "a month ahead at the most",
                "不得晚于一个月之后",
            ));
        }
        text::reason(&self.reason)
    }
}

impl NewTransferTransition {
    pub fn comment(&self) -> Result<Option<&str>> {
        let comment = self.comment.as_deref().map(str::trim);
        let comment = comment.filter(|text| !text.is_empty());
        let length = comment.map_or(0, |text| text.chars().count());
        let needed = self.action != TransferAction::Accept;
        if length > LONGEST || (needed && length == 0) {
            return Err(Error::field(
                "/comment",
                "comment.length",
                "up to 1000 characters; decline and cancel need one",
                "不超过1000字；退回、取消须说明理由",
            ));
        }
        Ok(comment)
    }
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

#[derive(Debug, Clone)]
pub struct Transfer {
    pub id: TransferId,
    pub resident_id: ResidentId,
    pub from: DivisionCode,
    pub to: DivisionCode,
    pub reason: String,
    pub moved_date: NaiveDate,
    pub offered_by: Named,
    pub offered_at: Timestamp,
    pub state: TransferState,
    /// The number of its last entry, and its version.
    pub last_transition: i32,
    /// What was taken over, once it was accepted.
    pub taken_over: Option<Belongings>,
}

/// One entry of a transfer's history.
#[derive(Debug, Clone)]
pub struct Turn {
    pub sequence: i32,
    pub action: TransferAction,
    pub to: TransferState,
    pub actor: Named,
    pub comment: Option<String>,
    pub at: Timestamp,
}

/// What the other county takes over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = TransferBelongings)]
pub struct Belongings {
    pub name: String,
    pub id_number_masked: String,
    /// Of the certificate that is held now, if any.
    pub impairment_type: Option<ImpairmentType>,
    pub severity_level: Option<SeverityLevel>,
    pub open_cases: Vec<OpenCase>,
    pub benefits: Vec<Benefit>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = TransferredCase)]
pub struct OpenCase {
    pub case_number: String,
    pub program_code: String,
    pub state: State,
    pub step: Option<Step>,
    /// When the step is due, there as here.
    pub due_date: Option<NaiveDate>,
}

impl Belongings {
    pub fn of(
        resident: &Resident,
        believed: &Snapshot,
        open: &[Case],
        benefits: Vec<Benefit>,
    ) -> Self {
        let certificate = believed.certificate.as_ref();
        Self {
            name: resident.name.as_str().to_owned(),
            id_number_masked: resident.id_number.masked(),
            impairment_type: certificate.map(|held| held.impairment_type),
            severity_level: certificate.map(|held| held.severity_level),
            open_cases: open
                .iter()
                .map(|case| OpenCase {
                    case_number: case.case_number.clone(),
                    program_code: case.program_code.clone(),
                    state: case.position.state,
                    step: case.position.step,
                    due_date: case.due_date,
                })
                .collect(),
            benefits,
        }
    }
}

/// At which ends of a transfer somebody stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    pub offering: bool,
    /// Works where the resident goes, and did not offer it.
    pub receiving: bool,
}

impl Standing {
    /// Where an action leads, if it is for this person to take.
    pub fn check(self, at: TransferState, action: TransferAction) -> Result<TransferState> {
        let (to, theirs) = match (at, action) {
            (TransferState::Offered, TransferAction::Accept) => {
                (TransferState::Accepted, self.receiving)
            }
            (TransferState::Offered, TransferAction::Decline) => {
                (TransferState::Declined, self.receiving)
            }
            (TransferState::Offered, TransferAction::Cancel) => {
                (TransferState::Cancelled, self.offering)
            }
            _ => {
                return Err(Error::new(Code::TransferTransition)
                    .detail(
                        format!("a transfer in state {at} does not take: {action}"),
                        format!("{}的移交不能{}", at.label_zh(), action.label_zh()),
                    )
                    .member("state", at.as_str()));
            }
        };
        if theirs {
            Ok(to)
        } else {
            Err(Code::TransferSide.into())
        }
    }

    pub fn allowed(self, at: TransferState) -> Vec<TransferAction> {
        let may = |action: &TransferAction| self.check(at, *action).is_ok();
        TransferAction::ANSWERS.into_iter().filter(may).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_does_its_own_and_once() {
        use TransferAction::{Accept, Cancel, Decline};
        let offering = Standing {
            offering: true,
            receiving: false,
        };
        let receiving = Standing {
            offering: false,
            receiving: true,
        };
        assert_eq!(offering.allowed(TransferState::Offered), [Cancel]);
        assert_eq!(receiving.allowed(TransferState::Offered), [Accept, Decline]);
        for decided in [
            TransferState::Accepted,
            TransferState::Declined,
            TransferState::Cancelled,
        ] {
            assert_eq!(offering.allowed(decided), []);
            assert_eq!(receiving.allowed(decided), []);
        }
    }

    #[test]
    fn nobody_moves_later_than_in_a_month() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let moving = |on: &str| NewTransfer {
            to_division_code: "990122103201".parse().unwrap(),
            reason: "随子女迁居".to_owned(),
            moved_date: day(on),
        };
        let today = day("2022-07-04");
        assert!(moving("2021-01-01").check(today).is_ok());
        assert!(moving("2022-08-04").check(today).is_ok());
        assert!(moving("2022-08-05").check(today).is_err());
    }
}
