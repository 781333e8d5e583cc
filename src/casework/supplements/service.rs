//! Use cases of supplements.

use super::model::{NewAnswer, NewSupplement, Supplement, SupplementOutcome, told};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::{Event, Origin};
use crate::casework::cases::service::{self as cases, Action};
use crate::casework::cases::{Case, Desk, clock};
use crate::casework::{tasks, transfers};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, RequestId, SupplementRequestId};

pub use super::store::{carry, close};

/// So many working days there are for an answer, unless the reviewer says otherwise.
const USUAL: usize = 10;

fn event(origin: &Origin, action: &'static str, case: &Case) -> Event {
    Event::new(origin, action)
        .on(&case.id)
        .about(case.resident_id)
        .within(case.division_code)
        .change("case_number", &case.case_number)
        .change("due_date", case.due_date)
}

pub fn list(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    id: CaseId,
) -> Result<Looked<Vec<Supplement>>> {
    let case = cases::found(db, permit, id)?;
    let all = store::of_case(db, id)?;
    db.looked(
        event(permit.origin(), "case.supplements_viewed", &case),
        all,
    )
}

/// Asks for something, as who might send the case back instead, and with that takes the step; its clock
/// stands still.
pub fn request(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    desk: &Desk,
    id: CaseId,
    seen: IfMatch,
    new: &NewSupplement,
) -> Result<Recorded<Supplement>> {
    let case = cases::found(tx, permit, id)?;
    seen.check(case.version)?;
    transfers::hold(transfers::service::offered(tx, case.resident_id)?)?;
    let what = told("/what", &new.what)?;
    let today = tx.today();
    let due_date = new.due_date.unwrap_or_else(|| desk.due(today, USUAL));
    if due_date <= today {
        return Err(Error::field(
            "/due_date",
            "due_date.past",
            "a day to come",
            "须为今后的日期",
        ));
    }
    let by = permit.actor();
    clock::take(tx, by, &case, Action::Return)?;
    // While the clock stands still, somebody waits for an answer already.
    let Some(step_due) = case.due_date else {
        return Err(Code::SupplementOpen.into());
    };
    let supplement = Supplement {
        id: tx.new_id(),
        case_id: id,
        sequence: case.last_transition,
        what: what.to_owned(),
        due_date,
        remaining_days: desk.overdue(today, step_due),
        requested_by: by.user,
        requested_at: tx.now(),
        outcome: None,
        ended_at: None,
        answered_by: None,
        answer: None,
    };
    tasks::service::pause(tx, id)?;
    store::insert(tx, &supplement)?;
    let case = clock::set_due(tx, &case, None)?;
    let event = event(permit.origin(), "case.supplement_requested", &case)
        .reason(what)
        .change("supplement_due_date", due_date);
    tx.record(event, supplement)
}

/// Answers, as who might withdraw the case instead, which is a duty of filing; the clock goes on with
/// what was left.
pub fn answer(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseFile>,
    desk: &Desk,
    id: SupplementRequestId,
    new: &NewAnswer,
) -> Result<Recorded<Supplement>> {
    let asked = store::find(tx, permit.scope(), id)?;
    let asked = asked.ok_or(Code::SupplementNotFound)?;
    let text = told("/comment", &new.comment)?;
    let case = cases::found(tx, permit, asked.case_id)?;
    if asked.outcome.is_some() {
        return Err(Code::SupplementEnded.into());
    }
    let by = permit.actor();
    clock::take(tx, by, &case, Action::Withdraw)?;
    store::end(tx, id, SupplementOutcome::Answered, Some((by.user, text)))?;
    let due_date = desk.due(tx.today(), asked.remaining_days);
    tasks::service::resume(tx, case.id, due_date)?;
    let case = clock::set_due(tx, &case, Some(due_date))?;
    let event = event(permit.origin(), "case.supplement_answered", &case).reason(text);
    let answered = Supplement {
        outcome: Some(SupplementOutcome::Answered),
        ended_at: Some(tx.now()),
        answered_by: Some(by.user),
        answer: Some(text.to_owned()),
        ..asked
    };
    tx.record(event, answered)
}

/// Whether a request's day has passed without an answer.
pub fn lapse_waits(db: &mut Db) -> Result<bool> {
    let today = db.today();
    Ok(store::overdue(db, today)?.is_some())
}

/// Sends the case back whose request has waited longest past its day.
pub fn lapse(tx: &mut Tx<'_>, desk: &Desk, request: RequestId) -> Result<Recorded<()>> {
    let today = tx.today();
    let Some(asked) = store::overdue(tx, today)? else {
        return Err(Code::SupplementNotFound.into());
    };
    store::end(tx, asked.id, SupplementOutcome::Lapsed, None)?;
    let case = clock::anywhere(tx, asked.case_id)?;
    let comment = format!("逾期未补正：{}", asked.what);
    cases::by_itself(tx, desk, request, &case, Action::Lapse, Some(&comment))
}
