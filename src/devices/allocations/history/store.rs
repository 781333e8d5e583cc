//! SQL of what happened to allocations.

use diesel::prelude::*;

use crate::db::schema::{device_allocation_transitions, users};
use crate::db::{Db, Tx, on_unique};
use crate::devices::allocations::model::{
    Allocation, AllocationAction, AllocationState, Named, Turn,
};
use crate::devices::allocations::store::{open, seal};
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{DeviceAllocationId, DeviceAllocationTransitionId, UserId};
use crate::kernel::time::Timestamp;

diesel::joinable!(device_allocation_transitions -> users (actor_id));
diesel::allow_tables_to_appear_in_same_query!(device_allocation_transitions, users);

fn comment_place(id: DeviceAllocationTransitionId) -> String {
    format!("device_allocation_transitions|comment|{id}")
}

/// Writes the entry that led to where an allocation now stands.
pub fn insert_transition(
    tx: &mut Tx<'_>,
    one: &Allocation,
    (action, from): (AllocationAction, Option<AllocationState>),
    actor: UserId,
    comment: Option<&str>,
) -> Result<()> {
    let (id, now) = (tx.new_id(), tx.now());
    let comment = match comment {
        Some(text) => Some(seal(tx, &comment_place(id), text)?),
        None => None,
    };
    let sequence = one.last_transition;
    diesel::insert_into(device_allocation_transitions::table)
        .values((
            device_allocation_transitions::id.eq(id),
            device_allocation_transitions::allocation_id.eq(one.id),
            device_allocation_transitions::sequence.eq(sequence),
            device_allocation_transitions::action.eq(action),
            device_allocation_transitions::previous_sequence.eq(from.map(|_| sequence - 1)),
            device_allocation_transitions::from_state.eq(from),
            device_allocation_transitions::to_state.eq(one.state),
            device_allocation_transitions::actor_id.eq(actor),
            device_allocation_transitions::comment.eq(comment),
            device_allocation_transitions::at.eq(now),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            // Two people acted on the same version; the other one was first.
            on_unique(
                error,
                "device_allocation_transitions.allocation_id",
                "device_allocation_transitions_allocation_id_sequence_key",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = device_allocation_transitions)]
struct TurnRow {
    id: DeviceAllocationTransitionId,
    sequence: i32,
    action: AllocationAction,
    from_state: Option<AllocationState>,
    to_state: AllocationState,
    comment: Option<Vec<u8>>,
    at: Timestamp,
}

/// When the piece was issued or bought, if it was.
pub fn supplied_at(db: &mut Db, of: DeviceAllocationId) -> Result<Option<Timestamp>> {
    let supplies = [AllocationAction::Issue, AllocationAction::Purchase];
    Ok(device_allocation_transitions::table
        .filter(device_allocation_transitions::allocation_id.eq(of))
        .filter(device_allocation_transitions::action.eq_any(supplies))
        .select(device_allocation_transitions::at)
        .first(db.conn())
        .optional()?)
}

/// What happened to an allocation, from the beginning.
pub fn history(db: &mut Db, of: DeviceAllocationId) -> Result<Vec<Turn>> {
    let rows: Vec<(TurnRow, Named)> = device_allocation_transitions::table
        .inner_join(users::table)
        .filter(device_allocation_transitions::allocation_id.eq(of))
        .order(device_allocation_transitions::sequence)
        .select((
            TurnRow::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter()
        .map(|(row, actor)| {
            let comment = row
                .comment
                .map(|sealed| open(db, &comment_place(row.id), &sealed))
                .transpose()?;
            Ok(Turn {
                sequence: row.sequence,
                action: row.action,
                from: row.from_state,
                to: row.to_state,
                actor,
                comment,
                at: row.at,
            })
        })
        .collect()
}
