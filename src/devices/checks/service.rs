//! Use cases of what is found when a device is looked at again.

use super::model::{DeviceCheck, NewDeviceCheck};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::casework::follow_ups::{self, FollowUpKind, FollowUpState};
use crate::casework::recusals;
use crate::db::{Db, Recorded, Tx};
use crate::devices::allocations;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{DeviceAllocationId, FollowUpId};

pub use super::store::SEALED_COLUMNS;

/// What was found of an allocation, the oldest first.
pub fn of(db: &mut Db, allocation: DeviceAllocationId) -> Result<Vec<DeviceCheck>> {
    store::of(db, allocation)
}

/// Ends a follow-up with what was found. It went along with the person; the allocation stays where it was made, and is
/// known by the follow-up in sight.
pub fn record(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::DeviceCheckRecord>,
    id: FollowUpId,
    mut new: NewDeviceCheck,
) -> Result<Recorded<DeviceCheck>> {
    let follow_up = follow_ups::service::found(tx, permit.scope(), id)?;
    let kind = follow_up.planned.kind;
    if !matches!(kind, FollowUpKind::DeviceCheck | FollowUpKind::DeviceRecall) {
        return Err(Code::FollowUpOther.into());
    }
    new.check()?;
    let allocation = DeviceAllocationId::new(follow_up.planned.subject_id.uuid());
    let allocation = allocations::service::anywhere(tx, allocation)?;
    if follow_up.state != FollowUpState::Open {
        return Err(Code::FollowUpEnded.into());
    }
    let user = permit.actor().user;
    recusals::service::apart(tx, user, &[allocation.resident_id])?;
    allocations::service::stays(tx, allocation.resident_id)?;
    let done = follow_ups::service::done(tx, permit.origin(), &follow_up, user)?;
    let check = DeviceCheck {
        id: tx.new_id(),
        follow_up: id,
        allocation: allocation.id,
        result: new.result,
        note: new.note,
        checked_by: user,
        checked_at: tx.now(),
    };
    tx.reaching(&[allocation.division_code], |tx| store::insert(tx, &check))?;
    let event = Event::new(permit.origin(), "device_check.recorded")
        .on(&check.id)
        .about(allocation.resident_id)
        .within(allocation.division_code)
        .change("kind", kind)
        .change("result", check.result)
        .change("allocation_id", allocation.id);
    let recorded = tx.record(event, check)?;
    Ok(recorded.and(done).map(|(check, ())| check))
}
