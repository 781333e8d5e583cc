//! A movement, and who decides it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{PaymentId, RecoveryId, RecoveryMovementId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::subsidies::recoveries::model::{Recovery, said};

vocabulary! {
    /// How an overpayment is recovered, or given up.
    pub enum MovementKind {
        /// Kept back from a later month's payment; made with its batch.
        Offset = "offset", "抵扣";
        Refund = "refund", "退回";
        WriteOff = "write_off", "核销";
    }
}

vocabulary! {
    /// State of a movement.
    pub enum MovementState {
        Proposed = "proposed", "待审批";
        /// Of an offset: its payment is not released yet.
        Reserved = "reserved", "待抵扣";
        Approved = "approved", "已入账";
        Rejected = "rejected", "未同意";
        /// Of an offset: its payment failed or was cancelled.
        Returned = "returned", "已退还";
    }
}

vocabulary! {
    /// What is decided of a movement.
    pub enum MovementOutcome {
        Approve = "approve", "同意";
        Reject = "reject", "不同意";
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RecoveryMovement, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "recovery_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "kind": "refund",
    "state": "approved", "amount_fen": 55000, "payment_id": null, "month": null, "receipt_number": "20220906-17",
    "received_date": "2022-09-06", "note": null, "proposed_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "proposed_at": "2022-09-06T02:00:00.000000Z", "decided_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a",
    "decided_at": "2022-09-07T02:00:00.000000Z", "decision_comment": null
}))]
pub struct Movement {
    #[schema(value_type = uuid::Uuid)]
    pub id: RecoveryMovementId,
    #[schema(value_type = uuid::Uuid)]
    pub recovery_id: RecoveryId,
    pub kind: MovementKind,
    pub state: MovementState,
    pub amount_fen: Fen,
    /// Of an offset: the payment it is kept back from.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub payment_id: Option<PaymentId>,
    /// Of an offset: the month of its batch.
    #[schema(value_type = Option<String>)]
    pub month: Option<Month>,
    /// Of a refund: what proves it.
    pub receipt_number: Option<String>,
    pub received_date: Option<NaiveDate>,
    pub note: Option<String>,
    /// Of an offset: who made the batch.
    #[schema(value_type = uuid::Uuid)]
    pub proposed_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub proposed_at: Timestamp,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub decided_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub decided_at: Option<Timestamp>,
    pub decision_comment: Option<String>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRecoveryMovement, example = json!({"kind": "refund", "amount_fen": 55000, "receipt_number": "20220906-17", "received_date": "2022-09-06"}))]
pub struct NewMovement {
    /// `refund` or `write_off`: offsets are made with the batches that keep them back.
    pub kind: MovementKind,
    #[schema(minimum = 1)]
    pub amount_fen: Fen,
    /// Needed by a refund, as is the day.
    #[serde(default)]
    #[schema(max_length = 50)]
    pub receipt_number: Option<String>,
    #[serde(default, deserialize_with = "date::maybe")]
    pub received_date: Option<NaiveDate>,
    /// Needed by a write-off.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: Option<String>,
}

const LONGEST_RECEIPT: usize = 50;

/// What proves a refund.
pub type Receipt = Option<(String, NaiveDate)>;

impl NewMovement {
    pub fn note(&self) -> Result<Option<&str>> {
        let needed = self.kind == MovementKind::WriteOff;
        said(self.note.as_deref(), needed, "/note")
    }

    /// What proves it, if it may be proposed of a recovery.
    pub fn check(&self, of: &Recovery, today: NaiveDate) -> Result<Receipt> {
        if self.kind == MovementKind::Offset {
            return Err(Error::field(
                "/kind",
                "movement.kind",
                "refund or write_off: agree instalments for an offset",
                "须为退回或核销；抵扣请约定分期",
            ));
        }
        if self.amount_fen <= Fen::ZERO {
            return Err(Error::field(
                "/amount_fen",
                "amount.positive",
                "more than zero",
                "须大于零",
            ));
        }
        let receipt = self.receipt(today)?;
        of.stands("登记追回款项", "movements")?;
        fits(self.amount_fen, of)?;
        Ok(receipt)
    }

    fn receipt(&self, today: NaiveDate) -> Result<Receipt> {
        let number = self.receipt_number.as_deref().map(str::trim);
        if self.kind != MovementKind::Refund {
            return match (number, self.received_date) {
                (None, None) => Ok(None),
                _ => Err(unproven()),
            };
        }
        let number =
            number.filter(|text| !text.is_empty() && text.chars().count() <= LONGEST_RECEIPT);
        let number = number.ok_or_else(unproven)?.to_owned();
        let date = self.received_date.filter(|date| *date <= today);
        let date = date.ok_or_else(|| {
            Error::field(
                "/received_date",
                "received_date.range",
                "the day the money came, not one to come",
                "须填写到账日期，且不得晚于今天",
            )
        })?;
        Ok(Some((number, date)))
    }
}

fn unproven() -> Error {
    Error::field(
        "/receipt_number",
        "receipt_number.length",
        "1 to 50 characters, of a refund alone",
        "退回须填写收据号，1至50字；核销不填",
    )
}

/// Refuses more than what is left.
pub fn fits(amount: Fen, of: &Recovery) -> Result<()> {
    let rest = of.rest();
    if amount <= rest {
        return Ok(());
    }
    Err(Error::new(Code::RecoveryRest)
        .detail(
            format!("{} yuan are left", rest.yuan()),
            format!("尚余{}元", rest.yuan()),
        )
        .member("rest_fen", rest.get()))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRecoveryMovementDecision, example = json!({"outcome": "approve"}))]
pub struct NewDecision {
    pub outcome: MovementOutcome,
    /// Needed by `reject`.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

impl NewDecision {
    pub fn comment(&self) -> Result<Option<&str>> {
        let needed = self.outcome == MovementOutcome::Reject;
        said(self.comment.as_deref(), needed, "/comment")
    }
}
