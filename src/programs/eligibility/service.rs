//! What the rules of every program say of one resident.

use super::super::model::{Decision, Program};
use super::super::service::{Offers, judge};
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::db::{Db, Looked};
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::registry::facts::{self, AsOf};
use crate::registry::residents;

/// By program; a program that holds nowhere near them is left out.
pub fn of_resident(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    id: ResidentId,
    at: AsOf,
) -> Result<Looked<Vec<(Program, Decision)>>> {
    let resident = residents::service::find(db, permit.scope(), id)?;
    let snapshot = facts::service::snapshot(db, id, at)?;
    let offers = Offers::on(db, at.valid_at)?;
    let decisions = offers
        .there(resident.division_code)
        .map(|(program, version)| {
            let decision = judge(version, &resident, &snapshot, at.valid_at)?;
            Ok((program.clone(), decision))
        })
        .collect::<Result<Vec<_>>>()?;
    let event = Event::new(permit.origin(), "resident.eligibility_viewed")
        .on(&id)
        .about(id)
        .within(resident.division_code)
        .change("valid_at", at.valid_at);
    db.looked(event, decisions)
}
