//! A transfer on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::api::Staff;
use crate::casework::transfers::model::{Belongings, TransferAction, TransferState, Turn};
use crate::casework::transfers::service::Shown;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{ResidentId, TransferId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transfer, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "from_division_code": "990121103201", "to_division_code": "990122103201", "moved_date": "2022-07-01",
    "state": "offered", "allowed_actions": ["accept", "decline"],
    "offered_by": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "username": "county.990121", "display_name": "丙岭县残联经办人"},
    "offered_at": "2022-07-04T01:00:00.000000Z", "version": 1, "reason": "随子女迁居",
    "belongings": {"name": "张晓宝", "id_number_masked": "990121********0010", "impairment_type": "physical", "severity_level": 1,
        "open_cases": [{"case_number": "990121-2022-000123", "program_code": "nursing_subsidy", "state": "in_review",
            "step": "verification", "due_date": "2022-07-18"}],
        "benefits": [{"program_code": "living_subsidy", "rate_fen": 8000, "start_month": "2022-03", "suspended": false}]},
    "history": []
}))]
pub struct TransferBody {
    #[schema(value_type = uuid::Uuid)]
    id: TransferId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    #[schema(value_type = String)]
    from_division_code: DivisionCode,
    #[schema(value_type = String)]
    to_division_code: DivisionCode,
    moved_date: NaiveDate,
    state: TransferState,
    /// What you may do now.
    allowed_actions: Vec<TransferAction>,
    offered_by: Staff,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    offered_at: Timestamp,
    version: i32,
    /// Left out of the list of all transfers, as are belongings and history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// What the other county takes over, or has taken over, as it was then; nothing of what was declined
    /// or cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    belongings: Option<Belongings>,
    /// From the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    history: Option<Vec<TransferTurn>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TransferTurn {
    sequence: i32,
    action: TransferAction,
    to_state: TransferState,
    actor: Staff,
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Turn> for TransferTurn {
    fn from(turn: Turn) -> Self {
        Self {
            sequence: turn.sequence,
            action: turn.action,
            to_state: turn.to,
            actor: turn.actor.into(),
            comment: turn.comment,
            at: turn.at,
        }
    }
}

impl From<Shown> for TransferBody {
    fn from(shown: Shown) -> Self {
        let transfer = shown.transfer;
        let (reason, belongings, history) = match shown.told {
            Some(told) => (
                Some(transfer.reason),
                told.belongings,
                Some(told.history.into_iter().map(Into::into).collect()),
            ),
            None => (None, None, None),
        };
        Self {
            id: transfer.id,
            resident_id: transfer.resident_id,
            from_division_code: transfer.from,
            to_division_code: transfer.to,
            moved_date: transfer.moved_date,
            state: transfer.state,
            allowed_actions: shown.allowed,
            offered_by: transfer.offered_by.into(),
            offered_at: transfer.offered_at,
            version: transfer.last_transition,
            reason,
            belongings,
            history,
        }
    }
}
