//! A settlement on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::api::Staff;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{
    OrganizationId, PayableId, RehabilitationPlanId, SettlementId, SettlementLineId, UserId,
};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::rehabilitation::settlements::model::{
    Line, LineState, SettlementAction, SettlementState, Turn, left,
};
use crate::rehabilitation::settlements::service::Shown;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settlement, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "institution_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "institution_name": "丙岭县康复中心", "division_code": "990121000000", "month": "2022-07", "state": "checked",
    "allowed_actions": [], "line_count": 1, "amount_fen": 96000, "deduction_fen": 0, "net_fen": 96000,
    "proposed_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "proposed_at": "2022-08-01T01:00:00.000000Z",
    "checked_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "version": 2,
    "lines": [{"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "plan_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c",
        "program_code": "child_rehabilitation", "session_count": 8, "rate_fen": 12000, "gross_fen": 96000,
        "remaining_fen": 2_400_000, "amount_fen": 96000, "deduction_fen": 0, "net_fen": 96000,
        "payable_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0d", "state": "live", "reversal": null}],
    "history": []
}))]
pub struct SettlementBody {
    #[schema(value_type = uuid::Uuid)]
    id: SettlementId,
    /// The organization's id.
    #[schema(value_type = uuid::Uuid)]
    institution_id: OrganizationId,
    institution_name: String,
    /// The county that pays.
    #[schema(value_type = String)]
    division_code: DivisionCode,
    #[schema(value_type = String)]
    month: Month,
    state: SettlementState,
    /// What you may do now.
    allowed_actions: Vec<SettlementAction>,
    line_count: i32,
    amount_fen: Fen,
    /// Of that, what is kept back for lines that were taken back after they were paid.
    deduction_fen: Fen,
    /// What is to be paid, as it was checked: a line that is taken back later says so itself, and is kept back
    /// from the next settlement.
    net_fen: Fen,
    #[schema(value_type = uuid::Uuid)]
    proposed_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    proposed_at: Timestamp,
    #[schema(value_type = Option<uuid::Uuid>)]
    checked_by: Option<UserId>,
    version: i32,
    /// Plans of children who are not eligible in that year; told to who proposes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Vec<uuid::Uuid>>)]
    left_out: Option<Vec<RehabilitationPlanId>>,
    /// Left out of lists, as is the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    lines: Option<Vec<LineBody>>,
    /// From the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    history: Option<Vec<SettlementTurn>>,
}

/// A plan's sessions of the month.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettlementLine)]
struct LineBody {
    #[schema(value_type = uuid::Uuid)]
    id: SettlementLineId,
    #[schema(value_type = uuid::Uuid)]
    plan_id: RehabilitationPlanId,
    program_code: String,
    session_count: i32,
    rate_fen: Fen,
    gross_fen: Fen,
    /// What the year's cap left before.
    remaining_fen: Fen,
    /// The lesser of these two.
    amount_fen: Fen,
    deduction_fen: Fen,
    net_fen: Fen,
    /// What is owed for it, from the check on.
    #[schema(value_type = Option<uuid::Uuid>)]
    payable_id: Option<PayableId>,
    state: LineState,
    reversal: Option<Reversal>,
}

/// That a line was taken back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettlementReversal)]
struct Reversal {
    #[schema(value_type = uuid::Uuid)]
    by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
    reason: String,
}

impl From<Line> for LineBody {
    fn from(line: Line) -> Self {
        let net = line.net();
        Self {
            id: line.id,
            plan_id: line.plan_id,
            program_code: line.program_code,
            session_count: line.session_count,
            rate_fen: line.rate,
            gross_fen: line.gross,
            remaining_fen: line.remaining,
            amount_fen: line.amount,
            deduction_fen: line.deduction,
            net_fen: net,
            payable_id: line.payable,
            state: line.state,
            reversal: line
                .reversal
                .map(|(by, at, reason)| Reversal { by, at, reason }),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettlementTransition)]
struct SettlementTurn {
    sequence: i32,
    action: SettlementAction,
    from_state: Option<SettlementState>,
    to_state: SettlementState,
    actor: Staff,
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Turn> for SettlementTurn {
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

impl From<Shown> for SettlementBody {
    fn from(shown: Shown) -> Self {
        let settlement = shown.settlement;
        let (lines, history) = match shown.told {
            Some((lines, history)) => (
                Some(lines.into_iter().map(Into::into).collect()),
                Some(history.into_iter().map(Into::into).collect()),
            ),
            None => (None, None),
        };
        Self {
            id: settlement.id,
            institution_id: settlement.institution,
            institution_name: shown.institution_name,
            division_code: settlement.division_code,
            month: settlement.month,
            state: settlement.state,
            allowed_actions: shown.allowed,
            line_count: settlement.line_count,
            amount_fen: settlement.amount,
            deduction_fen: settlement.deduction,
            net_fen: left(settlement.amount, settlement.deduction),
            proposed_by: settlement.proposed_by,
            proposed_at: settlement.proposed_at,
            checked_by: settlement.checked_by,
            version: settlement.last_transition,
            left_out: shown.left_out,
            lines,
            history,
        }
    }
}
