//! A case goes to another office, where it stands as it stood.

use super::history::{self, Entry};
use super::life::Action;
use super::model::Case;
use super::service::event;
use super::store;
use crate::audit::Origin;
use crate::casework::tasks;
use crate::db::{Recorded, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::UserId;

pub use super::store::open_of;

/// Moves an open case: the step is the same, and so is the day it is due. The version it follows is, too,
/// until it is submitted again.
pub fn relocate(
    tx: &mut Tx<'_>,
    origin: &Origin,
    old: &Case,
    to: DivisionCode,
    by: UserId,
) -> Result<Recorded<()>> {
    let case = Case {
        division_code: to,
        last_transition: old.last_transition + 1,
        version: old.version + 1,
        updated_at: tx.now(),
        ..old.clone()
    };
    store::relocate(tx, &case, old.version)?;
    let entry = Entry {
        case: case.id,
        sequence: case.last_transition,
        action: Action::Transfer,
        from: Some(old.position),
        to: case.position,
        actor: Some(by),
        duty: None,
        comment: None,
    };
    history::insert_transition(tx, &entry)?;
    let assignee = tasks::service::move_on(tx, &case)?;
    let event = event(origin, Action::Transfer.recorded_as(), &case)
        .change("from_division_code", old.division_code)
        .change("assignee_id", assignee);
    tx.record(event, ())
}
