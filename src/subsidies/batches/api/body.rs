//! A payment batch on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::api::Staff;
use crate::kernel::crypto::hex;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{PaymentBatchId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::subsidies::batches::model::{PaymentBatchAction, PaymentBatchState, Turn};
use crate::subsidies::batches::service::Shown;
use crate::subsidies::payments::{Omission, PaymentState};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentBatch, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "batch_number": "990121-202207-0001", "division_code": "990121000000",
    "program_code": "nursing_subsidy", "month": "2022-07", "state": "submitted", "allowed_actions": ["check", "return"],
    "maker_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "checker_id": null, "releaser_id": null,
    "payment_count": 2, "total_fen": 100_000, "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "made_at": "2022-07-20T01:00:00.000000Z", "released_at": null, "version": 2,
    "left_out": [{"resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "amount_fen": 50000, "reason": "no_bank_account"}],
    "left_out_count": 1, "payments_by_state": [{"state": "pending", "count": 2}], "open_flag_count": 0
}))]
pub struct BatchBody {
    #[schema(value_type = uuid::Uuid)]
    id: PaymentBatchId,
    batch_number: String,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    program_code: String,
    #[schema(value_type = String)]
    month: Month,
    state: PaymentBatchState,
    /// What you may do now.
    allowed_actions: Vec<PaymentBatchAction>,
    /// Who answers for what is in it: who made it, or submitted it last.
    #[schema(value_type = uuid::Uuid)]
    maker_id: UserId,
    #[schema(value_type = Option<uuid::Uuid>)]
    checker_id: Option<UserId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    releaser_id: Option<UserId>,
    payment_count: i32,
    total_fen: Fen,
    /// SHA-256 of all payments in their order, from the first submission on.
    digest: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    made_at: Timestamp,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    released_at: Option<Timestamp>,
    version: i32,
    /// To whom something is due that could not be paid: the first 200. Left out of lists, as is what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    left_out: Option<Vec<Omission>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    left_out_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payments_by_state: Option<Vec<PaymentTally>>,
    /// A release waits until there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    open_flag_count: Option<i64>,
}

/// How many payments are in a state.
#[derive(Debug, Serialize, ToSchema)]
struct PaymentTally {
    state: PaymentState,
    count: i64,
}

impl From<Shown> for BatchBody {
    fn from(shown: Shown) -> Self {
        let batch = shown.batch;
        let tally = |all: Vec<(PaymentState, i64)>| {
            let mut all: Vec<_> = all
                .into_iter()
                .map(|(state, count)| PaymentTally { state, count })
                .collect();
            all.sort_by_key(|one| one.state);
            all
        };
        let (left_out, left_out_count, by_state, open_flag_count) = match shown.told {
            Some(told) => (
                Some(told.omissions),
                Some(told.omission_count),
                Some(tally(told.tally)),
                Some(told.open_flags),
            ),
            None => (None, None, None, None),
        };
        Self {
            id: batch.id,
            batch_number: batch.batch_number,
            division_code: batch.division,
            program_code: batch.program_code,
            month: batch.month,
            state: batch.state,
            allowed_actions: shown.allowed,
            maker_id: batch.maker,
            checker_id: batch.checker,
            releaser_id: batch.releaser,
            payment_count: batch.payment_count,
            total_fen: batch.total,
            digest: batch.digest.map(|bytes| hex(&bytes)),
            made_at: batch.made_at,
            released_at: batch.released_at,
            version: batch.last_transition,
            left_out,
            left_out_count,
            payments_by_state: by_state,
            open_flag_count,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentBatchTransition)]
pub struct BatchTurn {
    sequence: i32,
    action: PaymentBatchAction,
    from_state: Option<PaymentBatchState>,
    to_state: PaymentBatchState,
    actor: Staff,
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Turn> for BatchTurn {
    fn from(turn: Turn) -> Self {
        Self {
            sequence: turn.sequence,
            action: turn.action,
            from_state: turn.from,
            to_state: turn.to,
            actor: turn.actor.into(),
            comment: turn.comment,
            at: turn.at,
        }
    }
}
