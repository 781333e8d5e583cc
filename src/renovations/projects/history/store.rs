//! SQL of a project's history.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{renovation_transitions, users};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, Tx, on_unique};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{RenovationProjectId, RenovationTransitionId, UserId};
use crate::kernel::time::Timestamp;
use crate::renovations::projects::model::{
    Named, Project, RenovationAction, RenovationState, Turn,
};

diesel::joinable!(renovation_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(renovation_transitions, users);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(renovation_transitions::comment of id: RenovationTransitionId)];

fn place(id: RenovationTransitionId) -> String {
    format!("renovation_transitions|comment|{id}")
}

fn open(db: &Db, id: RenovationTransitionId, sealed: &[u8]) -> Result<String> {
    let plain = db
        .keys()
        .open(&place(id), sealed)
        .map_err(Error::internal)?;
    String::from_utf8(plain.to_vec()).map_err(Error::internal)
}

fn seal(tx: &Tx<'_>, id: RenovationTransitionId, text: &str) -> Result<Vec<u8>> {
    let sealed = tx.keys().seal(&place(id), text.as_bytes());
    sealed.map_err(Error::internal)
}

/// Writes the entry that led to where a project now stands.
pub fn insert(
    tx: &mut Tx<'_>,
    one: &Project,
    (action, from): (RenovationAction, Option<RenovationState>),
    actor: UserId,
    (passed, comment): (Option<bool>, Option<&str>),
) -> Result<()> {
    let (id, now) = (tx.new_id(), tx.now());
    let comment = match comment {
        Some(text) => Some(seal(tx, id, text)?),
        None => None,
    };
    let sequence = one.last_transition;
    diesel::insert_into(renovation_transitions::table)
        .values((
            renovation_transitions::id.eq(id),
            renovation_transitions::project_id.eq(one.id),
            renovation_transitions::sequence.eq(sequence),
            renovation_transitions::action.eq(action),
            renovation_transitions::previous_sequence.eq(from.map(|_| sequence - 1)),
            renovation_transitions::from_state.eq(from),
            renovation_transitions::to_state.eq(one.state),
            renovation_transitions::actor_id.eq(actor),
            renovation_transitions::passed.eq(passed),
            renovation_transitions::comment.eq(comment),
            renovation_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "renovation_transitions.project_id",
                "renovation_transitions_project_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

/// The day on which a project was last said to be finished.
pub fn finished_on(db: &mut Db, project: RenovationProjectId) -> Result<Option<NaiveDate>> {
    let at: Option<Timestamp> = renovation_transitions::table
        .filter(renovation_transitions::project_id.eq(project))
        .filter(renovation_transitions::action.eq(RenovationAction::Finish))
        .order(renovation_transitions::sequence.desc())
        .select(renovation_transitions::at)
        .first(db.conn())
        .optional()?;
    Ok(at.map(Timestamp::office_date))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = renovation_transitions)]
struct TurnRow {
    id: RenovationTransitionId,
    sequence: i32,
    action: RenovationAction,
    from_state: Option<RenovationState>,
    to_state: RenovationState,
    passed: Option<bool>,
    comment: Option<Vec<u8>>,
    at: Timestamp,
}

/// What happened to a project, from the beginning.
pub fn of(db: &mut Db, project: RenovationProjectId) -> Result<Vec<Turn>> {
    let rows: Vec<(TurnRow, Named)> = renovation_transitions::table
        .inner_join(users::table)
        .filter(renovation_transitions::project_id.eq(project))
        .order(renovation_transitions::sequence)
        .select((
            TurnRow::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter()
        .map(|(row, actor)| {
            let comment = row
                .comment
                .map(|sealed| open(db, row.id, &sealed))
                .transpose()?;
            Ok(Turn {
                sequence: row.sequence,
                action: row.action,
                from: row.from_state,
                to: row.to_state,
                actor,
                passed: row.passed,
                comment,
                at: row.at,
            })
        })
        .collect()
}
