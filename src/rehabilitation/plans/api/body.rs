//! A rehabilitation plan on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::api::Staff;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{
    CaseId, OrganizationId, RehabilitationAssessmentId, RehabilitationPlanId, ResidentId, UserId,
};
use crate::kernel::time::Timestamp;
use crate::rehabilitation::institutions::ServiceType;
use crate::rehabilitation::plans::model::{
    Assessment, AssessmentKind, Child, PlanAction, PlanState, RehabilitationOutcome, Turn,
};
use crate::rehabilitation::plans::service::Shown;
use crate::rehabilitation::settlements::AnnualCap;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RehabilitationPlan, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "division_code": "990121103201", "program_code": "child_rehabilitation",
    "institution_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "institution_name": "丙岭县康复中心", "service_type": "physical",
    "previous_plan_id": null, "state": "active", "place_in_line": null, "start_date": "2022-07-04", "end_date": null, "outcome": null,
    "allowed_actions": ["end"],
    "chosen_by": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "username": "county.990121", "display_name": "丙岭县残联经办人"},
    "chosen_at": "2022-07-04T01:00:00.000000Z", "version": 1, "goals": "六个月内独立行走十米",
    "child": {"name": "张晓宝", "sex": "male", "birth_year": 2017, "impairment_type": "physical", "severity_level": 2},
    "assessments": [], "history": []
}))]
pub struct PlanBody {
    #[schema(value_type = uuid::Uuid)]
    id: RehabilitationPlanId,
    /// Null for the institution, which sees no case.
    #[schema(value_type = Option<uuid::Uuid>)]
    case_id: Option<CaseId>,
    /// Null for the institution.
    #[schema(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    /// Null for the institution.
    #[schema(value_type = Option<String>)]
    division_code: Option<DivisionCode>,
    program_code: String,
    /// The organization's id.
    #[schema(value_type = uuid::Uuid)]
    institution_id: OrganizationId,
    institution_name: String,
    service_type: ServiceType,
    /// Which this one takes over from.
    #[schema(value_type = Option<uuid::Uuid>)]
    previous_plan_id: Option<RehabilitationPlanId>,
    state: PlanState,
    /// Of one that waits; the first is 1.
    place_in_line: Option<usize>,
    start_date: Option<NaiveDate>,
    end_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    outcome: Option<RehabilitationOutcome>,
    /// What you may do now.
    allowed_actions: Vec<PlanAction>,
    chosen_by: Staff,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    chosen_at: Timestamp,
    version: i32,
    /// Left out of lists, as is what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    goals: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    child: Option<Child>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    assessments: Option<Vec<AssessmentBody>>,
    /// Of this year, once something was settled in it; it follows the child to another institution.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    annual_cap: Option<AnnualCap>,
    /// From the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    history: Option<Vec<PlanTurn>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RehabilitationAssessment)]
struct AssessmentBody {
    #[schema(value_type = uuid::Uuid)]
    id: RehabilitationAssessmentId,
    kind: AssessmentKind,
    tool: String,
    score: i32,
    highest_score: Option<i32>,
    assessor: String,
    assessed_date: NaiveDate,
    finding: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    recorded_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    recorded_at: Timestamp,
}

impl From<Assessment> for AssessmentBody {
    fn from(one: Assessment) -> Self {
        Self {
            id: one.id,
            kind: one.kind,
            tool: one.tool,
            score: one.score,
            highest_score: one.highest_score,
            assessor: one.assessor,
            assessed_date: one.assessed_date,
            finding: one.finding,
            recorded_by: one.recorded_by,
            recorded_at: one.recorded_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RehabilitationPlanTransition)]
struct PlanTurn {
    sequence: i32,
    action: PlanAction,
    from_state: Option<PlanState>,
    to_state: PlanState,
    actor: Staff,
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
}

impl From<Turn> for PlanTurn {
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

impl From<Shown> for PlanBody {
    fn from(shown: Shown) -> Self {
        let (plan, seen) = (shown.plan, shown.case_in_sight);
        let (goals, child, assessments, annual_cap, history) = match shown.told {
            Some(told) => (
                Some(plan.goals),
                Some(told.child),
                Some(told.assessments.into_iter().map(Into::into).collect()),
                told.annual_cap,
                Some(told.history.into_iter().map(Into::into).collect()),
            ),
            None => (None, None, None, None, None),
        };
        Self {
            id: plan.id,
            case_id: seen.then_some(plan.case_id),
            resident_id: seen.then_some(plan.resident_id),
            division_code: seen.then_some(plan.division_code),
            program_code: plan.program_code,
            institution_id: plan.institution,
            institution_name: shown.institution.name,
            service_type: plan.service_type,
            previous_plan_id: plan.previous,
            state: plan.state,
            place_in_line: shown.place_in_line,
            start_date: plan.start_date,
            end_date: plan.end_date,
            outcome: plan.outcome,
            allowed_actions: shown.allowed,
            chosen_by: plan.chosen_by.into(),
            chosen_at: plan.chosen_at,
            version: plan.last_transition,
            goals,
            child,
            assessments,
            annual_cap,
            history,
        }
    }
}
