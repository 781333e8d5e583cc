//! Use cases of notes.

use super::model::{NewNote, Note};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::casework::cases;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::error::Result;
use crate::kernel::id::{CaseId, NoteId};

pub use super::store::SEALED_COLUMNS;

/// Writes a note down, on open and closed cases alike. The record says that, not what it says.
pub fn write(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::NoteWrite>,
    case: CaseId,
    new: &NewNote,
) -> Result<Recorded<Note>> {
    let text = new.check()?;
    let case = cases::service::found(tx, permit, case)?;
    let actor = permit.actor();
    let id = store::insert(tx, case.id, actor.user, text)?;
    let note = Note {
        id,
        author: (
            actor.user,
            actor.username.clone(),
            actor.display_name.clone(),
        ),
        text: text.to_owned(),
        written_at: tx.now(),
    };
    let event = Event::new(permit.origin(), "note.written")
        .on(&id)
        .about(case.resident_id)
        .within(case.division_code)
        .change("case_id", case.id)
        .change("characters", text.chars().count());
    tx.record(event, note)
}

/// A page of the notes of a case: the look is recorded.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    case: CaseId,
    after: Option<NoteId>,
    count: i64,
) -> Result<Looked<Vec<Note>>> {
    let case = cases::service::found(db, permit, case)?;
    let notes = store::page(db, case.id, after, count)?;
    let event = Event::new(permit.origin(), "case.notes_viewed")
        .on(&case.id)
        .about(case.resident_id)
        .within(case.division_code);
    db.looked(event, notes)
}
