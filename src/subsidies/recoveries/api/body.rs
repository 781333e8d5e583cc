//! A recovery, its history and its notice on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::api::Staff;
use crate::casework::decisions::{Recipient, ServiceMethod};
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{EnrollmentId, RecoveryId, ResidentId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::subsidies::enrollments::EnrollmentReason;
use crate::subsidies::recoveries::model::{
    Content, Instalments, Overpaid, RecoveryAction, RecoveryStage, RecoveryState, Turn, pay_until,
};
use crate::subsidies::recoveries::service::{Letter, Shown};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recovery, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "recovery_number": "990121-2022-000123-Z1",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "enrollment_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "program_code": "nursing_subsidy", "division_code": "990121103201", "reason": "death", "state": "notified",
    "allowed_actions": ["withdraw"], "total_fen": 110_000, "reserved_fen": 0, "recovered_fen": 0, "rest_fen": 110_000,
    "opened_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "opened_at": "2022-09-01T01:00:00.000000Z", "version": 2,
    "updated_at": "2022-09-06T01:00:00.000000Z",
    "months": [{"entitlement_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "payment_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c",
        "month": "2022-08", "amount_fen": 110_000}],
    "instalments": []
}))]
pub struct RecoveryBody {
    #[schema(value_type = uuid::Uuid)]
    id: RecoveryId,
    /// What people quote.
    recovery_number: String,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    #[schema(value_type = uuid::Uuid)]
    enrollment_id: EnrollmentId,
    program_code: String,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    /// Why the benefit did not run.
    reason: EnrollmentReason,
    state: RecoveryState,
    /// What you may do now.
    allowed_actions: Vec<RecoveryAction>,
    total_fen: Fen,
    /// Kept back by payments that are not released yet.
    reserved_fen: Fen,
    /// Kept back, paid back or written off.
    recovered_fen: Fen,
    rest_fen: Fen,
    #[schema(value_type = uuid::Uuid)]
    opened_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    opened_at: Timestamp,
    version: i32,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    updated_at: Timestamp,
    /// What was overpaid. Left out of lists, as is what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    months: Option<Vec<Overpaid>>,
    /// What was agreed to be kept back, the first first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    instalments: Option<Vec<Instalments>>,
}

impl From<Shown> for RecoveryBody {
    fn from(shown: Shown) -> Self {
        let recovery = shown.recovery;
        let (months, instalments) = match shown.told {
            Some(told) => (Some(told.months), Some(told.instalments)),
            None => (None, None),
        };
        Self {
            state: recovery.state(),
            rest_fen: recovery.rest(),
            id: recovery.id,
            recovery_number: recovery.recovery_number,
            resident_id: recovery.resident,
            enrollment_id: recovery.enrollment,
            program_code: recovery.program_code,
            division_code: recovery.division,
            reason: recovery.reason,
            allowed_actions: shown.allowed,
            total_fen: recovery.total,
            reserved_fen: recovery.reserved,
            recovered_fen: recovery.recovered,
            opened_by: recovery.opened_by,
            opened_at: recovery.opened_at,
            version: recovery.version,
            updated_at: recovery.updated_at,
            months,
            instalments,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecoveryTransition, example = json!({
    "sequence": 2, "action": "notify", "to_stage": "notified",
    "actor": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "username": "county.990121", "display_name": "李经办"},
    "method": "in_person", "recipient": "self", "served_date": "2022-09-06", "comment": null, "at": "2022-09-06T01:00:00.000000Z"
}))]
pub struct TurnBody {
    sequence: i32,
    action: RecoveryAction,
    to_stage: RecoveryStage,
    actor: Staff,
    /// How the notice was served.
    method: Option<ServiceMethod>,
    recipient: Option<Recipient>,
    served_date: Option<NaiveDate>,
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Turn> for TurnBody {
    fn from(turn: Turn) -> Self {
        Self {
            sequence: turn.sequence,
            action: turn.action,
            to_stage: turn.to,
            actor: turn.actor.into(),
            method: turn.method,
            recipient: turn.recipient,
            served_date: turn.served_date,
            comment: turn.comment,
            at: turn.at,
        }
    }
}

/// A notice with what it says, and as a letter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecoveryNotice)]
pub struct LetterBody {
    issued_date: NaiveDate,
    /// Null until it is served.
    served_date: Option<NaiveDate>,
    /// The last day to pay, once it is served.
    pay_until: Option<NaiveDate>,
    content: Content,
    /// Ready to print.
    text_zh: String,
    text_en: String,
}

impl From<Letter> for LetterBody {
    fn from(letter: Letter) -> Self {
        let notice = letter.notice;
        Self {
            issued_date: notice.issued_date,
            served_date: notice.served_date,
            pay_until: notice.served_date.map(pay_until),
            content: notice.content,
            text_zh: letter.zh,
            text_en: letter.en,
        }
    }
}
