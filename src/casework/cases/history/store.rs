//! SQL of what was done to cases, and of who did what.

use diesel::prelude::*;

use crate::casework::cases::life::{Action, Duty, Position, State};
use crate::casework::cases::model::Transition;
use crate::db::schema::{case_duties, case_transitions, users};
use crate::db::{Db, Tx, on_unique, types};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, UserId};
use crate::kernel::time::Timestamp;
use crate::programs::Step;

types::text_columns!(Action, Duty);

diesel::allow_tables_to_appear_in_same_query!(case_transitions, users);

/// What a user has done for a case, by round.
pub fn duties(db: &mut Db, case: CaseId, user: UserId) -> Result<Vec<(i32, Duty)>> {
    Ok(case_duties::table
        .filter(case_duties::case_id.eq(case))
        .filter(case_duties::user_id.eq(user))
        .select((case_duties::round, case_duties::duty))
        .load(db.conn())?)
}

/// The duties of a user on many cases, for a list.
pub fn duties_on(db: &mut Db, cases: &[CaseId], user: UserId) -> Result<Vec<(CaseId, i32, Duty)>> {
    Ok(case_duties::table
        .filter(case_duties::case_id.eq_any(cases))
        .filter(case_duties::user_id.eq(user))
        .select((case_duties::case_id, case_duties::round, case_duties::duty))
        .load(db.conn())?)
}

pub fn insert_duty(
    tx: &mut Tx<'_>,
    case: CaseId,
    round: i32,
    user: UserId,
    duty: Duty,
) -> Result<()> {
    diesel::insert_into(case_duties::table)
        .values((
            case_duties::case_id.eq(case),
            case_duties::round.eq(round),
            case_duties::user_id.eq(user),
            case_duties::duty.eq(duty),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(error, "case_duties.case_id", "case_duties_pkey", || {
                Error::new(Code::CaseSeparation)
            })
        })?;
    Ok(())
}

/// An entry about to be written.
#[derive(Debug)]
pub struct Entry<'a> {
    pub case: CaseId,
    pub sequence: i32,
    pub action: Action,
    pub from: Option<Position>,
    pub to: Position,
    pub actor: Option<UserId>,
    pub duty: Option<Duty>,
    pub comment: Option<&'a str>,
}

pub fn insert_transition(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<()> {
    let (id, now) = (tx.new_id::<crate::kernel::id::CaseTransition>(), tx.now());
    diesel::insert_into(case_transitions::table)
        .values((
            case_transitions::id.eq(id),
            case_transitions::case_id.eq(entry.case),
            case_transitions::sequence.eq(entry.sequence),
            case_transitions::round.eq(entry.to.round),
            case_transitions::action.eq(entry.action),
            case_transitions::previous_sequence.eq(entry.from.map(|_| entry.sequence - 1)),
            case_transitions::previous_round.eq(entry.from.map(|from| from.round)),
            case_transitions::from_state.eq(entry.from.map(|from| from.state)),
            case_transitions::from_step.eq(entry.from.and_then(|from| from.step)),
            case_transitions::to_state.eq(entry.to.state),
            case_transitions::to_step.eq(entry.to.step),
            case_transitions::actor_id.eq(entry.actor),
            case_transitions::duty.eq(entry.duty),
            case_transitions::comment.eq(entry.comment),
            case_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "case_transitions.case_id",
                "case_transitions_case_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

/// Id, user name and display name.
type Actor = (UserId, String, String);

#[derive(Queryable, Selectable)]
#[diesel(table_name = case_transitions)]
struct TransitionRow {
    sequence: i32,
    action: Action,
    from_state: Option<State>,
    from_step: Option<Step>,
    to_state: State,
    to_step: Option<Step>,
    round: i32,
    comment: Option<String>,
    at: Timestamp,
}

/// All of it, from the beginning.
pub fn all(db: &mut Db, case: CaseId) -> Result<Vec<Transition>> {
    let rows: Vec<(TransitionRow, Option<Actor>)> = case_transitions::table
        .left_join(users::table.on(case_transitions::actor_id.eq(users::id.nullable())))
        .filter(case_transitions::case_id.eq(case))
        .order(case_transitions::sequence)
        .select((
            TransitionRow::as_select(),
            (users::id, users::username, users::display_name).nullable(),
        ))
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(|(row, actor)| Transition {
            sequence: row.sequence,
            action: row.action,
            from: row.from_state.map(|state| (state, row.from_step)),
            to: (row.to_state, row.to_step),
            round: row.round,
            actor,
            comment: row.comment,
            at: row.at,
        })
        .collect())
}
