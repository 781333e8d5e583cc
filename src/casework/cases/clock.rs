//! The clock of a case's present step, which may stand still while something is waited for.

use chrono::NaiveDate;

use super::history;
use super::life::Action;
use super::model::{Case, Situation};
use super::store;
use crate::access::Actor;
use crate::casework::recusals;
use crate::db::{Db, Tx};
use crate::kernel::error::Result;
use crate::kernel::id::CaseId;
use crate::programs;

/// Takes the duty of an action without the action; refuses whoever may not take that.
pub fn take(tx: &mut Tx<'_>, actor: &Actor, case: &Case, action: Action) -> Result<()> {
    let version = programs::service::version(tx, case.program_version_id)?;
    let steps = &version.terms.steps;
    let duties = history::duties(tx, case.id, actor.user)?;
    let ties = recusals::service::ties_of(tx, actor.user, case.resident_id)?;
    let situation = Situation {
        case,
        steps,
        actor,
        duties: &duties,
        ties: &ties,
        // What is only told, or answered, goes on.
        transfer: None,
        // No clock runs for what is closed.
        closing: None,
        today: tx.today(),
    };
    let next = situation.check(action)?;
    let round = next.to.round;
    match next.duty {
        Some(duty) if !duties.contains(&(round, duty)) => {
            history::insert_duty(tx, case.id, round, actor.user, duty)
        }
        _ => Ok(()),
    }
}

/// Writes by when the present step is due; nothing while its clock stands still.
pub fn set_due(tx: &mut Tx<'_>, old: &Case, due_date: Option<NaiveDate>) -> Result<Case> {
    let case = Case {
        due_date,
        version: old.version + 1,
        updated_at: tx.now(),
        ..old.clone()
    };
    store::update(tx, &case, None, old.version)?;
    Ok(case)
}

/// A case wherever it is, for jobs.
pub fn anywhere(db: &mut Db, id: CaseId) -> Result<Case> {
    store::anywhere(db, id)
}
