//! SQL of cases.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::life::{Position, State};
use super::model::Case;
use crate::access::{Scope, within};
use crate::casework::transfers::TransferState;
use crate::db::schema::{case_numbers, cases, transfers};
use crate::db::types::{self, from_json, to_json};
use crate::db::{Db, MultiBackend, Tx, on_unique};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ApplicationId, CaseId, ProgramVersionId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::programs::{Decision, Service, Step};

types::text_columns!(State);

diesel::allow_tables_to_appear_in_same_query!(cases, transfers);

#[derive(Queryable, Selectable)]
#[diesel(table_name = cases)]
struct Row {
    id: CaseId,
    case_number: String,
    service: Service,
    program_code: String,
    program_version_id: ProgramVersionId,
    resident_id: ResidentId,
    application_id: Option<ApplicationId>,
    division_code: DivisionCode,
    state: State,
    step: Option<Step>,
    round: i32,
    last_transition: i32,
    due_date: Option<NaiveDate>,
    details: String,
    version: i32,
    created_at: Timestamp,
    updated_at: Timestamp,
    submitted_at: Option<Timestamp>,
    decided_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
}

impl Row {
    fn read(self) -> Result<Case> {
        Ok(Case {
            id: self.id,
            case_number: self.case_number,
            service: self.service,
            program_code: self.program_code,
            program_version_id: self.program_version_id,
            resident_id: self.resident_id,
            application_id: self.application_id,
            division_code: self.division_code,
            position: Position {
                state: self.state,
                step: self.step,
                round: self.round,
            },
            last_transition: self.last_transition,
            due_date: self.due_date,
            details: from_json(&self.details)?,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            submitted_at: self.submitted_at,
            decided_at: self.decided_at,
            closed_at: self.closed_at,
        })
    }
}

pub fn find(db: &mut Db, scope: &Scope, id: CaseId) -> Result<Option<Case>> {
    let row: Option<Row> = cases::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(cases::division_code, cases::county_code, scope))
        .filter(cases::id.eq(id))
        .first(db.conn())
        .optional()?;
    row.map(Row::read).transpose()
}

/// What a case is called, and which version it has.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = cases)]
pub struct Named {
    pub id: CaseId,
    pub case_number: String,
    pub service: Service,
    pub program_code: String,
    pub version: i32,
}

/// Of these, the ones in sight.
pub fn named(db: &mut Db, scope: &Scope, ids: &[CaseId]) -> Result<Vec<Named>> {
    Ok(cases::table
        .select(Named::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(cases::division_code, cases::county_code, scope))
        .filter(cases::id.eq_any(ids))
        .load(db.conn())?)
}

/// A case wherever it is, for jobs.
pub fn anywhere(db: &mut Db, id: CaseId) -> Result<Case> {
    let row: Row = cases::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())?;
    row.read()
}

/// What the program's rules said of a case, with the facts it was said on.
pub fn eligibility(db: &mut Db, id: CaseId) -> Result<Decision> {
    let text: String = cases::table
        .find(id)
        .select(cases::eligibility)
        .first(db.conn())?;
    from_json(&text)
}

/// Which cases a list shows, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub step: Option<Step>,
    pub service: Option<Service>,
    pub program_code: Option<String>,
    pub resident: Option<ResidentId>,
    pub application: Option<ApplicationId>,
    pub number: Option<String>,
    pub order: Order,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Oldest,
    Newest,
    /// By submission; drafts have none and are left out.
    FirstSubmitted,
    LastSubmitted,
    /// What is due first; what is due never is left out.
    Due,
}

/// Where a page ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mark {
    id: CaseId,
    submitted_at: Option<Timestamp>,
    due_date: Option<NaiveDate>,
}

impl Mark {
    pub fn of(case: &Case) -> Self {
        Self {
            id: case.id,
            submitted_at: case.submitted_at,
            due_date: case.due_date,
        }
    }
}

/// `records` are those of the resident that the filter names.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    records: &[ResidentId],
    after: Option<&Mark>,
    count: i64,
) -> Result<Vec<Case>> {
    let mut query = cases::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(cases::division_code, cases::county_code, scope));
    if let Some(state) = filter.state {
        query = query.filter(cases::state.eq(state));
    }
    if let Some(step) = filter.step {
        query = query.filter(cases::step.eq(step));
    }
    if let Some(service) = filter.service {
        query = query.filter(cases::service.eq(service));
    }
    if let Some(code) = &filter.program_code {
        query = query.filter(cases::program_code.eq(code.clone()));
    }
    if !records.is_empty() {
        query = query.filter(cases::resident_id.eq_any(records));
    }
    if let Some(application) = filter.application {
        query = query.filter(cases::application_id.eq(application));
    }
    if let Some(number) = &filter.number {
        query = query.filter(cases::case_number.between(number.clone(), format!("{number}~")));
    }
    query = match filter.order {
        Order::Oldest | Order::Newest => query,
        Order::FirstSubmitted | Order::LastSubmitted => {
            query.filter(cases::submitted_at.is_not_null())
        }
        Order::Due => query.filter(cases::due_date.is_not_null()),
    };
    if let Some(mark) = after {
        let (submitted, due) = (mark.submitted_at, mark.due_date);
        query = match filter.order {
            Order::Oldest => query.filter(cases::id.gt(mark.id)),
            Order::Newest => query.filter(cases::id.lt(mark.id)),
            Order::FirstSubmitted => query.filter(
                cases::submitted_at
                    .gt(submitted)
                    .or(cases::submitted_at.eq(submitted).and(cases::id.gt(mark.id)))
                    .assume_not_null(),
            ),
            Order::LastSubmitted => query.filter(
                cases::submitted_at
                    .lt(submitted)
                    .or(cases::submitted_at.eq(submitted).and(cases::id.lt(mark.id)))
                    .assume_not_null(),
            ),
            Order::Due => query.filter(
                cases::due_date
                    .gt(due)
                    .or(cases::due_date.eq(due).and(cases::id.gt(mark.id)))
                    .assume_not_null(),
            ),
        };
    }
    query = match filter.order {
        Order::Oldest => query.order(cases::id.asc()),
        Order::Newest => query.order(cases::id.desc()),
        Order::FirstSubmitted => query.order((cases::submitted_at.asc(), cases::id.asc())),
        Order::LastSubmitted => query.order((cases::submitted_at.desc(), cases::id.desc())),
        Order::Due => query.order((cases::due_date.asc(), cases::id.asc())),
    };
    let rows: Vec<Row> = query.limit(count).load(db.conn())?;
    rows.into_iter().map(Row::read).collect()
}

/// When some cases were submitted first, of those that were.
pub fn submitted_at(db: &mut Db, ids: &[CaseId]) -> Result<HashMap<CaseId, Timestamp>> {
    let rows: Vec<(CaseId, Timestamp)> = cases::table
        .filter(cases::id.eq_any(ids))
        .filter(cases::submitted_at.is_not_null())
        .select((cases::id, cases::submitted_at.assume_not_null()))
        .load(db.conn())?;
    Ok(rows.into_iter().collect())
}

/// The programs of which somebody has a case that is not closed, as the key `cases_one_open` has it.
pub fn open_programs(db: &mut Db, records: &[ResidentId]) -> Result<Vec<String>> {
    let closed = State::ALL.iter().copied().filter(|state| state.is_closed());
    Ok(cases::table
        .filter(cases::resident_id.eq_any(records))
        .filter(cases::state.ne_all(closed))
        .select(cases::program_code)
        .load(db.conn())?)
}

/// The cases of somebody that are not closed.
pub fn open_of(db: &mut Db, resident: ResidentId) -> Result<Vec<Case>> {
    let closed = State::ALL.iter().copied().filter(|state| state.is_closed());
    let rows: Vec<Row> = cases::table
        .select(Row::as_select())
        .filter(cases::resident_id.eq(resident))
        .filter(cases::state.ne_all(closed))
        .order(cases::id)
        .load(db.conn())?;
    rows.into_iter().map(Row::read).collect()
}

/// The next case whose public notice ended before `day` without objection.
pub fn notice_over(db: &mut Db, day: NaiveDate) -> Result<Option<Case>> {
    let row: Option<Row> = cases::table
        .select(Row::as_select())
        .filter(cases::state.eq(State::InReview))
        .filter(cases::step.eq(Step::PublicNotice))
        .filter(cases::due_date.lt(day))
        // Of whom a transfer is offered, nothing moves.
        .filter(not(exists(
            transfers::table
                .filter(transfers::resident_id.eq(cases::resident_id))
                .filter(transfers::state.eq(TransferState::Offered)),
        )))
        .order(cases::id)
        .first(db.conn())
        .optional()?;
    row.map(Row::read).transpose()
}

/// `990121-2022-000123`: counted by county and year.
pub fn next_number(tx: &mut Tx<'_>, county: DivisionCode, year: i32) -> Result<String> {
    let place = case_numbers::table.find((county, year));
    let count = |tx: &mut Tx<'_>| {
        diesel::update(place)
            .set(case_numbers::last.eq(case_numbers::last + 1))
            .execute(tx.conn())
    };
    if count(tx)? == 0 {
        let begun = tx.attempt(|tx| {
            diesel::insert_into(case_numbers::table)
                .values((
                    case_numbers::county_code.eq(county),
                    case_numbers::year.eq(year),
                    case_numbers::last.eq(1),
                ))
                .execute(tx.conn())?;
            Ok(())
        });
        // Somebody else began the year in this moment.
        if begun.is_err() {
            count(tx)?;
        }
    }
    let last: i32 = place.select(case_numbers::last).first(tx.conn())?;
    let prefix: String = county.as_str().chars().take(6).collect();
    Ok(format!("{prefix}-{year}-{last:06}"))
}

pub fn insert(tx: &mut Tx<'_>, case: &Case, eligibility: &Decision, by: UserId) -> Result<()> {
    diesel::insert_into(cases::table)
        .values((
            cases::id.eq(case.id),
            cases::case_number.eq(&case.case_number),
            cases::service.eq(case.service),
            cases::program_code.eq(&case.program_code),
            cases::program_version_id.eq(case.program_version_id),
            cases::resident_id.eq(case.resident_id),
            cases::application_id.eq(case.application_id),
            cases::division_code.eq(case.division_code),
            cases::state.eq(case.position.state),
            cases::step.eq(case.position.step),
            cases::round.eq(case.position.round),
            cases::last_transition.eq(case.last_transition),
            cases::details.eq(to_json(&case.details)?),
            cases::eligibility.eq(to_json(eligibility)?),
            cases::version.eq(case.version),
            cases::created_by.eq(by),
            cases::created_at.eq(case.created_at),
            cases::updated_at.eq(case.updated_at),
        ))
        .execute(tx.conn())
        .map_err(one_open)?;
    Ok(())
}

/// A person has one open case in a program at a time.
fn one_open(error: diesel::result::Error) -> Error {
    on_unique(error, "cases.resident_id", "cases_one_open", || {
        Code::CaseOpen.into()
    })
}

/// Writes where a case now stands, and what the rules said if they were asked, if nobody moved it since
/// it was read.
pub fn update(tx: &mut Tx<'_>, case: &Case, decided: Option<&Decision>, seen: i32) -> Result<()> {
    let eligibility = decided.map(to_json).transpose()?;
    let same = cases::table
        .filter(cases::id.eq(case.id))
        .filter(cases::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            cases::program_version_id.eq(case.program_version_id),
            cases::state.eq(case.position.state),
            cases::step.eq(case.position.step),
            cases::round.eq(case.position.round),
            cases::last_transition.eq(case.last_transition),
            cases::due_date.eq(case.due_date),
            eligibility.map(|text| cases::eligibility.eq(text)),
            cases::version.eq(case.version),
            cases::updated_at.eq(case.updated_at),
            cases::submitted_at.eq(case.submitted_at),
            cases::decided_at.eq(case.decided_at),
            cases::closed_at.eq(case.closed_at),
        ))
        .execute(tx.conn())
        .map_err(one_open)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes where a case now lies, standing as it stood, if nobody moved it since it was read.
pub fn relocate(tx: &mut Tx<'_>, case: &Case, seen: i32) -> Result<()> {
    let same = cases::table
        .filter(cases::id.eq(case.id))
        .filter(cases::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            cases::division_code.eq(case.division_code),
            cases::last_transition.eq(case.last_transition),
            cases::version.eq(case.version),
            cases::updated_at.eq(case.updated_at),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}
