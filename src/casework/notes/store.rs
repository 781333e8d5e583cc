//! SQL of notes.

use diesel::prelude::*;

use super::model::Note;
use crate::db::schema::{case_notes, users};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CaseId, NoteId, UserId};
use crate::kernel::time::Timestamp;

diesel::allow_tables_to_appear_in_same_query!(case_notes, users);

pub const SEALED_COLUMNS: &[SealedColumn] = &[sealed_column!(case_notes::body of id: NoteId)];

fn place(id: NoteId) -> String {
    format!("case_notes|body|{id}")
}

pub fn insert(tx: &mut Tx<'_>, case: CaseId, author: UserId, text: &str) -> Result<NoteId> {
    let (id, now) = (tx.new_id::<crate::kernel::id::Note>(), tx.now());
    let body = tx.keys().seal(&place(id), text.as_bytes());
    diesel::insert_into(case_notes::table)
        .values((
            case_notes::id.eq(id),
            case_notes::case_id.eq(case),
            case_notes::author_id.eq(author),
            case_notes::body.eq(body.map_err(Error::internal)?),
            case_notes::written_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(id)
}

/// Newest first.
pub fn page(db: &mut Db, case: CaseId, after: Option<NoteId>, count: i64) -> Result<Vec<Note>> {
    type Row = (NoteId, (UserId, String, String), Vec<u8>, Timestamp);
    let mut query = case_notes::table
        .inner_join(users::table.on(case_notes::author_id.eq(users::id)))
        .select((
            case_notes::id,
            (users::id, users::username, users::display_name),
            case_notes::body,
            case_notes::written_at,
        ))
        .into_boxed::<MultiBackend>()
        .filter(case_notes::case_id.eq(case));
    if let Some(after) = after {
        query = query.filter(case_notes::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(case_notes::id.desc())
        .limit(count)
        .load(db.conn())?;
    rows.into_iter()
        .map(|(id, author, body, written_at)| {
            let text = db.keys().open(&place(id), &body).map_err(Error::internal)?;
            Ok(Note {
                id,
                author,
                text: String::from_utf8(text.to_vec()).map_err(Error::internal)?,
                written_at,
            })
        })
        .collect()
}
