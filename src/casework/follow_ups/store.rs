//! SQL of follow-ups.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::model::{FollowUp, FollowUpKind, FollowUpState, Listed, Planned};
use crate::access::{Actor, Role, Scope, on_desk, within};
use crate::db::schema::{cases, follow_ups, residents};
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{CaseId, FollowUpId, FollowUpSubjectId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(FollowUpKind, FollowUpState);

diesel::allow_tables_to_appear_in_same_query!(follow_ups, cases);
diesel::allow_tables_to_appear_in_same_query!(follow_ups, residents);

#[derive(Queryable, Selectable)]
#[diesel(table_name = follow_ups)]
struct Row {
    id: FollowUpId,
    kind: FollowUpKind,
    case_id: Option<CaseId>,
    resident_id: Option<ResidentId>,
    division_code: DivisionCode,
    subject_id: FollowUpSubjectId,
    role: Role,
    due_date: NaiveDate,
    state: FollowUpState,
    planned_at: Timestamp,
    ended_by: Option<UserId>,
    ended_at: Option<Timestamp>,
    reason: Option<String>,
    kept_from: Option<UserId>,
}

impl From<Row> for FollowUp {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            planned: Planned {
                kind: row.kind,
                case_id: row.case_id,
                resident_id: row.resident_id,
                division_code: row.division_code,
                subject_id: row.subject_id,
                role: row.role,
                due_date: row.due_date,
                kept_from: row.kept_from,
            },
            state: row.state,
            planned_at: row.planned_at,
            ended_by: row.ended_by,
            ended_at: row.ended_at,
            reason: row.reason,
        }
    }
}

pub fn insert(tx: &mut Tx<'_>, new: &FollowUp) -> Result<()> {
    let planned = &new.planned;
    diesel::insert_into(follow_ups::table)
        .values((
            follow_ups::id.eq(new.id),
            follow_ups::kind.eq(planned.kind),
            follow_ups::case_id.eq(planned.case_id),
            follow_ups::resident_id.eq(planned.resident_id),
            follow_ups::division_code.eq(planned.division_code),
            follow_ups::subject_id.eq(planned.subject_id),
            follow_ups::role.eq(planned.role),
            follow_ups::due_date.eq(planned.due_date),
            follow_ups::state.eq(new.state),
            follow_ups::planned_at.eq(new.planned_at),
            follow_ups::kept_from.eq(planned.kept_from),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends one that is open.
pub fn end(
    tx: &mut Tx<'_>,
    id: FollowUpId,
    state: FollowUpState,
    by: Option<UserId>,
    reason: Option<&str>,
) -> Result<()> {
    let now = tx.now();
    let open = follow_ups::table
        .find(id)
        .filter(follow_ups::state.eq(FollowUpState::Open));
    let changed = diesel::update(open)
        .set((
            follow_ups::state.eq(state),
            follow_ups::ended_by.eq(by),
            follow_ups::ended_at.eq(now),
            follow_ups::reason.eq(reason),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::FollowUpEnded.into())
    }
}

/// Of one thing, the earliest first.
pub fn of_subject(db: &mut Db, subject: FollowUpSubjectId) -> Result<Vec<FollowUp>> {
    let rows: Vec<Row> = follow_ups::table
        .filter(follow_ups::subject_id.eq(subject))
        .order((follow_ups::due_date, follow_ups::id))
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Mark {
    pub due_date: NaiveDate,
    pub id: FollowUpId,
}

impl Mark {
    pub fn of(one: &FollowUp) -> Self {
        Self {
            due_date: one.planned.due_date,
            id: one.id,
        }
    }
}

/// Which of them.
#[derive(Debug, Default)]
pub struct Filter<'a> {
    pub id: Option<FollowUpId>,
    pub state: Option<FollowUpState>,
    pub kind: Option<FollowUpKind>,
    pub resident: Option<ResidentId>,
    pub due_before: Option<NaiveDate>,
    /// Only what somebody's roles look at, and nothing of whom they are related to.
    pub desk: Option<(&'a Actor, &'a [ResidentId])>,
    /// Nothing that is kept from who looks.
    pub viewer: Option<UserId>,
}

type ListedRow = (Row, Option<String>, Option<String>);

/// The most urgent first.
pub fn page(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter<'_>,
    after: Option<&Mark>,
    count: i64,
) -> Result<Vec<Listed>> {
    let mut query = follow_ups::table
        .left_join(cases::table.on(follow_ups::case_id.eq(cases::id.nullable())))
        .left_join(residents::table.on(residents::id.nullable().eq(follow_ups::resident_id)))
        .select((
            Row::as_select(),
            cases::case_number.nullable(),
            residents::name.nullable(),
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            follow_ups::division_code,
            follow_ups::county_code,
            scope
        ));
    if let Some(id) = filter.id {
        query = query.filter(follow_ups::id.eq(id));
    }
    if let Some(state) = filter.state {
        query = query.filter(follow_ups::state.eq(state));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(follow_ups::kind.eq(kind));
    }
    if let Some(resident) = filter.resident {
        query = query.filter(follow_ups::resident_id.eq(resident));
    }
    if let Some(day) = filter.due_before {
        query = query.filter(follow_ups::due_date.lt(day));
    }
    if let Some((actor, related)) = filter.desk {
        query = query
            .filter(on_desk!(follow_ups::role, follow_ups::division_code, actor))
            .filter(
                follow_ups::resident_id
                    .is_null()
                    .or(follow_ups::resident_id.ne_all(related).assume_not_null()),
            );
    }
    if let Some(viewer) = filter.viewer {
        let another = follow_ups::kept_from.ne(viewer).assume_not_null();
        query = query.filter(follow_ups::kept_from.is_null().or(another));
    }
    if let Some(mark) = after {
        let later = follow_ups::due_date.gt(mark.due_date);
        let same = follow_ups::due_date.eq(mark.due_date);
        query = query.filter(later.or(same.and(follow_ups::id.gt(mark.id))));
    }
    let rows: Vec<ListedRow> = query
        .order((follow_ups::due_date.asc(), follow_ups::id.asc()))
        .limit(count)
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(|(row, case_number, resident_name)| Listed {
            follow_up: row.into(),
            case_number,
            resident_name,
        })
        .collect())
}
