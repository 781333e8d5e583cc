//! SQL of requests for supplements.

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::model::{Supplement, SupplementOutcome};
use crate::access::{Scope, within};
use crate::casework::transfers::TransferState;
use crate::db::schema::{cases, supplement_requests, transfers};
use crate::db::{Db, MultiBackend, Tx, on_unique, types};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, SupplementRequestId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(SupplementOutcome);

diesel::allow_tables_to_appear_in_same_query!(supplement_requests, cases);
diesel::allow_tables_to_appear_in_same_query!(supplement_requests, transfers);

#[derive(Queryable, Selectable)]
#[diesel(table_name = supplement_requests)]
struct Row {
    id: SupplementRequestId,
    case_id: CaseId,
    sequence: i32,
    what: String,
    due_date: NaiveDate,
    remaining_days: i32,
    requested_by: UserId,
    requested_at: Timestamp,
    outcome: Option<SupplementOutcome>,
    ended_at: Option<Timestamp>,
    answered_by: Option<UserId>,
    answer: Option<String>,
}

fn read(row: Row) -> Result<Supplement> {
    Ok(Supplement {
        id: row.id,
        case_id: row.case_id,
        sequence: row.sequence,
        what: row.what,
        due_date: row.due_date,
        remaining_days: usize::try_from(row.remaining_days).map_err(Error::internal)?,
        requested_by: row.requested_by,
        requested_at: row.requested_at,
        outcome: row.outcome,
        ended_at: row.ended_at,
        answered_by: row.answered_by,
        answer: row.answer,
    })
}

pub fn insert(tx: &mut Tx<'_>, new: &Supplement) -> Result<()> {
    let remaining = i32::try_from(new.remaining_days).map_err(Error::internal)?;
    diesel::insert_into(supplement_requests::table)
        .values((
            supplement_requests::id.eq(new.id),
            supplement_requests::case_id.eq(new.case_id),
            supplement_requests::sequence.eq(new.sequence),
            supplement_requests::what.eq(&new.what),
            supplement_requests::due_date.eq(new.due_date),
            supplement_requests::remaining_days.eq(remaining),
            supplement_requests::requested_by.eq(new.requested_by),
            supplement_requests::requested_at.eq(new.requested_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "supplement_requests.case_id",
                "supplement_requests_open",
                || Code::SupplementOpen.into(),
            )
        })?;
    Ok(())
}

/// Within the scope of its case.
pub fn find(db: &mut Db, scope: &Scope, id: SupplementRequestId) -> Result<Option<Supplement>> {
    let row: Option<Row> = supplement_requests::table
        .inner_join(cases::table.on(cases::id.eq(supplement_requests::case_id)))
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(cases::division_code, cases::county_code, scope))
        .filter(supplement_requests::id.eq(id))
        .first(db.conn())
        .optional()?;
    row.map(read).transpose()
}

pub fn of_case(db: &mut Db, case: CaseId) -> Result<Vec<Supplement>> {
    let rows: Vec<Row> = supplement_requests::table
        .filter(supplement_requests::case_id.eq(case))
        .order(supplement_requests::id)
        .select(Row::as_select())
        .load(db.conn())?;
    rows.into_iter().map(read).collect()
}

/// The next one whose day passed before `day` without an answer; of whom a transfer is offered, nothing
/// lapses.
pub fn overdue(db: &mut Db, day: NaiveDate) -> Result<Option<Supplement>> {
    let held = cases::table
        .inner_join(transfers::table.on(transfers::resident_id.eq(cases::resident_id)))
        .filter(cases::id.eq(supplement_requests::case_id))
        .filter(transfers::state.eq(TransferState::Offered));
    let row: Option<Row> = supplement_requests::table
        .filter(not(exists(held)))
        .filter(supplement_requests::outcome.is_null())
        .filter(supplement_requests::due_date.lt(day))
        .order((supplement_requests::due_date, supplement_requests::case_id))
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    row.map(read).transpose()
}

/// Ends what waits for its answer.
pub fn end(
    tx: &mut Tx<'_>,
    id: SupplementRequestId,
    outcome: SupplementOutcome,
    answer: Option<(UserId, &str)>,
) -> Result<()> {
    let now = tx.now();
    let open = supplement_requests::table
        .filter(supplement_requests::id.eq(id))
        .filter(supplement_requests::outcome.is_null());
    let changed = diesel::update(open)
        .set((
            supplement_requests::outcome.eq(outcome),
            supplement_requests::ended_at.eq(now),
            supplement_requests::answered_by.eq(answer.map(|(by, _)| by)),
            supplement_requests::answer.eq(answer.map(|(_, text)| text)),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::SupplementEnded.into())
    }
}

/// What waits of a case waits at the task that follows.
pub fn carry(tx: &mut Tx<'_>, case: CaseId, sequence: i32) -> Result<()> {
    let open = supplement_requests::table
        .filter(supplement_requests::case_id.eq(case))
        .filter(supplement_requests::outcome.is_null());
    diesel::update(open)
        .set(supplement_requests::sequence.eq(sequence))
        .execute(tx.conn())?;
    Ok(())
}

/// The case went on: nobody waits any more.
pub fn close(tx: &mut Tx<'_>, case: CaseId) -> Result<()> {
    let now = tx.now();
    let open = supplement_requests::table
        .filter(supplement_requests::case_id.eq(case))
        .filter(supplement_requests::outcome.is_null());
    diesel::update(open)
        .set((
            supplement_requests::outcome.eq(SupplementOutcome::Closed),
            supplement_requests::ended_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}
