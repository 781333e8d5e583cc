//! A recovery, what was overpaid, and what may be done about it.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::casework::decisions::{NewService, Recipient, Remedy, ServiceMethod};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{EnrollmentId, EntitlementId, PaymentId, RecoveryId, ResidentId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::subsidies::enrollments::EnrollmentReason;

vocabulary! {
    /// How far a recovery has come by what people did; whether it is settled its sums say.
    pub enum RecoveryStage {
        Open = "open", "已立案";
        Notified = "notified", "已告知";
        Withdrawn = "withdrawn", "已撤销";
    }
}

vocabulary! {
    /// State of a recovery.
    pub enum RecoveryState {
        Open = "open", "待告知";
        /// The notice was served.
        Notified = "notified", "追回中";
        /// All of it was recovered or written off.
        Settled = "settled", "已结清";
        Withdrawn = "withdrawn", "已撤销";
    }
}

vocabulary! {
    /// What is done to a recovery.
    pub enum RecoveryAction {
        Open = "open", "立案";
        /// Puts down that the notice was served.
        Notify = "notify", "送达通知";
        /// What was opened in error, by another person.
        Withdraw = "withdraw", "撤销";
    }
}

impl RecoveryAction {
    /// Those that follow the opening.
    pub const ASKED: [Self; 2] = [Self::Notify, Self::Withdraw];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Open => "recovery.opened",
            Self::Notify => "recovery.notified",
            Self::Withdraw => "recovery.withdrawn",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Recovery {
    pub id: RecoveryId,
    pub recovery_number: String,
    pub resident: ResidentId,
    pub enrollment: EnrollmentId,
    pub program_code: String,
    pub division: DivisionCode,
    /// Why the benefit did not run.
    pub reason: EnrollmentReason,
    pub stage: RecoveryStage,
    pub last_transition: i32,
    pub total: Fen,
    /// Kept back by payments that are not released yet.
    pub reserved: Fen,
    pub recovered: Fen,
    pub opened_by: UserId,
    pub opened_at: Timestamp,
    pub version: i32,
    pub updated_at: Timestamp,
}

impl Recovery {
    pub fn state(&self) -> RecoveryState {
        match self.stage {
            RecoveryStage::Withdrawn => RecoveryState::Withdrawn,
            _ if self.recovered == self.total => RecoveryState::Settled,
            RecoveryStage::Open => RecoveryState::Open,
            RecoveryStage::Notified => RecoveryState::Notified,
        }
    }

    /// What nothing recovers yet.
    pub fn rest(&self) -> Fen {
        let left = self.total.checked_sub(self.reserved);
        let left = left.and_then(|left| left.checked_sub(self.recovered));
        left.unwrap_or(Fen::ZERO)
    }

    /// Where an action leads, if this person may take it.
    pub fn follow(&self, action: RecoveryAction, user: UserId) -> Result<RecoveryStage> {
        match (self.stage, action) {
            (RecoveryStage::Open, RecoveryAction::Notify) => Ok(RecoveryStage::Notified),
            (RecoveryStage::Open | RecoveryStage::Notified, RecoveryAction::Withdraw) => {
                if self.opened_by == user {
                    Err(Code::RecoveryOwn.into())
                } else if self.rest() < self.total {
                    Err(Code::RecoveryMoved.into())
                } else {
                    Ok(RecoveryStage::Withdrawn)
                }
            }
            (_, action) => Err(self.refuses(action.label_zh(), action.as_str())),
        }
    }

    pub fn allowed(&self, user: UserId) -> Vec<RecoveryAction> {
        let may = |action: &RecoveryAction| self.follow(*action, user).is_ok();
        RecoveryAction::ASKED.into_iter().filter(may).collect()
    }

    /// Refuses what a recovery that was withdrawn does not take.
    pub fn stands(&self, zh: &str, en: &str) -> Result<()> {
        match self.stage {
            RecoveryStage::Withdrawn => Err(self.refuses(zh, en)),
            _ => Ok(()),
        }
    }

    fn refuses(&self, zh: &str, en: &str) -> Error {
        let state = self.state();
        Error::new(Code::RecoveryTransition)
            .detail(
                format!("a recovery in state {state} does not take: {en}"),
                format!("{}的追回不能{zh}", state.label_zh()),
            )
            .member("state", state.as_str())
    }
}

/// A month that was paid and not due.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RecoveryMonth)]
pub struct Overpaid {
    #[schema(value_type = uuid::Uuid)]
    pub entitlement_id: EntitlementId,
    #[schema(value_type = uuid::Uuid)]
    pub payment_id: PaymentId,
    #[schema(value_type = String)]
    pub month: Month,
    pub amount_fen: Fen,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"enrollment_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08"}))]
pub struct NewRecovery {
    #[schema(value_type = uuid::Uuid)]
    pub enrollment_id: EnrollmentId,
    /// Said in the notice, beside why the benefit did not run.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "notify", "method": "in_person", "recipient": "self", "served_date": "2022-09-06"}))]
pub struct NewRecoveryTransition {
    pub action: RecoveryAction,
    /// How the notice was served: of `notify`, as of decision notices.
    #[serde(default)]
    pub method: Option<ServiceMethod>,
    #[serde(default)]
    pub recipient: Option<Recipient>,
    #[serde(default, deserialize_with = "date::maybe")]
    pub served_date: Option<NaiveDate>,
    /// Needed by `withdraw`.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST: usize = 1_000;

/// What somebody said, if anything; `needed`: they have to.
pub fn said<'t>(text: Option<&'t str>, needed: bool, pointer: &str) -> Result<Option<&'t str>> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let length = text.map_or(0, |text| text.chars().count());
    if length > LONGEST || (needed && length == 0) {
        return Err(Error::field(
            pointer,
            "comment.length",
            "up to 1000 characters; needed where something is given up, withdrawn or rejected",
            "不超过1000字；核销、撤销、不同意须说明理由",
        ));
    }
    Ok(text)
}

impl NewRecoveryTransition {
    pub fn comment(&self) -> Result<Option<&str>> {
        let needed = self.action == RecoveryAction::Withdraw;
        said(self.comment.as_deref(), needed, "/comment")
    }

    /// How the notice was served, where that is what is put down.
    pub fn service(&self, issued: NaiveDate, today: NaiveDate) -> Result<Option<NewService>> {
        let missing = |pointer: &str| {
            Error::field(
                pointer,
                "field.required",
                "of notify, and of nothing else",
                "送达通知须填写，其他操作不填",
            )
        };
        if self.action != RecoveryAction::Notify {
            return match (self.method, self.recipient, self.served_date) {
                (None, None, None) => Ok(None),
                _ => Err(missing("/method")),
            };
        }
        let service = NewService {
            method: self.method.ok_or_else(|| missing("/method"))?,
            recipient: self.recipient,
            served_date: self.served_date.ok_or_else(|| missing("/served_date"))?,
        };
        service.check(issued, today)?;
        Ok(Some(service))
    }
}

/// How much of each month's payment is kept back.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from_month": "2022-10", "amount_fen": 10000}))]
pub struct NewInstalments {
    #[schema(value_type = String)]
    pub from_month: Month,
    /// Fen a month; all there is, unless given.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub amount_fen: Option<Fen>,
}

impl NewInstalments {
    pub fn check(&self) -> Result<()> {
        if self.amount_fen.is_some_and(|amount| amount <= Fen::ZERO) {
            return Err(Error::field(
                "/amount_fen",
                "amount.positive",
                "more than zero",
                "须大于零",
            ));
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RecoveryInstalments)]
pub struct Instalments {
    /// The one with the highest number that has begun counts.
    pub revision: i32,
    #[schema(value_type = String)]
    pub from_month: Month,
    /// Fen a month; null for all there is.
    pub amount_fen: Option<Fen>,
    #[schema(value_type = uuid::Uuid)]
    pub agreed_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub agreed_at: Timestamp,
}

/// What may be kept back for one recovery in a month.
#[derive(Debug, Clone)]
pub struct Claim {
    pub recovery: RecoveryId,
    /// The record that counts of whom it is of.
    pub person: ResidentId,
    pub rest: Fen,
    /// What was agreed a month; all there is, where it says nothing.
    pub monthly: Option<Fen>,
    /// What other payments of the month keep back already.
    pub taken: Fen,
}

impl Claim {
    fn of_month(&self) -> Fen {
        let agreed = self.monthly.map(|amount| {
            let left = amount.checked_sub(self.taken);
            left.unwrap_or(Fen::ZERO).max(Fen::ZERO)
        });
        agreed.map_or(self.rest, |agreed| agreed.min(self.rest))
    }
}

/// What is kept back of what is due to some people: for the oldest claims first, and never more than is due.
pub fn kept_back(
    claims: &[Claim],
    mut left: HashMap<ResidentId, Fen>,
) -> HashMap<ResidentId, Vec<(RecoveryId, Fen)>> {
    let mut all: HashMap<ResidentId, Vec<(RecoveryId, Fen)>> = HashMap::new();
    for claim in claims {
        let Some(available) = left.get_mut(&claim.person) else {
            continue;
        };
        let amount = claim.of_month().min(*available);
        let rest = available.checked_sub(amount);
        if let Some(rest) = rest.filter(|_| amount > Fen::ZERO) {
            *available = rest;
            all.entry(claim.person)
                .or_default()
                .push((claim.recovery, amount));
        }
    }
    all
}

/// So many days there are to pay back after the notice was served.
const DAYS_TO_PAY: u64 = 30;

/// The last day to pay.
pub fn pay_until(served: NaiveDate) -> NaiveDate {
    let last = served.checked_add_days(Days::new(DAYS_TO_PAY));
    last.unwrap_or(NaiveDate::MAX)
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecoveryNoticeMonth {
    #[schema(value_type = String)]
    pub month: Month,
    pub amount_fen: Fen,
}

/// What a notice of recovery says, as it was issued.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = RecoveryNoticeContent)]
pub struct Content {
    /// Who recovers, and where to pay.
    pub office: String,
    pub addressee: String,
    pub recovery_number: String,
    pub case_number: String,
    pub program_name_zh: String,
    pub program_name_en: String,
    /// The document that the program rests on.
    pub legal_basis: String,
    /// Why the benefit did not run.
    pub reason: EnrollmentReason,
    /// In the words of whoever opened it.
    pub grounds: Option<String>,
    pub months: Vec<RecoveryNoticeMonth>,
    pub total_fen: Fen,
    pub remedies: Vec<Remedy>,
}

#[derive(Debug, Clone)]
pub struct Notice {
    pub content: Content,
    pub issued_date: NaiveDate,
    pub served_date: Option<NaiveDate>,
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

/// One entry of a recovery's history.
#[derive(Debug, Clone)]
pub struct Turn {
    pub sequence: i32,
    pub action: RecoveryAction,
    pub to: RecoveryStage,
    pub actor: Named,
    pub method: Option<ServiceMethod>,
    pub recipient: Option<Recipient>,
    pub served_date: Option<NaiveDate>,
    pub comment: Option<String>,
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<K>(number: u128) -> crate::kernel::id::Id<K> {
        crate::kernel::id::Id::new(uuid::Uuid::from_u128(number))
    }

    fn claim(number: u128, person: u128, rest: i64, monthly: Option<i64>, taken: i64) -> Claim {
        Claim {
            recovery: id(number),
            person: id(person),
            rest: Fen::new(rest),
            monthly: monthly.map(Fen::new),
            taken: Fen::new(taken),
        }
    }

    #[test]
    fn no_more_is_kept_back_than_is_due_agreed_and_left() {
        let due = |fen| HashMap::from([(id(1), Fen::new(fen))]);
        let kept = |claims: &[Claim], fen| {
            let all = kept_back(claims, due(fen)).remove(&id(1));
            all.unwrap_or_default()
                .into_iter()
                .map(|(_, fen)| fen.get())
                .collect::<Vec<_>>()
        };
        assert_eq!(kept(&[claim(1, 1, 500, None, 0)], 300), [300]);
        assert_eq!(kept(&[claim(1, 1, 500, Some(100), 0)], 300), [100]);
        assert_eq!(kept(&[claim(1, 1, 50, Some(100), 0)], 300), [50]);
        assert_eq!(kept(&[claim(1, 1, 500, Some(100), 70)], 300), [30]);
        assert_eq!(kept(&[claim(1, 1, 500, Some(100), 120)], 300), [0; 0]);
        assert_eq!(kept(&[claim(1, 2, 500, None, 0)], 300), [0; 0]);
        let two = [claim(1, 1, 200, None, 0), claim(2, 1, 500, None, 0)];
        assert_eq!(kept(&two, 300), [200, 100]);
        assert_eq!(kept(&two, 150), [150]);
    }

    #[test]
    fn what_was_opened_in_error_is_withdrawn_by_somebody_else_before_anything_moved() {
        use RecoveryAction::{Notify, Withdraw};
        let recovery = Recovery {
            id: id(1),
            recovery_number: String::new(),
            resident: id(1),
            enrollment: id(1),
            program_code: String::new(),
            division: "990121".parse().unwrap(),
            reason: EnrollmentReason::Death,
            stage: RecoveryStage::Open,
            last_transition: 1,
            total: Fen::new(100),
            reserved: Fen::ZERO,
            recovered: Fen::ZERO,
            opened_by: id(1),
            opened_at: Timestamp::from_micros(0),
            version: 1,
            updated_at: Timestamp::from_micros(0),
        };
        assert_eq!(recovery.allowed(id(1)), [Notify]);
        assert_eq!(recovery.allowed(id(2)), [Notify, Withdraw]);
        let kept = Recovery {
            reserved: Fen::new(1),
            stage: RecoveryStage::Notified,
            ..recovery.clone()
        };
        assert_eq!((kept.allowed(id(2)), kept.rest()), (vec![], Fen::new(99)));
        let settled = Recovery {
            recovered: Fen::new(100),
            ..recovery
        };
        assert_eq!(settled.state(), RecoveryState::Settled);
    }
}
