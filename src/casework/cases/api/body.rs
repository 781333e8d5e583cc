//! A case and its history on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::casework::cases::life::State;
use crate::casework::cases::model::Transition;
use crate::casework::cases::service::{Action, Shown};
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{ApplicationId, CaseId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::programs::{Decision, Service, Step};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Case, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_number": "990121-2022-000123", "service": "subsidy",
    "program_code": "nursing_subsidy", "program_version": 2, "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "application_id": null, "division_code": "990121103201", "state": "in_review", "step": "initial_review", "allowed_actions": ["endorse", "return", "reject"],
    "due_date": "2022-07-18",
    "assignee": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "username": "township2.990121103", "display_name": "丙岭三号镇 审核人"}, "details": {}, "eligibility": {"outcome": "eligible", "program_version": 2, "decided_on": "2022-07-04",
        "clauses": [], "amount_fen": 55000, "amount_zh": "按自理能力分档", "amount_en": "by degree of care needed", "facts": {}},
    "version": 2, "created_at": "2022-07-04T01:00:00.000000Z", "updated_at": "2022-07-04T01:05:00.000000Z",
    "submitted_at": "2022-07-04T01:05:00.000000Z", "decided_at": null, "closed_at": null
}))]
pub struct CaseBody {
    #[schema(value_type = uuid::Uuid)]
    id: CaseId,
    /// What people quote.
    case_number: String,
    service: Service,
    program_code: String,
    program_version: i32,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    /// The one form that opened it along with others.
    #[schema(value_type = Option<uuid::Uuid>)]
    application_id: Option<ApplicationId>,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    state: State,
    /// The review step, while in review.
    step: Option<Step>,
    /// What you may do now.
    allowed_actions: Vec<Action>,
    /// When the present step is due.
    due_date: Option<NaiveDate>,
    /// With whom it waits; null where it waits with nobody.
    assignee: Option<Staff>,
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    details: Map<String, Value>,
    /// What the rules say, with every clause and the facts it was applied to. A list leaves it
    /// out: it speaks of health and means, and such a look is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    eligibility: Option<Decision>,
    version: i32,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    updated_at: Timestamp,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    submitted_at: Option<Timestamp>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    decided_at: Option<Timestamp>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    closed_at: Option<Timestamp>,
}

impl From<Shown> for CaseBody {
    fn from(shown: Shown) -> Self {
        let case = shown.case;
        Self {
            id: case.id,
            case_number: case.case_number,
            service: case.service,
            program_code: case.program_code,
            program_version: shown.program_version,
            resident_id: case.resident_id,
            application_id: case.application_id,
            division_code: case.division_code,
            state: case.position.state,
            step: case.position.step,
            allowed_actions: shown.allowed,
            due_date: case.due_date,
            assignee: shown.assignee.map(Into::into),
            details: case.details,
            eligibility: shown.eligibility,
            version: case.version,
            created_at: case.created_at,
            updated_at: case.updated_at,
            submitted_at: case.submitted_at,
            decided_at: case.decided_at,
            closed_at: case.closed_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transition, example = json!({
    "sequence": 3, "action": "endorse", "from_state": "in_review", "from_step": "initial_review",
    "to_state": "in_review", "to_step": "verification", "round": 1,
    "actor": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "username": "township2.990121103", "display_name": "丙岭三号镇 审核人"},
    "comment": "材料齐全", "at": "2022-07-05T01:00:00.000000Z"
}))]
pub struct TransitionBody {
    sequence: i32,
    action: Action,
    from_state: Option<State>,
    from_step: Option<Step>,
    to_state: State,
    to_step: Option<Step>,
    round: i32,
    /// Null when it happened by itself.
    actor: Option<Staff>,
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

/// Somebody of an office, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Staff {
    #[schema(value_type = uuid::Uuid)]
    id: UserId,
    username: String,
    display_name: String,
}

impl From<(UserId, String, String)> for Staff {
    fn from((id, username, display_name): (UserId, String, String)) -> Self {
        Self {
            id,
            username,
            display_name,
        }
    }
}

impl From<Transition> for TransitionBody {
    fn from(entry: Transition) -> Self {
        Self {
            sequence: entry.sequence,
            action: entry.action,
            from_state: entry.from.map(|(state, _)| state),
            from_step: entry.from.and_then(|(_, step)| step),
            to_state: entry.to.0,
            to_step: entry.to.1,
            round: entry.round,
            actor: entry.actor.map(Into::into),
            comment: entry.comment,
            at: entry.at,
        }
    }
}
