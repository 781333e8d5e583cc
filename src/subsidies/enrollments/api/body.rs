//! An enrollment and its history on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::api::Staff;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{CaseId, EnrollmentId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::subsidies::enrollments::history::Told;
use crate::subsidies::enrollments::service::{Shown, Then};
use crate::subsidies::enrollments::{Claim, EnrollmentAction, EnrollmentReason, EnrollmentState};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Enrollment, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "program_code": "nursing_subsidy", "division_code": "990121103201",
    "state": "active", "allowed_actions": ["suspend", "stop"], "start_month": "2022-07", "stop_month": null,
    "rate_fen": 55000, "claim": null, "review_due_date": "2023-07-01", "version": 1,
    "created_at": "2022-08-11T02:00:00.000000Z", "updated_at": "2022-08-11T02:00:00.000000Z"
}))]
pub struct EnrollmentBody {
    #[schema(value_type = uuid::Uuid)]
    id: EnrollmentId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    #[schema(value_type = uuid::Uuid)]
    case_id: CaseId,
    program_code: String,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    /// Where its last entry led; what holds in a month is asked for by `valid_at`.
    state: EnrollmentState,
    /// What you may do now.
    allowed_actions: Vec<EnrollmentAction>,
    /// The first month it is paid for: that of submission, or the one after another of its group ended.
    #[schema(value_type = String)]
    start_month: Month,
    /// The last month it is paid for; the one before `start_month` where nothing is paid.
    #[schema(value_type = Option<String>)]
    stop_month: Option<Month>,
    /// Fen a month, at the time of approval.
    rate_fen: Fen,
    /// What it was granted for, where a contribution was claimed for; null elsewhere.
    claim: Option<ClaimBody>,
    /// By when it is to be reviewed, while it runs; null where its program says nothing of that.
    review_due_date: Option<NaiveDate>,
    version: i32,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    updated_at: Timestamp,
    /// What held in the month of `valid_at`, as known at `known_at`, where either was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    then: Option<EnrollmentThen>,
}

/// Part of a contribution to an insurance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnrollmentClaim, example = json!({"period_to": "2022-12", "contribution_fen": 560_000, "voucher_number": "3301-2022-0099", "total_fen": 280_000}))]
struct ClaimBody {
    /// The last month claimed for, whenever it stopped.
    #[schema(value_type = String)]
    period_to: Month,
    contribution_fen: Fen,
    voucher_number: String,
    /// For all months together: spread over them in whole fen, what is left over on the first.
    total_fen: Fen,
}

impl From<Claim> for ClaimBody {
    fn from(claim: Claim) -> Self {
        Self {
            period_to: claim.to,
            contribution_fen: claim.contribution_fen,
            voucher_number: claim.voucher_number,
            total_fen: claim.total_fen,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"month": "2022-09", "known_at": "2022-11-01T00:00:00.000000Z", "state": "suspended"}))]
struct EnrollmentThen {
    #[schema(value_type = String)]
    month: Month,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    known_at: Timestamp,
    /// Null before its first month, and before the office knew of it.
    state: Option<EnrollmentState>,
}

impl From<Then> for EnrollmentThen {
    fn from(then: Then) -> Self {
        Self {
            month: then.month,
            known_at: then.known_at,
            state: then.state,
        }
    }
}

impl From<Shown> for EnrollmentBody {
    fn from(shown: Shown) -> Self {
        let enrollment = shown.enrollment;
        Self {
            id: enrollment.id,
            resident_id: enrollment.resident_id,
            case_id: enrollment.case_id,
            program_code: enrollment.program_code,
            division_code: enrollment.division_code,
            state: enrollment.state,
            allowed_actions: shown.allowed,
            start_month: enrollment.start_month,
            stop_month: enrollment.stop_month,
            rate_fen: enrollment.rate_fen,
            claim: enrollment.claim.map(Into::into),
            review_due_date: enrollment.review_due_date,
            version: enrollment.version,
            created_at: enrollment.created_at,
            updated_at: enrollment.updated_at,
            then: shown.then.map(Into::into),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnrollmentTransition, example = json!({
    "sequence": 2, "action": "suspend", "to_state": "suspended", "effective_month": "2022-09", "reason": "missing",
    "comment": "多次上门未见", "at": "2022-08-20T01:00:00.000000Z",
    "actor": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "username": "county.990121", "display_name": "丙岭县残联经办人"}
}))]
pub struct EntryBody {
    sequence: i32,
    action: EnrollmentAction,
    to_state: EnrollmentState,
    /// From this month on it counts, and overrides the entries before it.
    #[schema(value_type = String)]
    effective_month: Month,
    reason: EnrollmentReason,
    comment: Option<String>,
    actor: Staff,
    /// When the office knew.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Told> for EntryBody {
    fn from(told: Told) -> Self {
        let entry = told.entry;
        Self {
            sequence: entry.sequence,
            action: entry.action,
            to_state: entry.to,
            effective_month: entry.effective_month,
            reason: entry.reason,
            comment: told.comment,
            actor: told.actor.into(),
            at: entry.at,
        }
    }
}
