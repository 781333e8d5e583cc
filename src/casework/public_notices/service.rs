//! Use cases of public notices.

use super::model::{
    Objection, PublicNotice, PublicNoticeOutcome, is_minor, objections as found_in,
};
use super::store;
use crate::access::{Permit, Scope, acts, divisions};
use crate::audit::Event;
use crate::casework::cases::Case;
use crate::casework::cases::service::{self as cases, Action};
use crate::db::{Db, Looked, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CaseId, PublicNoticeId};
use crate::programs::{self, Step};
use crate::registry::residents;

pub use super::store::Filter;

/// A case has moved to its public notice: it is published, unless the resident is a minor.
pub fn publish(tx: &mut Tx<'_>, scope: &Scope, case: &Case) -> Result<()> {
    let (Some(Step::PublicNotice), Some(to_date)) = (case.position.step, case.due_date) else {
        return Ok(());
    };
    let resident = residents::service::find(tx, scope, case.resident_id)?;
    let from_date = tx.today();
    if is_minor(resident.birth_date, from_date) {
        return Ok(());
    }
    let program = programs::service::find(tx, &case.program_code)?;
    let notice = PublicNotice {
        id: tx.new_id(),
        case_id: case.id,
        division_code: case.division_code,
        name_masked: resident.name.masked(),
        village_name: divisions::service::known(tx, case.division_code)?.name,
        program_code: program.code,
        program_name_zh: program.name_zh,
        program_name_en: program.name_en,
        amount_fen: cases::eligibility(tx, case.id)?.amount_fen,
        from_date,
        to_date,
        outcome: None,
        ended_at: None,
    };
    store::insert(tx, &notice, case.last_transition)
}

/// A case has moved: what was on notice is so no more.
pub fn end(tx: &mut Tx<'_>, case: CaseId, action: Action) -> Result<()> {
    store::end(tx, case, PublicNoticeOutcome::of(action))
}

/// Refuses to pass over an objection without a word.
pub fn nothing_to_answer(db: &mut Db, case: CaseId) -> Result<()> {
    if store::last_action(db, case)? == Some(Action::Object) {
        return Err(Error::field(
            "/comment",
            "comment.objection",
            "the decision on an objection says why",
            "对异议的处理须说明理由",
        ));
    }
    Ok(())
}

/// A page of what is or was on notice: nothing that was not published.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    division: Option<DivisionCode>,
    filter: &Filter,
    after: Option<PublicNoticeId>,
    count: i64,
) -> Result<Vec<PublicNotice>> {
    let scope = permit.scope_in(division)?;
    store::page(db, &scope, filter, after, count)
}

/// What was objected to a case, oldest first.
pub fn objections(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    id: CaseId,
) -> Result<Looked<Vec<Objection>>> {
    let case = cases::found(db, permit, id)?;
    let all = found_in(&cases::entries(db, id)?);
    let event = Event::new(permit.origin(), "case.objections_viewed")
        .on(&id)
        .about(case.resident_id)
        .within(case.division_code);
    db.looked(event, all)
}
