//! SQL of screenings and their history.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    Help, Screening, ScreeningAction, ScreeningEntry, ScreeningResult, ScreeningState, Step,
    allowed,
};
use crate::access::{Scope, within};
use crate::db::schema::{screening_transitions, screenings};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    CaseId, ReferralId, RehabilitationServiceId, ResidentId, ScreeningDeadlineId, ScreeningId,
    ScreeningTransitionId, UserId,
};
use crate::kernel::time::Timestamp;
use crate::rehabilitation::deadlines::ScreeningKind;

types::text_columns!(ScreeningResult, ScreeningState, ScreeningAction);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(screening_transitions::comment of id: ScreeningTransitionId)];

fn place(id: ScreeningTransitionId) -> String {
    format!("screening_transitions|comment|{id}")
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = screenings)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: ScreeningId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    kind: ScreeningKind,
    screened_date: NaiveDate,
    result: ScreeningResult,
    deadline_id: Option<ScreeningDeadlineId>,
    referral_id: Option<ReferralId>,
    recorded_by: UserId,
    recorded_at: Timestamp,
    state: ScreeningState,
    due_date: Option<NaiveDate>,
    last_transition: i32,
}

impl Row {
    fn read(self, today: NaiveDate) -> Screening {
        Screening {
            id: self.id,
            resident_id: self.resident_id,
            division_code: self.division_code,
            kind: self.kind,
            screened_date: self.screened_date,
            result: self.result,
            deadline_id: self.deadline_id,
            referral_id: self.referral_id,
            state: self.state,
            due_date: self.due_date,
            overdue: self.due_date.is_some_and(|due| due < today),
            allowed_actions: allowed(self.state),
            recorded_by: self.recorded_by,
            recorded_at: self.recorded_at,
            version: self.last_transition,
            history: None,
        }
    }
}

/// Which screenings a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<ScreeningId>,
    pub kind: Option<ScreeningKind>,
    pub result: Option<ScreeningResult>,
    pub state: Option<ScreeningState>,
    /// Only what was due before today.
    pub overdue: bool,
    /// All records of a person.
    pub residents: Option<Vec<ResidentId>>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<ScreeningId>,
    count: i64,
) -> Result<Vec<Screening>> {
    let today = db.today();
    let mut query = screenings::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            screenings::division_code,
            screenings::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(screenings::id.eq(id));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(screenings::kind.eq(kind));
    }
    if let Some(result) = filter.result {
        query = query.filter(screenings::result.eq(result));
    }
    if let Some(state) = filter.state {
        query = query.filter(screenings::state.eq(state));
    }
    if filter.overdue {
        query = query.filter(screenings::due_date.lt(today));
    }
    if let Some(residents) = &filter.residents {
        query = query.filter(screenings::resident_id.eq_any(residents.clone()));
    }
    if let Some(after) = after {
        query = query.filter(screenings::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(screenings::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(|row| row.read(today)).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &Screening) -> Result<()> {
    let row = Row {
        id: new.id,
        resident_id: new.resident_id,
        division_code: new.division_code,
        kind: new.kind,
        screened_date: new.screened_date,
        result: new.result,
        deadline_id: new.deadline_id,
        referral_id: new.referral_id,
        recorded_by: new.recorded_by,
        recorded_at: new.recorded_at,
        state: new.state,
        due_date: new.due_date,
        last_transition: new.version,
    };
    diesel::insert_into(screenings::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "screenings.resident_id",
                "screenings_resident_id_kind_screened_date_key",
                || Code::ScreeningKnown.into(),
            )
        })?;
    Ok(())
}

/// Writes where a screening now stands, if nobody moved it since it was read.
pub fn update(tx: &mut Tx<'_>, screening: &Screening, seen: i32) -> Result<()> {
    let same = screenings::table
        .find(screening.id)
        .filter(screenings::last_transition.eq(seen));
    let changed = diesel::update(same)
        .set((
            screenings::state.eq(screening.state),
            screenings::due_date.eq(screening.due_date),
            screenings::last_transition.eq(screening.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes the entry that led to where a screening now stands.
pub fn insert_entry(
    tx: &mut Tx<'_>,
    now_at: &Screening,
    from: Option<ScreeningState>,
    step: &Step,
    actor: UserId,
) -> Result<()> {
    let (id, now) = (tx.new_id(), tx.now());
    let seal = |text: &String| tx.keys().seal(&place(id), text.as_bytes());
    let comment = step.comment.as_ref().map(seal).transpose();
    let (case, service) = match step.help {
        None => (None, None),
        Some(Help::Case(case)) => (Some(case), None),
        Some(Help::Service(service)) => (None, Some(service)),
    };
    diesel::insert_into(screening_transitions::table)
        .values((
            screening_transitions::id.eq(id),
            screening_transitions::screening_id.eq(now_at.id),
            screening_transitions::sequence.eq(now_at.version),
            screening_transitions::action.eq(step.action),
            screening_transitions::previous_sequence.eq(from.map(|_| now_at.version - 1)),
            screening_transitions::from_state.eq(from),
            screening_transitions::to_state.eq(now_at.state),
            screening_transitions::on_date.eq(step.on_date),
            screening_transitions::place.eq(step.place.clone()),
            screening_transitions::case_id.eq(case),
            screening_transitions::service_id.eq(service),
            screening_transitions::comment.eq(comment.map_err(Error::internal)?),
            screening_transitions::actor_id.eq(actor),
            screening_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "screening_transitions.screening_id",
                "screening_transitions_screening_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = screening_transitions)]
struct EntryRow {
    id: ScreeningTransitionId,
    sequence: i32,
    action: ScreeningAction,
    from_state: Option<ScreeningState>,
    to_state: ScreeningState,
    on_date: NaiveDate,
    place: Option<String>,
    case_id: Option<CaseId>,
    service_id: Option<RehabilitationServiceId>,
    comment: Option<Vec<u8>>,
    actor_id: UserId,
    at: Timestamp,
}

/// What happened to a screening, from the beginning.
pub fn history(db: &mut Db, of: ScreeningId) -> Result<Vec<ScreeningEntry>> {
    let rows: Vec<EntryRow> = screening_transitions::table
        .filter(screening_transitions::screening_id.eq(of))
        .order(screening_transitions::sequence)
        .select(EntryRow::as_select())
        .load(db.conn())?;
    rows.into_iter()
        .map(|row| {
            let comment = row.comment.map(|sealed| {
                let plain = db.keys().open(&place(row.id), &sealed);
                String::from_utf8(plain.map_err(Error::internal)?.to_vec()).map_err(Error::internal)
            });
            Ok(ScreeningEntry {
                sequence: row.sequence,
                action: row.action,
                from_state: row.from_state,
                to_state: row.to_state,
                on_date: row.on_date,
                place: row.place,
                case_id: row.case_id,
                service_id: row.service_id,
                comment: comment.transpose()?,
                actor_id: row.actor_id,
                at: row.at,
            })
        })
        .collect()
}
