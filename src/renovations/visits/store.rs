//! SQL of what was found.

use diesel::prelude::*;

use super::model::{RenovationVisit, RenovationVisitResult};
use crate::db::schema::renovation_visits;
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, Tx, types};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{FollowUpId, RenovationProjectId, RenovationVisitId, UserId};
use crate::kernel::time::Timestamp;

types::text_columns!(RenovationVisitResult);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(renovation_visits::note of id: RenovationVisitId)];

fn note_place(id: RenovationVisitId) -> String {
    format!("renovation_visits|note|{id}")
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = renovation_visits)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: RenovationVisitId,
    follow_up_id: FollowUpId,
    project_id: RenovationProjectId,
    result: RenovationVisitResult,
    note: Option<Vec<u8>>,
    visited_by: UserId,
    visited_at: Timestamp,
}

/// Of a project, the oldest first.
pub fn of(db: &mut Db, project: RenovationProjectId) -> Result<Vec<RenovationVisit>> {
    let rows: Vec<Row> = renovation_visits::table
        .filter(renovation_visits::project_id.eq(project))
        .order(renovation_visits::id)
        .select(Row::as_select())
        .load(db.conn())?;
    rows.into_iter()
        .map(|row| {
            let note = row.note.map(|sealed| {
                let plain = db.keys().open(&note_place(row.id), &sealed);
                let plain = plain.map_err(Error::internal)?;
                String::from_utf8(plain.to_vec()).map_err(Error::internal)
            });
            Ok(RenovationVisit {
                id: row.id,
                follow_up: row.follow_up_id,
                project: row.project_id,
                result: row.result,
                note: note.transpose()?,
                visited_by: row.visited_by,
                visited_at: row.visited_at,
            })
        })
        .collect()
}

pub fn insert(tx: &mut Tx<'_>, new: &RenovationVisit) -> Result<()> {
    let note = match &new.note {
        Some(note) => {
            let sealed = tx.keys().seal(&note_place(new.id), note.as_bytes());
            Some(sealed.map_err(Error::internal)?)
        }
        None => None,
    };
    diesel::insert_into(renovation_visits::table)
        .values(Row {
            id: new.id,
            follow_up_id: new.follow_up,
            project_id: new.project,
            result: new.result,
            note,
            visited_by: new.visited_by,
            visited_at: new.visited_at,
        })
        .execute(tx.conn())?;
    Ok(())
}
