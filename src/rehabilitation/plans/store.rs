//! SQL of rehabilitation plans, their history and assessments.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    Assessment, AssessmentKind, Named, Plan, PlanAction, PlanState, RehabilitationOutcome, Sight,
    Turn,
};
use crate::access::within;
use crate::db::schema::{
    rehabilitation_assessments, rehabilitation_plan_transitions, rehabilitation_plans, users,
};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, OrganizationId, RehabilitationAssessmentId, RehabilitationPlanId,
    RehabilitationPlanTransitionId, ResidentId, UserId,
};
use crate::kernel::time::Timestamp;
use crate::rehabilitation::institutions::ServiceType;

types::text_columns!(PlanState, PlanAction, AssessmentKind, RehabilitationOutcome);

diesel::joinable!(rehabilitation_plans -> users (chosen_by));
diesel::joinable!(rehabilitation_plan_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(rehabilitation_plans, users);
diesel::allow_tables_to_appear_in_same_query!(rehabilitation_plan_transitions, users);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(rehabilitation_plans::goals of id: RehabilitationPlanId),
    sealed_column!(rehabilitation_plan_transitions::comment of id: RehabilitationPlanTransitionId),
    sealed_column!(rehabilitation_assessments::finding of id: RehabilitationAssessmentId),
];

fn goals_place(id: RehabilitationPlanId) -> String {
    format!("rehabilitation_plans|goals|{id}")
}

fn comment_place(id: RehabilitationPlanTransitionId) -> String {
    format!("rehabilitation_plan_transitions|comment|{id}")
}

fn finding_place(id: RehabilitationAssessmentId) -> String {
    format!("rehabilitation_assessments|finding|{id}")
}

fn open(db: &Db, place: &str, sealed: &[u8]) -> Result<String> {
    let plain = db.keys().open(place, sealed).map_err(Error::internal)?;
    String::from_utf8(plain.to_vec()).map_err(Error::internal)
}

fn seal(tx: &Tx<'_>, place: &str, text: &str) -> Result<Vec<u8>> {
    let sealed = tx.keys().seal(place, text.as_bytes());
    sealed.map_err(Error::internal)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rehabilitation_plans)]
struct Row {
    id: RehabilitationPlanId,
    case_id: CaseId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    program_code: String,
    organization_id: OrganizationId,
    service_type: ServiceType,
    goals: Vec<u8>,
    previous_plan_id: Option<RehabilitationPlanId>,
    place: Option<i32>,
    start_date: Option<NaiveDate>,
    end_date: Option<NaiveDate>,
    outcome: Option<RehabilitationOutcome>,
    state: PlanState,
    last_transition: i32,
    chosen_at: Timestamp,
}

fn read(db: &Db, (row, chosen_by): (Row, Named)) -> Result<Plan> {
    Ok(Plan {
        id: row.id,
        case_id: row.case_id,
        resident_id: row.resident_id,
        division_code: row.division_code,
        program_code: row.program_code,
        institution: row.organization_id,
        service_type: row.service_type,
        goals: open(db, &goals_place(row.id), &row.goals)?,
        previous: row.previous_plan_id,
        place: row.place,
        start_date: row.start_date,
        end_date: row.end_date,
        outcome: row.outcome,
        state: row.state,
        last_transition: row.last_transition,
        chosen_by,
        chosen_at: row.chosen_at,
    })
}

/// Which plans a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<RehabilitationPlanId>,
    pub division: Option<DivisionCode>,
    pub case: Option<CaseId>,
    pub institution: Option<OrganizationId>,
    pub state: Option<PlanState>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    sight: &Sight,
    filter: &Filter,
    after: Option<RehabilitationPlanId>,
    count: i64,
) -> Result<Vec<Plan>> {
    let of_cases = within!(
        rehabilitation_plans::division_code,
        rehabilitation_plans::county_code,
        &sight.cases
    );
    let mut query = rehabilitation_plans::table
        .inner_join(users::table)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .into_boxed::<MultiBackend>();
    // Where a child lives is not an institution's to ask.
    query = if filter.division.is_some() {
        query.filter(of_cases)
    } else {
        let with_us = rehabilitation_plans::organization_id.eq_any(&sight.institutions);
        query.filter(of_cases.or(with_us))
    };
    if let Some(id) = filter.id {
        query = query.filter(rehabilitation_plans::id.eq(id));
    }
    if let Some(division) = filter.division {
        let (lowest, highest) = division.range();
        query = query.filter(rehabilitation_plans::division_code.between(lowest, highest));
    }
    if let Some(case) = filter.case {
        query = query.filter(rehabilitation_plans::case_id.eq(case));
    }
    if let Some(institution) = filter.institution {
        query = query.filter(rehabilitation_plans::organization_id.eq(institution));
    }
    if let Some(state) = filter.state {
        query = query.filter(rehabilitation_plans::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(rehabilitation_plans::id.lt(after));
    }
    let rows: Vec<(Row, Named)> = query
        .order(rehabilitation_plans::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// All plans of a case, oldest first.
pub fn of_case(db: &mut Db, case: CaseId) -> Result<Vec<Plan>> {
    let rows: Vec<(Row, Named)> = rehabilitation_plans::table
        .inner_join(users::table)
        .filter(rehabilitation_plans::case_id.eq(case))
        .order(rehabilitation_plans::id)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

/// Whoever they are of.
pub fn known(db: &mut Db, ids: &[RehabilitationPlanId]) -> Result<Vec<Plan>> {
    let rows: Vec<(Row, Named)> = rehabilitation_plans::table
        .inner_join(users::table)
        .filter(rehabilitation_plans::id.eq_any(ids))
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &Plan) -> Result<()> {
    let goals = seal(tx, &goals_place(new.id), &new.goals)?;
    diesel::insert_into(rehabilitation_plans::table)
        .values((
            rehabilitation_plans::id.eq(new.id),
            rehabilitation_plans::case_id.eq(new.case_id),
            rehabilitation_plans::resident_id.eq(new.resident_id),
            rehabilitation_plans::division_code.eq(new.division_code),
            rehabilitation_plans::program_code.eq(&new.program_code),
            rehabilitation_plans::organization_id.eq(new.institution),
            rehabilitation_plans::service_type.eq(new.service_type),
            rehabilitation_plans::goals.eq(goals),
            rehabilitation_plans::previous_plan_id.eq(new.previous),
            rehabilitation_plans::place.eq(new.place),
            rehabilitation_plans::start_date.eq(new.start_date),
            rehabilitation_plans::state.eq(new.state),
            rehabilitation_plans::last_transition.eq(new.last_transition),
            rehabilitation_plans::chosen_by.eq(new.chosen_by.0),
            rehabilitation_plans::chosen_at.eq(new.chosen_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "rehabilitation_plans.case_id",
                "rehabilitation_plans_one",
                || Code::RehabilitationPlanOpen.into(),
            )
        })?;
    Ok(())
}

/// Writes where a plan now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, plan: &Plan, seen: i32) -> Result<()> {
    let same = rehabilitation_plans::table
        .find(plan.id)
        .filter(rehabilitation_plans::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            rehabilitation_plans::state.eq(plan.state),
            rehabilitation_plans::start_date.eq(plan.start_date),
            rehabilitation_plans::end_date.eq(plan.end_date),
            rehabilitation_plans::outcome.eq(plan.outcome),
            rehabilitation_plans::last_transition.eq(plan.last_transition),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes the entry that led to where a plan now stands.
pub fn insert_transition(
    tx: &mut Tx<'_>,
    plan: &Plan,
    (action, from): (PlanAction, Option<PlanState>),
    actor: UserId,
    comment: Option<&str>,
) -> Result<()> {
    let (id, now) = (tx.new_id(), tx.now());
    let comment = match comment {
        Some(text) => Some(seal(tx, &comment_place(id), text)?),
        None => None,
    };
    let sequence = plan.last_transition;
    diesel::insert_into(rehabilitation_plan_transitions::table)
        .values((
            rehabilitation_plan_transitions::id.eq(id),
            rehabilitation_plan_transitions::plan_id.eq(plan.id),
            rehabilitation_plan_transitions::sequence.eq(sequence),
            rehabilitation_plan_transitions::action.eq(action),
            rehabilitation_plan_transitions::previous_sequence.eq(from.map(|_| sequence - 1)),
            rehabilitation_plan_transitions::from_state.eq(from),
            rehabilitation_plan_transitions::to_state.eq(plan.state),
            rehabilitation_plan_transitions::actor_id.eq(actor),
            rehabilitation_plan_transitions::comment.eq(comment),
            rehabilitation_plan_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "rehabilitation_plan_transitions.plan_id",
                "rehabilitation_plan_transitions_plan_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rehabilitation_plan_transitions)]
struct TurnRow {
    id: RehabilitationPlanTransitionId,
    sequence: i32,
    action: PlanAction,
    from_state: Option<PlanState>,
    to_state: PlanState,
    comment: Option<Vec<u8>>,
    at: Timestamp,
}

/// What happened to a plan, from the beginning.
pub fn history(db: &mut Db, of: RehabilitationPlanId) -> Result<Vec<Turn>> {
    let rows: Vec<(TurnRow, Named)> = rehabilitation_plan_transitions::table
        .inner_join(users::table)
        .filter(rehabilitation_plan_transitions::plan_id.eq(of))
        .order(rehabilitation_plan_transitions::sequence)
        .select((
            TurnRow::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter()
        .map(|(row, actor)| {
            let comment = row
                .comment
                .map(|sealed| open(db, &comment_place(row.id), &sealed))
                .transpose()?;
            Ok(Turn {
                sequence: row.sequence,
                action: row.action,
                from: row.from_state,
                to: row.to_state,
                actor,
                comment,
                at: row.at,
            })
        })
        .collect()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rehabilitation_assessments)]
struct AssessmentRow {
    id: RehabilitationAssessmentId,
    kind: AssessmentKind,
    tool: String,
    score: i32,
    highest_score: Option<i32>,
    assessor: String,
    assessed_date: NaiveDate,
    finding: Option<Vec<u8>>,
    recorded_by: UserId,
    recorded_at: Timestamp,
}

/// In the order in which they were recorded.
pub fn assessments(db: &mut Db, of: RehabilitationPlanId) -> Result<Vec<Assessment>> {
    let rows: Vec<AssessmentRow> = rehabilitation_assessments::table
        .filter(rehabilitation_assessments::plan_id.eq(of))
        .order(rehabilitation_assessments::id)
        .select(AssessmentRow::as_select())
        .load(db.conn())?;
    rows.into_iter()
        .map(|row| {
            let finding = row
                .finding
                .map(|sealed| open(db, &finding_place(row.id), &sealed))
                .transpose()?;
            Ok(Assessment {
                id: row.id,
                kind: row.kind,
                tool: row.tool,
                score: row.score,
                highest_score: row.highest_score,
                assessor: row.assessor,
                assessed_date: row.assessed_date,
                finding,
                recorded_by: row.recorded_by,
                recorded_at: row.recorded_at,
            })
        })
        .collect()
}

pub fn insert_assessment(
    tx: &mut Tx<'_>,
    plan: RehabilitationPlanId,
    new: &Assessment,
) -> Result<()> {
    let finding = match &new.finding {
        Some(text) => Some(seal(tx, &finding_place(new.id), text)?),
        None => None,
    };
    diesel::insert_into(rehabilitation_assessments::table)
        .values((
            rehabilitation_assessments::id.eq(new.id),
            rehabilitation_assessments::plan_id.eq(plan),
            rehabilitation_assessments::kind.eq(new.kind),
            rehabilitation_assessments::tool.eq(&new.tool),
            rehabilitation_assessments::score.eq(new.score),
            rehabilitation_assessments::highest_score.eq(new.highest_score),
            rehabilitation_assessments::assessor.eq(&new.assessor),
            rehabilitation_assessments::assessed_date.eq(new.assessed_date),
            rehabilitation_assessments::finding.eq(finding),
            rehabilitation_assessments::recorded_by.eq(new.recorded_by),
            rehabilitation_assessments::recorded_at.eq(new.recorded_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}
