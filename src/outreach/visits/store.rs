//! SQL of visits, their history, and what was begun after them.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::findings::Findings;
use super::model::{Step, Visit, VisitAction, VisitCase, VisitEntry, VisitState, allowed};
use crate::access::{Scope, within};
use crate::casework::State;
use crate::db::schema::{cases, circumstances, residents, visit_cases, visit_transitions, visits};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, NeedAssessmentId, ResidentId, UserId, VisitId, VisitTransitionId};
use crate::kernel::time::Timestamp;
use crate::programs::Service;
use crate::registry::facts::CircumstanceKind;

types::text_columns!(VisitState, VisitAction);

diesel::allow_tables_to_appear_in_same_query!(visits, visit_cases);
diesel::allow_tables_to_appear_in_same_query!(visits, circumstances);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(visit_transitions::comment of id: VisitTransitionId)];

fn place(id: VisitTransitionId) -> String {
    format!("visit_transitions|comment|{id}")
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = visits)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: VisitId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    assessment_id: Option<NeedAssessmentId>,
    due_date: NaiveDate,
    state: VisitState,
    visited_date: Option<NaiveDate>,
    in_need: Option<bool>,
    planned_by: UserId,
    planned_at: Timestamp,
    last_transition: i32,
}

impl Row {
    fn read(self, today: NaiveDate) -> Visit {
        Visit {
            id: self.id,
            resident_id: self.resident_id,
            division_code: self.division_code,
            assessment_id: self.assessment_id,
            due_date: self.due_date,
            overdue: self.state == VisitState::Planned && self.due_date < today,
            state: self.state,
            visited_date: self.visited_date,
            in_need: self.in_need,
            allowed_actions: allowed(self.state),
            planned_by: self.planned_by,
            planned_at: self.planned_at,
            version: self.last_transition,
            history: None,
            cases: None,
        }
    }
}

/// Which visits a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<VisitId>,
    pub state: Option<VisitState>,
    /// Due on this day or later.
    pub due_from: Option<NaiveDate>,
    /// Due on this day or earlier.
    pub due_to: Option<NaiveDate>,
    /// Only what is planned and was due before today.
    pub overdue: bool,
    pub in_need: Option<bool>,
    /// Whether something was begun for them after the visit.
    pub taken: Option<bool>,
    /// All records of a person.
    pub residents: Option<Vec<ResidentId>>,
}

macro_rules! filtered {
    ($query:expr, $scope:expr, $filter:expr, $today:expr) => {{
        let filter: &Filter = $filter;
        let mut query = $query.into_boxed::<MultiBackend>().filter(within!(
            visits::division_code,
            visits::county_code,
            $scope
        ));
        if let Some(id) = filter.id {
            query = query.filter(visits::id.eq(id));
        }
        if let Some(state) = filter.state {
            query = query.filter(visits::state.eq(state));
        }
        if let Some(day) = filter.due_from {
            query = query.filter(visits::due_date.ge(day));
        }
        if let Some(day) = filter.due_to {
            query = query.filter(visits::due_date.le(day));
        }
        if filter.overdue {
            query = query
                .filter(visits::state.eq(VisitState::Planned))
                .filter(visits::due_date.lt($today));
        }
        if let Some(in_need) = filter.in_need {
            query = query.filter(visits::in_need.eq(in_need));
        }
        let begun =
            || diesel::dsl::exists(visit_cases::table.filter(visit_cases::visit_id.eq(visits::id)));
        match filter.taken {
            Some(true) => query = query.filter(begun()),
            Some(false) => query = query.filter(diesel::dsl::not(begun())),
            None => {}
        }
        if let Some(residents) = &filter.residents {
            query = query.filter(visits::resident_id.eq_any(residents.clone()));
        }
        query
    }};
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<VisitId>,
    count: i64,
) -> Result<Vec<Visit>> {
    let today = db.today();
    let mut query = filtered!(visits::table.select(Row::as_select()), scope, filter, today);
    if let Some(after) = after {
        query = query.filter(visits::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(visits::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(|row| row.read(today)).collect())
}

/// How many a list would show.
pub fn count(db: &mut Db, scope: &Scope, filter: &Filter) -> Result<i64> {
    let today = db.today();
    let query = filtered!(
        visits::table.select(diesel::dsl::count_star()),
        scope,
        filter,
        today
    );
    Ok(query.first(db.conn())?)
}

pub fn insert(tx: &mut Tx<'_>, new: &Visit) -> Result<()> {
    let row = Row {
        id: new.id,
        resident_id: new.resident_id,
        division_code: new.division_code,
        assessment_id: new.assessment_id,
        due_date: new.due_date,
        state: new.state,
        visited_date: new.visited_date,
        in_need: new.in_need,
        planned_by: new.planned_by,
        planned_at: new.planned_at,
        last_transition: new.version,
    };
    diesel::insert_into(visits::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(error, "visits.resident_id", "visits_open", || {
                Code::VisitOpen.into()
            })
        })?;
    Ok(())
}

/// Writes how a visit now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, visit: &Visit, seen: i32) -> Result<()> {
    let same = visits::table
        .find(visit.id)
        .filter(visits::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            visits::state.eq(visit.state),
            visits::visited_date.eq(visit.visited_date),
            visits::in_need.eq(visit.in_need),
            visits::last_transition.eq(visit.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Words as a column keeps them.
fn joined(services: &[Service]) -> String {
    let words: Vec<_> = services.iter().map(|one| one.as_str()).collect();
    words.join(" ")
}

/// Writes the entry that led to how a visit now stands; by nobody, where it lost its point by itself.
pub fn insert_entry(
    tx: &mut Tx<'_>,
    now_at: &Visit,
    from: Option<VisitState>,
    step: &Step,
    actor: Option<UserId>,
) -> Result<()> {
    let (id, now) = (tx.new_id(), tx.now());
    let seal = |text: &String| tx.keys().seal(&place(id), text.as_bytes());
    let comment = step.comment.as_ref().map(seal).transpose();
    let found = step.findings;
    diesel::insert_into(visit_transitions::table)
        .values((
            visit_transitions::id.eq(id),
            visit_transitions::visit_id.eq(now_at.id),
            visit_transitions::sequence.eq(now_at.version),
            visit_transitions::action.eq(step.action),
            visit_transitions::previous_sequence.eq(from.map(|_| now_at.version - 1)),
            visit_transitions::from_state.eq(from),
            visit_transitions::to_state.eq(now_at.state),
            visit_transitions::on_date.eq(step.on_date),
            (
                visit_transitions::lives_alone.eq(found.lives_alone),
                visit_transitions::care_missing.eq(found.care_missing),
                visit_transitions::housing_danger.eq(found.housing_danger),
                visit_transitions::income_missing.eq(found.income_missing),
                visit_transitions::medical_burden.eq(found.medical_burden),
                visit_transitions::device_missing.eq(found.device_missing),
            ),
            visit_transitions::services.eq(step.services.as_deref().map(joined)),
            visit_transitions::in_need.eq(step.in_need()),
            visit_transitions::comment.eq(comment.map_err(Error::internal)?),
            visit_transitions::actor_id.eq(actor),
            visit_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "visit_transitions.visit_id",
                "visit_transitions_visit_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = visit_transitions)]
struct EntryRow {
    id: VisitTransitionId,
    sequence: i32,
    action: VisitAction,
    from_state: Option<VisitState>,
    to_state: VisitState,
    on_date: Option<NaiveDate>,
    lives_alone: Option<bool>,
    care_missing: Option<bool>,
    housing_danger: Option<bool>,
    income_missing: Option<bool>,
    medical_burden: Option<bool>,
    device_missing: Option<bool>,
    services: Option<String>,
    comment: Option<Vec<u8>>,
    actor_id: Option<UserId>,
    at: Timestamp,
}

impl EntryRow {
    fn read(self, db: &Db) -> Result<VisitEntry> {
        let findings = Findings {
            lives_alone: self.lives_alone,
            care_missing: self.care_missing,
            housing_danger: self.housing_danger,
            income_missing: self.income_missing,
            medical_burden: self.medical_burden,
            device_missing: self.device_missing,
        };
        let words = self.services.as_deref().unwrap_or_default();
        let services = words.split_whitespace().map(str::parse);
        let comment = self.comment.map(|sealed| {
            let plain = db.keys().open(&place(self.id), &sealed);
            String::from_utf8(plain.map_err(Error::internal)?.to_vec()).map_err(Error::internal)
        });
        Ok(VisitEntry {
            sequence: self.sequence,
            action: self.action,
            from_state: self.from_state,
            to_state: self.to_state,
            on_date: self.on_date,
            findings: self.action.finds().then_some(findings),
            services: services
                .collect::<Result<_, _>>()
                .map_err(Error::internal)?,
            comment: comment.transpose()?,
            actor_id: self.actor_id,
            at: self.at,
        })
    }
}

/// What happened to a visit, from the beginning.
pub fn history(db: &mut Db, of: VisitId) -> Result<Vec<VisitEntry>> {
    let rows: Vec<EntryRow> = visit_transitions::table
        .filter(visit_transitions::visit_id.eq(of))
        .order(visit_transitions::sequence)
        .select(EntryRow::as_select())
        .load(db.conn())?;
    rows.into_iter().map(|row| row.read(db)).collect()
}

type CaseRow = (CaseId, String, Service, String, State, Timestamp);

/// What was begun in sight for a person from a day on, oldest first.
pub fn begun(
    db: &mut Db,
    scope: &Scope,
    records: &[ResidentId],
    from: NaiveDate,
) -> Result<Vec<VisitCase>> {
    let rows: Vec<CaseRow> = cases::table
        .select((
            cases::id,
            cases::case_number,
            cases::service,
            cases::program_code,
            cases::state,
            cases::created_at,
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(cases::division_code, cases::county_code, scope))
        .filter(cases::resident_id.eq_any(records.to_vec()))
        .filter(cases::created_at.ge(Timestamp::start_of(from)))
        .order(cases::created_at)
        .load(db.conn())?;
    let shown = |(id, case_number, service, program_code, state, created_at): CaseRow| VisitCase {
        id,
        case_number,
        service,
        program_code,
        state,
        created_at,
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// Why a planned visit has no point any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointless {
    Died,
    Left,
}

/// The next planned visit to somebody who has died, or left the county.
pub fn pointless(db: &mut Db) -> Result<Option<(Visit, Pointless)>> {
    let today = db.today();
    let dead = circumstances::table
        .filter(circumstances::kind.eq(CircumstanceKind::Death))
        .filter(circumstances::superseded_at.is_null())
        .filter(circumstances::valid_from.le(today))
        .select(circumstances::resident_id);
    let died: Option<Row> = visits::table
        .filter(visits::state.eq(VisitState::Planned))
        .filter(visits::resident_id.eq_any(dead))
        .order(visits::id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    if let Some(row) = died {
        return Ok(Some((row.read(today), Pointless::Died)));
    }
    let left: Option<Row> = visits::table
        .inner_join(residents::table.on(residents::id.eq(visits::resident_id)))
        .filter(visits::state.eq(VisitState::Planned))
        .filter(visits::county_code.ne(residents::county_code))
        .order(visits::id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(left.map(|row| (row.read(today), Pointless::Left)))
}
