//! The steps of a plan, and what is assessed on its way.

use super::model::{
    Assessment, AssessmentKind, NewAssessment, NewPlanTransition, Plan, PlanAction, PlanState,
};
use super::service::{Shown, event, found, shown, sight, standing};
use super::store;
use crate::access::{Permit, acts};
use crate::casework::{recusals, transfers};
use crate::db::{Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::RehabilitationPlanId;

/// Admits, completes or ends.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RehabilitationAct>,
    id: RehabilitationPlanId,
    seen: IfMatch,
    mut request: NewPlanTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, &sight(permit), id)?;
    seen.check(old.last_transition)?;
    let state = standing(permit, &old).check(old.state, request.action)?;
    request.check()?;
    let user = permit.actor().user;
    recusals::service::apart(tx, user, &[old.resident_id])?;
    transfers::hold(transfers::service::offered(tx, old.resident_id)?)?;
    let today = tx.today();
    if request.action == PlanAction::Complete {
        let all = store::assessments(tx, id)?;
        let last = |one: &Assessment| {
            one.kind == AssessmentKind::Final
                && old
                    .start_date
                    .is_some_and(|start| one.assessed_date >= start)
        };
        if !all.iter().any(last) {
            return Err(Code::RehabilitationPlanNotAssessed.into());
        }
    }
    let begins = request.action == PlanAction::Admit;
    let moved = Plan {
        state,
        start_date: if begins { Some(today) } else { old.start_date },
        end_date: (!begins).then_some(today),
        outcome: request.outcome,
        last_transition: old.last_transition + 1,
        ..old.clone()
    };
    store::update(tx, &moved, old.last_transition)?;
    let entry = (request.action, Some(old.state));
    store::insert_transition(tx, &moved, entry, user, request.comment.as_deref())?;
    let event = event(permit.origin(), request.action.recorded_as(), &moved)
        .change("outcome", moved.outcome);
    let shown = shown(tx, permit, moved)?;
    tx.record(event, shown)
}

/// Records what was found, by the institution.
pub fn assess(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RehabilitationDeliver>,
    id: RehabilitationPlanId,
    mut new: NewAssessment,
) -> Result<Recorded<Shown>> {
    let plan = found(tx, &sight(permit), id)?;
    if !standing(permit, &plan).institution {
        return Err(Code::RehabilitationPlanSide.into());
    }
    new.check(tx.today())?;
    let user = permit.actor().user;
    recusals::service::apart(tx, user, &[plan.resident_id])?;
    if plan.state != PlanState::Active {
        return Err(Code::RehabilitationPlanNotActive.into());
    }
    let assessment = Assessment {
        id: tx.new_id(),
        kind: new.kind,
        tool: new.tool,
        score: new.score,
        highest_score: new.highest_score,
        assessor: new.assessor,
        assessed_date: new.assessed_date,
        finding: new.finding,
        recorded_by: user,
        recorded_at: tx.now(),
    };
    store::insert_assessment(tx, id, &assessment)?;
    let event = event(permit.origin(), "rehabilitation_plan.assessed", &plan)
        .change("kind", assessment.kind)
        .change("assessed_date", assessment.assessed_date);
    let shown = shown(tx, permit, plan)?;
    tx.record(event, shown)
}
