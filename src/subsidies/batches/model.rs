//! A payment batch, and who takes which step of it.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{PaymentBatchId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// State of a payment batch.
    pub enum PaymentBatchState {
        Draft = "draft", "制单";
        Submitted = "submitted", "待复核";
        Checked = "checked", "待发放";
        Released = "released", "已发放";
        /// The bank answered for each payment.
        Settled = "settled", "已办结";
        Cancelled = "cancelled", "已作废";
    }
}

vocabulary! {
    /// What is done to a payment batch.
    pub enum PaymentBatchAction {
        Make = "make", "制单";
        Submit = "submit", "提交";
        Check = "check", "复核";
        Return = "return", "退回";
        Release = "release", "发放";
        Cancel = "cancel", "作废";
        /// By the bank's answer.
        Settle = "settle", "办结";
    }
}

vocabulary! {
    /// What somebody does for a payment batch: one of these, and never another of the same batch.
    pub enum PaymentBatchDuty {
        Make = "make", "制单";
        Check = "check", "复核";
        Release = "release", "发放";
    }
}

impl PaymentBatchAction {
    /// Those that people take after the making.
    pub const STEPS: [Self; 5] = [
        Self::Submit,
        Self::Check,
        Self::Return,
        Self::Release,
        Self::Cancel,
    ];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Make => "payment_batch.made",
            Self::Submit => "payment_batch.submitted",
            Self::Check => "payment_batch.checked",
            Self::Return => "payment_batch.returned",
            Self::Release => "payment_batch.released",
            Self::Cancel => "payment_batch.cancelled",
            Self::Settle => "payment_batch.settled",
        }
    }
}

/// What a batch is made of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPaymentBatch, example = json!({"division_code": "990121", "program_code": "nursing_subsidy", "month": "2022-07"}))]
pub struct NewBatch {
    /// A county.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub program_code: String,
    /// What is due for this month is paid, and what was left of those before.
    #[schema(value_type = String)]
    pub month: Month,
}

impl NewBatch {
    pub fn check(&self, present: Month) -> Result<()> {
        let mut errors = Vec::new();
        if self.division_code.level() != DivisionLevel::County {
            errors.push(FieldError::new(
                "/division_code",
                "division.level",
                "a county",
                "须为县（市、区）",
            ));
        }
        if self.month > present {
            errors.push(FieldError::new(
                "/month",
                "month.future",
                "no month to come",
                "不得为将来的月份",
            ));
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::fields(errors))
        }
    }
}

/// What somebody does to a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPaymentBatchTransition, example = json!({"action": "submit"}))]
pub struct NewBatchTransition {
    /// One of submit, check, return, release and cancel.
    pub action: PaymentBatchAction,
    /// Needed by return and cancel.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST: usize = 1_000;

impl NewBatchTransition {
    pub fn comment(&self) -> Result<Option<&str>> {
        let comment = self.comment.as_deref().map(str::trim);
        let comment = comment.filter(|text| !text.is_empty());
        let length = comment.map_or(0, |text| text.chars().count());
        let needed = matches!(
            self.action,
            PaymentBatchAction::Return | PaymentBatchAction::Cancel
        );
        if length > LONGEST || (needed && length == 0) {
            return Err(Error::field(
                "/comment",
                "comment.length",
                "up to 1000 characters; return and cancel need one",
                "不超过1000字；退回、作废须说明理由",
            ));
        }
        Ok(comment)
    }
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

#[derive(Debug, Clone)]
pub struct Batch {
    pub id: PaymentBatchId,
    pub batch_number: String,
    pub division: DivisionCode,
    pub program_code: String,
    pub month: Month,
    pub state: PaymentBatchState,
    /// The number of its last entry, and its version.
    pub last_transition: i32,
    pub maker: UserId,
    pub checker: Option<UserId>,
    pub releaser: Option<UserId>,
    pub payment_count: i32,
    pub total: Fen,
    /// Of all payments in their order, from the first submission on.
    pub digest: Option<Vec<u8>>,
    pub made_at: Timestamp,
    pub released_at: Option<Timestamp>,
}

/// One entry of a batch's history.
#[derive(Debug, Clone)]
pub struct Turn {
    pub sequence: i32,
    pub action: PaymentBatchAction,
    pub from: Option<PaymentBatchState>,
    pub to: PaymentBatchState,
    pub actor: Named,
    pub comment: Option<String>,
    pub at: Timestamp,
}

/// What is written of a batch, to be sent as a file under its number.
#[derive(Debug)]
pub struct BatchFile<T> {
    pub batch_number: String,
    pub content: T,
}

/// Which duties somebody's roles allow.
#[derive(Debug, Clone, Copy, Default)]
pub struct Roles {
    pub makes: bool,
    pub checks: bool,
    pub releases: bool,
}

/// What somebody may be for a batch: by their roles there, and by what they were for it before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    pub roles: Roles,
    /// The one duty they have taken.
    pub duty: Option<PaymentBatchDuty>,
    /// Who judged what speaks against a batch does not make it.
    pub cleared: bool,
}

impl Standing {
    fn may(self, duty: PaymentBatchDuty) -> bool {
        match duty {
            PaymentBatchDuty::Make => self.roles.makes,
            PaymentBatchDuty::Check => self.roles.checks,
            PaymentBatchDuty::Release => self.roles.releases,
        }
    }

    /// Who may send back what waits for its release: whoever checked it, or whoever would release it.
    fn returning(self, at: PaymentBatchState) -> PaymentBatchDuty {
        match (at, self.duty) {
            (PaymentBatchState::Checked, Some(PaymentBatchDuty::Check)) => PaymentBatchDuty::Check,
            (PaymentBatchState::Checked, _) => PaymentBatchDuty::Release,
            _ => PaymentBatchDuty::Check,
        }
    }

    /// Where an action leads and whose duty it is, if it is for this person to take.
    pub fn check(
        self,
        at: PaymentBatchState,
        action: PaymentBatchAction,
    ) -> Result<(PaymentBatchState, PaymentBatchDuty)> {
        use PaymentBatchState::{Cancelled, Checked, Draft, Released, Submitted};
        let (to, duty) = match (at, action) {
            (Draft, PaymentBatchAction::Submit) => (Submitted, PaymentBatchDuty::Make),
            (Submitted, PaymentBatchAction::Check) => (Checked, PaymentBatchDuty::Check),
            (Submitted | Checked, PaymentBatchAction::Return) => (Draft, self.returning(at)),
            (Checked, PaymentBatchAction::Release) => (Released, PaymentBatchDuty::Release),
            (Draft | Submitted | Checked, PaymentBatchAction::Cancel) => {
                (Cancelled, PaymentBatchDuty::Make)
            }
            _ => {
                return Err(Error::new(Code::PaymentBatchTransition)
                    .detail(
                        format!("a payment batch in state {at} does not take: {action}"),
                        format!("{}的批次不能{}", at.label_zh(), action.label_zh()),
                    )
                    .member("state", at.as_str()));
            }
        };
        if !self.may(duty) {
            return Err(Code::PaymentBatchRole.into());
        }
        let other = self.duty.filter(|taken| *taken != duty);
        if let Some(taken) = other {
            return Err(Error::new(Code::PaymentBatchSeparation).member("duty", taken.as_str()));
        }
        if self.cleared && duty == PaymentBatchDuty::Make {
            return Err(Code::PaymentBatchSeparation.into());
        }
        Ok((to, duty))
    }

    pub fn allowed(self, at: PaymentBatchState) -> Vec<PaymentBatchAction> {
        let may = |action: &PaymentBatchAction| self.check(at, *action).is_ok();
        PaymentBatchAction::STEPS.into_iter().filter(may).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PaymentBatchAction::{Cancel, Check, Release, Return, Submit};

    const EVERYTHING: Standing = Standing {
        roles: Roles {
            makes: true,
            checks: true,
            releases: true,
        },
        duty: None,
        cleared: false,
    };

    fn with(duty: PaymentBatchDuty) -> Standing {
        Standing {
            duty: Some(duty),
            ..EVERYTHING
        }
    }

    #[test]
    fn one_person_takes_one_duty() {
        use PaymentBatchState::{Checked, Draft, Submitted};
        let table = [
            (
                PaymentBatchDuty::Make,
                [vec![Submit, Cancel], vec![Cancel], vec![Cancel]],
            ),
            (
                PaymentBatchDuty::Check,
                [vec![], vec![Check, Return], vec![Return]],
            ),
            (
                PaymentBatchDuty::Release,
                [vec![], vec![], vec![Return, Release]],
            ),
        ];
        for (duty, allowed) in table {
            let found = [Draft, Submitted, Checked].map(|at| with(duty).allowed(at));
            assert_eq!(found, allowed, "{duty}");
        }
        for done in [
            PaymentBatchState::Released,
            PaymentBatchState::Settled,
            PaymentBatchState::Cancelled,
        ] {
            assert_eq!(EVERYTHING.allowed(done), []);
        }
    }

    #[test]
    fn who_judged_its_flags_does_not_make_a_batch() {
        let judge = Standing {
            cleared: true,
            ..EVERYTHING
        };
        assert_eq!(judge.allowed(PaymentBatchState::Draft), []);
        assert_eq!(judge.allowed(PaymentBatchState::Submitted), [Check, Return]);
    }

    #[test]
    fn a_batch_is_a_countys_and_of_no_month_to_come() {
        let made = |division: &str, month: &str| NewBatch {
            division_code: division.parse().unwrap(),
            program_code: "nursing_subsidy".to_owned(),
            month: month.parse().unwrap(),
        };
        let present = "2022-07".parse().unwrap();
        assert!(made("990121", "2022-07").check(present).is_ok());
        assert!(made("990121", "2022-08").check(present).is_err());
        assert!(made("990121103", "2022-07").check(present).is_err());
        assert!(made("990100", "2022-07").check(present).is_err());
    }
}
