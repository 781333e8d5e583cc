//! SQL of what was done to enrollments.

use diesel::prelude::*;

use crate::db::schema::{enrollment_transitions, users};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, Tx, on_unique, types};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{EnrollmentId, EnrollmentTransitionId, UserId};
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::subsidies::enrollments::model::{
    EnrollmentAction, EnrollmentReason, EnrollmentState, EnrollmentTransition,
};

types::text_columns!(EnrollmentAction, EnrollmentReason);

diesel::joinable!(enrollment_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(enrollment_transitions, users);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(enrollment_transitions::comment of id: EnrollmentTransitionId)];

fn place(id: EnrollmentTransitionId) -> String {
    format!("enrollment_transitions|comment|{id}")
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

/// An entry as it is shown: by whom, and what they said.
#[derive(Debug, Clone)]
pub struct Told {
    pub entry: EnrollmentTransition,
    pub actor: Named,
    pub comment: Option<String>,
}

/// Writes an entry, after where its enrollment then stands.
pub fn insert(
    tx: &mut Tx<'_>,
    of: EnrollmentId,
    from: Option<EnrollmentState>,
    entry: &EnrollmentTransition,
    comment: Option<&str>,
) -> Result<()> {
    let id: EnrollmentTransitionId = tx.new_id();
    let comment = comment
        .map(|text| tx.keys().seal(&place(id), text.as_bytes()))
        .transpose()
        .map_err(Error::internal)?;
    let stop = entry.to == EnrollmentState::Stopped;
    diesel::insert_into(enrollment_transitions::table)
        .values((
            enrollment_transitions::id.eq(id),
            enrollment_transitions::enrollment_id.eq(of),
            enrollment_transitions::sequence.eq(entry.sequence),
            enrollment_transitions::action.eq(entry.action),
            enrollment_transitions::previous_sequence.eq(from.map(|_| entry.sequence - 1)),
            enrollment_transitions::from_state.eq(from),
            enrollment_transitions::to_state.eq(entry.to),
            enrollment_transitions::effective_month.eq(entry.effective_month),
            enrollment_transitions::stop_month.eq(stop.then(|| entry.effective_month.previous())),
            enrollment_transitions::reason.eq(entry.reason),
            enrollment_transitions::comment.eq(comment),
            enrollment_transitions::actor_id.eq(entry.actor),
            enrollment_transitions::at.eq(entry.at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "enrollment_transitions.enrollment_id",
                "enrollment_transitions_enrollment_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = enrollment_transitions)]
struct Row {
    enrollment_id: EnrollmentId,
    sequence: i32,
    action: EnrollmentAction,
    to_state: EnrollmentState,
    effective_month: Month,
    reason: EnrollmentReason,
    actor_id: UserId,
    at: Timestamp,
}

impl Row {
    fn read(self) -> EnrollmentTransition {
        EnrollmentTransition {
            sequence: self.sequence,
            action: self.action,
            to: self.to_state,
            effective_month: self.effective_month,
            reason: self.reason,
            actor: self.actor_id,
            at: self.at,
        }
    }
}

/// The entries of some enrollments, each from the beginning on.
pub fn entries(
    db: &mut Db,
    of: &[EnrollmentId],
) -> Result<Vec<(EnrollmentId, EnrollmentTransition)>> {
    let rows: Vec<Row> = enrollment_transitions::table
        .filter(enrollment_transitions::enrollment_id.eq_any(of))
        .order((
            enrollment_transitions::enrollment_id,
            enrollment_transitions::sequence,
        ))
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(|row| (row.enrollment_id, row.read()))
        .collect())
}

/// All of one enrollment with who did it and what they said.
pub fn told(db: &mut Db, of: EnrollmentId) -> Result<Vec<Told>> {
    type Comment = (EnrollmentTransitionId, Option<Vec<u8>>);
    let rows: Vec<(Row, Comment, Named)> = enrollment_transitions::table
        .inner_join(users::table)
        .filter(enrollment_transitions::enrollment_id.eq(of))
        .order(enrollment_transitions::sequence)
        .select((
            Row::as_select(),
            (enrollment_transitions::id, enrollment_transitions::comment),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter()
        .map(|(row, (id, sealed), actor)| {
            let comment = sealed.map(|sealed| open(db, id, &sealed)).transpose()?;
            Ok(Told {
                entry: row.read(),
                actor,
                comment,
            })
        })
        .collect()
}

fn open(db: &Db, id: EnrollmentTransitionId, sealed: &[u8]) -> Result<String> {
    let plain = db.keys().open(&place(id), sealed);
    let plain = plain.map_err(Error::internal)?;
    String::from_utf8(plain.to_vec()).map_err(Error::internal)
}
