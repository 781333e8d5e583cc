//! SQL of assessments and of what they found.

use std::collections::HashSet;
use std::time::Duration;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{InNeed, NeedAssessment, NeedAssessmentState, Rank, Scored};
use crate::access::{Scope, within};
use crate::db::schema::{need_assessments, need_scores, residents, visits};
use crate::db::types::{from_json, to_json};
use crate::db::{Db, MultiBackend, Tx, insert_all, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{NeedAssessmentId, NeedStandardId, ResidentId, UserId, VisitId};
use crate::kernel::time::Timestamp;
use crate::outreach::visits::VisitState;
use crate::registry::residents::Mark;

types::text_columns!(NeedAssessmentState);

diesel::allow_tables_to_appear_in_same_query!(need_scores, residents);
diesel::allow_tables_to_appear_in_same_query!(need_scores, visits);
diesel::allow_tables_to_appear_in_same_query!(visits, residents);

#[derive(Queryable, Selectable)]
#[diesel(table_name = need_assessments)]
struct Row {
    id: NeedAssessmentId,
    division_code: DivisionCode,
    as_of: NaiveDate,
    state: NeedAssessmentState,
    done: i32,
    listed: i32,
    requested_by: UserId,
    requested_at: Timestamp,
    finished_at: Option<Timestamp>,
    version: i32,
}

impl From<Row> for NeedAssessment {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            division_code: row.division_code,
            as_of: row.as_of,
            state: row.state,
            done: row.done,
            listed: row.listed,
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            finished_at: row.finished_at,
            version: row.version,
        }
    }
}

pub fn insert(tx: &mut Tx<'_>, new: &NeedAssessment) -> Result<()> {
    diesel::insert_into(need_assessments::table)
        .values((
            need_assessments::id.eq(new.id),
            need_assessments::division_code.eq(new.division_code),
            need_assessments::as_of.eq(new.as_of),
            need_assessments::state.eq(new.state),
            need_assessments::done.eq(0),
            need_assessments::listed.eq(0),
            need_assessments::attempts.eq(0),
            need_assessments::tries.eq(0),
            need_assessments::requested_by.eq(new.requested_by),
            need_assessments::requested_at.eq(new.requested_at),
            need_assessments::version.eq(new.version),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "need_assessments.division_code",
                "need_assessments_open",
                || Code::NeedAssessmentOpen.into(),
            )
        })?;
    Ok(())
}

/// Whoever may see it is the caller's care.
pub fn find(db: &mut Db, id: NeedAssessmentId) -> Result<Option<NeedAssessment>> {
    let row: Option<Row> = need_assessments::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// The latest that was finished of one of some divisions.
pub fn latest(db: &mut Db, of: &[DivisionCode]) -> Result<Option<NeedAssessment>> {
    let row: Option<Row> = need_assessments::table
        .filter(need_assessments::division_code.eq_any(of))
        .filter(need_assessments::state.eq(NeedAssessmentState::Done))
        .order(need_assessments::id.desc())
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Newest first; of a scope, and of the divisions above it.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    above: &[DivisionCode],
    after: Option<NeedAssessmentId>,
    count: i64,
) -> Result<Vec<NeedAssessment>> {
    let mut query = need_assessments::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(
            within!(
                need_assessments::division_code,
                need_assessments::county_code,
                scope
            )
            .or(need_assessments::division_code.eq_any(above.to_vec())),
        );
    if let Some(after) = after {
        query = query.filter(need_assessments::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(need_assessments::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How long a process has for one piece before another may take the assessment over.
const LEASE: Duration = Duration::from_mins(2);
/// How often one is taken up without getting anywhere before it is given up.
const MOST_TRIES: i32 = 3;

/// The next that nobody works at; with how often it was taken up.
pub fn waiting(db: &mut Db) -> Result<Option<(NeedAssessmentId, i32)>> {
    let now = db.now();
    let left = need_assessments::state
        .eq(NeedAssessmentState::Running)
        .and(need_assessments::leased_until.lt(now).assume_not_null());
    Ok(need_assessments::table
        .filter(
            need_assessments::state
                .eq(NeedAssessmentState::Queued)
                .or(left),
        )
        .order(need_assessments::id)
        .select((need_assessments::id, need_assessments::attempts))
        .first(db.conn())
        .optional()?)
}

/// Takes one that was waiting, if nobody else did; where it stopped, and whether it may still be tried.
pub fn claim(tx: &mut Tx<'_>, id: NeedAssessmentId, attempts: i32) -> Result<(Option<Mark>, bool)> {
    let until = tx.now().plus(LEASE);
    let same = need_assessments::table
        .filter(need_assessments::id.eq(id))
        .filter(need_assessments::attempts.eq(attempts))
        .filter(
            need_assessments::state
                .eq_any([NeedAssessmentState::Queued, NeedAssessmentState::Running]),
        );
    let claimed = diesel::update(same)
        .set((
            need_assessments::state.eq(NeedAssessmentState::Running),
            need_assessments::attempts.eq(attempts + 1),
            need_assessments::tries.eq(need_assessments::tries + 1),
            need_assessments::leased_until.eq(until),
            need_assessments::version.eq(need_assessments::version + 1),
        ))
        .execute(tx.conn())?;
    once(claimed)?;
    let (reached, tries): (Option<String>, i32) = need_assessments::table
        .find(id)
        .select((need_assessments::reached, need_assessments::tries))
        .first(tx.conn())?;
    let reached = reached.map(|text| from_json(&text)).transpose()?;
    Ok((reached, tries <= MOST_TRIES))
}

/// Notes how far an assessment has come, while it is ours: in the transaction of the very rows.
pub fn advance(
    tx: &mut Tx<'_>,
    (id, attempt): (NeedAssessmentId, i32),
    reached: Mark,
    (done, listed): (i32, i32),
) -> Result<()> {
    let until = tx.now().plus(LEASE);
    let ours = need_assessments::table
        .filter(need_assessments::id.eq(id))
        .filter(need_assessments::state.eq(NeedAssessmentState::Running))
        .filter(need_assessments::attempts.eq(attempt));
    let changed = diesel::update(ours)
        .set((
            need_assessments::reached.eq(to_json(&reached)?),
            need_assessments::tries.eq(0),
            need_assessments::done.eq(need_assessments::done + done),
            need_assessments::listed.eq(need_assessments::listed + listed),
            need_assessments::leased_until.eq(until),
            need_assessments::version.eq(need_assessments::version + 1),
        ))
        .execute(tx.conn())?;
    once(changed)
}

/// Ends an assessment that is ours.
pub fn finish(
    tx: &mut Tx<'_>,
    (id, attempt): (NeedAssessmentId, i32),
    state: NeedAssessmentState,
) -> Result<()> {
    let now = tx.now();
    let ours = need_assessments::table
        .filter(need_assessments::id.eq(id))
        .filter(need_assessments::state.eq(NeedAssessmentState::Running))
        .filter(need_assessments::attempts.eq(attempt));
    let changed = diesel::update(ours)
        .set((
            need_assessments::state.eq(state),
            need_assessments::finished_at.eq(now),
            need_assessments::version.eq(need_assessments::version + 1),
        ))
        .execute(tx.conn())?;
    once(changed)
}

fn once(changed: usize) -> Result<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

#[derive(Insertable)]
#[diesel(table_name = need_scores)]
struct ScoreRow {
    assessment_id: NeedAssessmentId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    standard_id: NeedStandardId,
    score: i32,
    unknown_points: i32,
    served: bool,
}

/// Those of some residents whom an assessment has scored already, before they moved.
pub fn scored(
    db: &mut Db,
    of: NeedAssessmentId,
    residents: &[ResidentId],
) -> Result<HashSet<ResidentId>> {
    let found: Vec<ResidentId> = need_scores::table
        .filter(need_scores::assessment_id.eq(of))
        .filter(need_scores::resident_id.eq_any(residents))
        .select(need_scores::resident_id)
        .load(db.conn())?;
    Ok(found.into_iter().collect())
}

pub fn insert_scores(tx: &mut Tx<'_>, of: NeedAssessmentId, all: &[Scored]) -> Result<()> {
    let rows: Vec<_> = all
        .iter()
        .map(|one| ScoreRow {
            assessment_id: of,
            resident_id: one.resident_id,
            division_code: one.division_code,
            standard_id: one.standard_id,
            score: one.score,
            unknown_points: one.unknown_points,
            served: one.served,
        })
        .collect();
    insert_all!(tx, need_scores::table, &rows)?;
    Ok(())
}

/// Whose list, and whom of it.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    pub assessment: NeedAssessmentId,
    pub served: bool,
    pub min_score: Option<i32>,
}

type Found = (
    ResidentId,
    String,
    DivisionCode,
    i32,
    i32,
    NeedStandardId,
    bool,
    Option<VisitId>,
);

/// The highest score first; of those whose record still stands.
pub fn list(
    db: &mut Db,
    scope: &Scope,
    filter: Filter,
    after: Option<Rank>,
    count: i64,
) -> Result<Vec<InNeed>> {
    let planned = visits::resident_id
        .eq(need_scores::resident_id)
        .and(visits::state.eq(VisitState::Planned));
    let mut query = need_scores::table
        .inner_join(residents::table.on(residents::id.eq(need_scores::resident_id)))
        .left_join(visits::table.on(planned))
        .select((
            need_scores::resident_id,
            residents::name,
            need_scores::division_code,
            need_scores::score,
            need_scores::unknown_points,
            need_scores::standard_id,
            need_scores::served,
            visits::id.nullable(),
        ))
        .into_boxed::<MultiBackend>()
        .filter(need_scores::assessment_id.eq(filter.assessment))
        .filter(need_scores::served.eq(filter.served))
        .filter(residents::merged_into_id.is_null())
        .filter(within!(
            need_scores::division_code,
            need_scores::county_code,
            scope
        ));
    if let Some(score) = filter.min_score {
        query = query.filter(need_scores::score.ge(score));
    }
    if let Some(rank) = after {
        let same = need_scores::score
            .eq(rank.score)
            .and(need_scores::resident_id.gt(rank.resident_id));
        query = query
            // So that an index begins there.
            .filter(need_scores::score.le(rank.score))
            .filter(need_scores::score.lt(rank.score).or(same));
    }
    let rows: Vec<Found> = query
        .order((need_scores::score.desc(), need_scores::resident_id.asc()))
        .limit(count)
        .load(db.conn())?;
    let shown = |(
        resident_id,
        name,
        division_code,
        score,
        unknown_points,
        standard_id,
        served,
        planned,
    ): Found| {
        InNeed {
            resident_id,
            name,
            division_code,
            score,
            unknown_points,
            standard_id,
            served,
            planned_visit_id: planned,
        }
    };
    Ok(rows.into_iter().map(shown).collect())
}
