//! SQL of notices, and of what a closed case still allows.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    Closing, Content, Notice, NoticeKind, Recipient, Service, ServiceMethod, ask_until,
};
use crate::casework::cases::service::Action;
use crate::casework::cases::{Case, State};
use crate::db::schema::{case_transitions, cases, decision_notice_services, decision_notices};
use crate::db::types::{self, from_json, to_json};
use crate::db::{Db, Tx, on_unique};
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{CaseId, DecisionNoticeId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(NoticeKind, ServiceMethod, Recipient);

diesel::joinable!(decision_notice_services -> decision_notices (notice_id));
diesel::allow_tables_to_appear_in_same_query!(decision_notices, decision_notice_services);

#[derive(Queryable, Selectable)]
#[diesel(table_name = decision_notices)]
struct Row {
    id: DecisionNoticeId,
    case_id: CaseId,
    sequence: i32,
    kind: NoticeKind,
    number: String,
    content: String,
    issued_date: NaiveDate,
    issued_at: Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = decision_notice_services)]
struct ServiceRow {
    method: ServiceMethod,
    recipient: Option<Recipient>,
    served_date: NaiveDate,
    recorded_by: UserId,
    recorded_at: Timestamp,
}

fn read((row, service): (Row, Option<ServiceRow>)) -> Result<Notice> {
    Ok(Notice {
        id: row.id,
        case_id: row.case_id,
        sequence: row.sequence,
        kind: row.kind,
        number: row.number,
        content: from_json(&row.content)?,
        issued_date: row.issued_date,
        issued_at: row.issued_at,
        service: service.map(|row| Service {
            method: row.method,
            recipient: row.recipient,
            served_date: row.served_date,
            recorded_by: row.recorded_by,
            recorded_at: row.recorded_at,
        }),
    })
}

/// Of a case, oldest first.
pub fn of_case(db: &mut Db, case: CaseId) -> Result<Vec<Notice>> {
    let rows: Vec<(Row, Option<ServiceRow>)> = decision_notices::table
        .left_join(decision_notice_services::table)
        .filter(decision_notices::case_id.eq(case))
        .order(decision_notices::sequence)
        .select((Row::as_select(), Option::<ServiceRow>::as_select()))
        .load(db.conn())?;
    rows.into_iter().map(read).collect()
}

pub fn find(db: &mut Db, case: CaseId, id: DecisionNoticeId) -> Result<Option<Notice>> {
    let row: Option<(Row, Option<ServiceRow>)> = decision_notices::table
        .left_join(decision_notice_services::table)
        .filter(decision_notices::case_id.eq(case))
        .filter(decision_notices::id.eq(id))
        .select((Row::as_select(), Option::<ServiceRow>::as_select()))
        .first(db.conn())
        .optional()?;
    row.map(read).transpose()
}

pub fn insert(
    tx: &mut Tx<'_>,
    case: &Case,
    kind: NoticeKind,
    number: &str,
    content: &Content,
) -> Result<()> {
    let (id, now, today) = (
        tx.new_id::<crate::kernel::id::DecisionNotice>(),
        tx.now(),
        tx.today(),
    );
    diesel::insert_into(decision_notices::table)
        .values((
            decision_notices::id.eq(id),
            decision_notices::case_id.eq(case.id),
            decision_notices::sequence.eq(case.last_transition),
            decision_notices::kind.eq(kind),
            decision_notices::number.eq(number),
            decision_notices::content.eq(to_json(content)?),
            decision_notices::issued_date.eq(today),
            decision_notices::issued_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

pub fn insert_service(tx: &mut Tx<'_>, notice: &Notice, service: &Service) -> Result<()> {
    diesel::insert_into(decision_notice_services::table)
        .values((
            decision_notice_services::notice_id.eq(notice.id),
            decision_notice_services::issued_date.eq(notice.issued_date),
            decision_notice_services::method.eq(service.method),
            decision_notice_services::recipient.eq(service.recipient),
            decision_notice_services::served_date.eq(service.served_date),
            decision_notice_services::recorded_by.eq(service.recorded_by),
            decision_notice_services::recorded_at.eq(service.recorded_at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "decision_notice_services.notice_id",
                "decision_notice_services_pkey",
                || Code::NoticeServed.into(),
            )
        })?;
    Ok(())
}

/// Who rejected or stopped a case last.
pub fn decider(db: &mut Db, case: CaseId) -> Result<Option<UserId>> {
    let by: Option<Option<UserId>> = case_transitions::table
        .filter(case_transitions::case_id.eq(case))
        .filter(case_transitions::action.eq_any([Action::Reject, Action::Terminate]))
        .order(case_transitions::sequence.desc())
        .select(case_transitions::actor_id)
        .first(db.conn())
        .optional()?;
    Ok(by.flatten())
}

type Ending = (CaseId, i32, Action, State, Option<UserId>, Timestamp);

/// How each of some cases was closed last, with the entry of its history.
pub fn closings(db: &mut Db, of: &[CaseId]) -> Result<HashMap<CaseId, (i32, Closing)>> {
    let entries: Vec<Ending> = case_transitions::table
        .filter(case_transitions::case_id.eq_any(of))
        .filter(case_transitions::action.eq_any([
            Action::Reject,
            Action::Terminate,
            Action::RequestReconsideration,
        ]))
        .order((case_transitions::case_id, case_transitions::sequence))
        .select((
            case_transitions::case_id,
            case_transitions::sequence,
            case_transitions::action,
            case_transitions::to_state,
            case_transitions::actor_id,
            case_transitions::at,
        ))
        .load(db.conn())?;
    let mut all: HashMap<CaseId, (i32, Closing)> = HashMap::new();
    for (case, sequence, action, state, by, at) in entries {
        match (action, by) {
            (Action::RequestReconsideration, _) => {
                if let Some((_, closing)) = all.get_mut(&case) {
                    closing.asked = true;
                }
            }
            (_, Some(by)) => {
                let closing = Closing {
                    state,
                    by,
                    ask_until: ask_until(at.office_date()),
                    asked: false,
                    other_open: false,
                };
                all.insert(case, (sequence, closing));
            }
            (_, None) => {}
        }
    }
    Ok(all)
}

/// When notices of some cases were served, by the entry that each is of.
pub fn served(db: &mut Db, of: &[CaseId]) -> Result<HashMap<(CaseId, i32), NaiveDate>> {
    let rows: Vec<(CaseId, i32, NaiveDate)> = decision_notices::table
        .inner_join(decision_notice_services::table)
        .filter(decision_notices::case_id.eq_any(of))
        .select((
            decision_notices::case_id,
            decision_notices::sequence,
            decision_notice_services::served_date,
        ))
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(|(case, sequence, date)| ((case, sequence), date))
        .collect())
}

/// Cases that are not closed of some residents, by program.
pub fn open(db: &mut Db, of: &[ResidentId]) -> Result<Vec<(ResidentId, String, CaseId)>> {
    Ok(cases::table
        .filter(cases::resident_id.eq_any(of))
        .filter(cases::state.eq_any(State::OPEN))
        .select((cases::resident_id, cases::program_code, cases::id))
        .load(db.conn())?)
}
