//! SQL of rehabilitation sessions.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Confirmation, ConfirmationMethod, Session, SessionState};
use crate::access::within;
use crate::db::schema::{rehabilitation_plans, rehabilitation_sessions};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{
    OrganizationId, RehabilitationPlanId, RehabilitationSessionId, SettlementLineId, UserId,
};
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::rehabilitation::plans::Sight;

types::text_columns!(ConfirmationMethod);

diesel::joinable!(rehabilitation_sessions -> rehabilitation_plans (plan_id));
diesel::allow_tables_to_appear_in_same_query!(rehabilitation_sessions, rehabilitation_plans);

pub const SEALED_COLUMNS: &[SealedColumn] = &[
    sealed_column!(rehabilitation_sessions::note of id: RehabilitationSessionId),
    sealed_column!(rehabilitation_sessions::guardian_name of id: RehabilitationSessionId),
    sealed_column!(rehabilitation_sessions::void_reason of id: RehabilitationSessionId),
];

fn place(column: &str, id: RehabilitationSessionId) -> String {
    format!("rehabilitation_sessions|{column}|{id}")
}

fn open(db: &Db, column: &str, id: RehabilitationSessionId, sealed: &[u8]) -> Result<String> {
    let plain = db.keys().open(&place(column, id), sealed);
    String::from_utf8(plain.map_err(Error::internal)?.to_vec()).map_err(Error::internal)
}

fn seal(tx: &Tx<'_>, column: &str, id: RehabilitationSessionId, text: &str) -> Result<Vec<u8>> {
    let sealed = tx.keys().seal(&place(column, id), text.as_bytes());
    sealed.map_err(Error::internal)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rehabilitation_sessions)]
struct Row {
    id: RehabilitationSessionId,
    plan_id: RehabilitationPlanId,
    organization_id: OrganizationId,
    session_date: NaiveDate,
    month: Month,
    started_at: Timestamp,
    minutes: i32,
    ended_at: Timestamp,
    therapist: String,
    note: Option<Vec<u8>>,
    recorded_by: UserId,
    recorded_at: Timestamp,
    guardian_name: Option<Vec<u8>>,
    confirmation_method: Option<ConfirmationMethod>,
    confirmed_date: Option<NaiveDate>,
    void_reason: Option<Vec<u8>>,
    settlement_line_id: Option<SettlementLineId>,
    version: i32,
}

fn read(db: &Db, row: Row) -> Result<Session> {
    let opened = |column: &str, sealed: Option<Vec<u8>>| match sealed {
        Some(sealed) => open(db, column, row.id, &sealed).map(Some),
        None => Ok(None),
    };
    let guardian_name = opened("guardian_name", row.guardian_name)?;
    let confirmation = match (guardian_name, row.confirmation_method, row.confirmed_date) {
        (Some(guardian_name), Some(method), Some(date)) => Some(Confirmation {
            guardian_name,
            method,
            date,
        }),
        _ => None,
    };
    Ok(Session {
        note: opened("note", row.note)?,
        void_reason: opened("void_reason", row.void_reason)?,
        confirmation,
        id: row.id,
        plan_id: row.plan_id,
        institution: row.organization_id,
        date: row.session_date,
        month: row.month,
        started_at: row.started_at,
        minutes: row.minutes,
        ended_at: row.ended_at,
        therapist: row.therapist,
        recorded_by: row.recorded_by,
        recorded_at: row.recorded_at,
        settlement_line: row.settlement_line_id,
        version: row.version,
    })
}

/// Which sessions a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<RehabilitationSessionId>,
    pub plan: Option<RehabilitationPlanId>,
    pub institution: Option<OrganizationId>,
    pub month: Option<Month>,
    pub state: Option<SessionState>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    sight: &Sight,
    filter: &Filter,
    after: Option<RehabilitationSessionId>,
    count: i64,
) -> Result<Vec<Session>> {
    let of_cases = within!(
        rehabilitation_plans::division_code,
        rehabilitation_plans::county_code,
        &sight.cases
    );
    let with_us = rehabilitation_plans::organization_id.eq_any(&sight.institutions);
    let mut query = rehabilitation_sessions::table
        .inner_join(rehabilitation_plans::table)
        .select(Row::as_select())
        .into_boxed::<MultiBackend>()
        .filter(of_cases.or(with_us));
    if let Some(id) = filter.id {
        query = query.filter(rehabilitation_sessions::id.eq(id));
    }
    if let Some(plan) = filter.plan {
        query = query.filter(rehabilitation_sessions::plan_id.eq(plan));
    }
    if let Some(institution) = filter.institution {
        query = query.filter(rehabilitation_sessions::organization_id.eq(institution));
    }
    if let Some(month) = filter.month {
        query = query.filter(rehabilitation_sessions::month.eq(month));
    }
    query = match filter.state {
        None => query,
        Some(SessionState::Void) => query.filter(rehabilitation_sessions::voided_at.is_not_null()),
        Some(SessionState::Confirmed) => query
            .filter(rehabilitation_sessions::voided_at.is_null())
            .filter(rehabilitation_sessions::confirmed_at.is_not_null()),
        Some(SessionState::Recorded) => query
            .filter(rehabilitation_sessions::voided_at.is_null())
            .filter(rehabilitation_sessions::confirmed_at.is_null()),
    };
    if let Some(after) = after {
        query = query.filter(rehabilitation_sessions::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(rehabilitation_sessions::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &Session) -> Result<()> {
    let note = match &new.note {
        Some(text) => Some(seal(tx, "note", new.id, text)?),
        None => None,
    };
    diesel::insert_into(rehabilitation_sessions::table)
        .values((
            rehabilitation_sessions::id.eq(new.id),
            rehabilitation_sessions::plan_id.eq(new.plan_id),
            rehabilitation_sessions::organization_id.eq(new.institution),
            rehabilitation_sessions::session_date.eq(new.date),
            rehabilitation_sessions::month.eq(new.month),
            rehabilitation_sessions::started_at.eq(new.started_at),
            rehabilitation_sessions::minutes.eq(new.minutes),
            rehabilitation_sessions::ended_at.eq(new.ended_at),
            rehabilitation_sessions::therapist.eq(&new.therapist),
            rehabilitation_sessions::note.eq(note),
            rehabilitation_sessions::recorded_by.eq(new.recorded_by),
            rehabilitation_sessions::recorded_at.eq(new.recorded_at),
            rehabilitation_sessions::version.eq(new.version),
        ))
        .execute(tx.conn())?;
    Ok(())
}

fn written(changed: usize) -> Result<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

/// Writes a guardian's confirmation, if nobody changed the session since it was read.
pub fn confirm(
    tx: &mut Tx<'_>,
    id: RehabilitationSessionId,
    confirmation: &Confirmation,
    by: UserId,
    seen: i32,
) -> Result<()> {
    let name = seal(tx, "guardian_name", id, &confirmation.guardian_name)?;
    let now = tx.now();
    let same = rehabilitation_sessions::table
        .find(id)
        .filter(rehabilitation_sessions::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            rehabilitation_sessions::guardian_name.eq(name),
            rehabilitation_sessions::confirmation_method.eq(confirmation.method),
            rehabilitation_sessions::confirmed_date.eq(confirmation.date),
            rehabilitation_sessions::confirmed_by.eq(by),
            rehabilitation_sessions::confirmed_at.eq(now),
            rehabilitation_sessions::version.eq(seen + 1),
        ))
        .execute(tx.conn())?;
    written(changed)
}

pub fn void(
    tx: &mut Tx<'_>,
    id: RehabilitationSessionId,
    why: &str,
    by: UserId,
    seen: i32,
) -> Result<()> {
    let (reason, now) = (seal(tx, "void_reason", id, why)?, tx.now());
    let same = rehabilitation_sessions::table
        .find(id)
        .filter(rehabilitation_sessions::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            rehabilitation_sessions::void_reason.eq(reason),
            rehabilitation_sessions::voided_by.eq(by),
            rehabilitation_sessions::voided_at.eq(now),
            rehabilitation_sessions::version.eq(seen + 1),
        ))
        .execute(tx.conn())?;
    written(changed)
}
