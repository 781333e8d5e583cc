//! Use cases of addresses.

use super::model::{Located, NewAddress};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::kernel::time::Timestamp;
use crate::registry::facts::past_period;
use crate::registry::residents::{self, Resident};

pub use super::store::SEALED_COLUMNS;

/// Records an address; what was believed of its kind for part of its period is superseded.
pub fn record(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    resident: ResidentId,
    seen: IfMatch,
    new: &NewAddress,
) -> Result<Recorded<(Resident, Located)>> {
    let found = residents::service::standing(tx, permit.scope(), resident)?;
    seen.check(found.version)?;
    let today = tx.today();
    let period = past_period(new.valid_from.unwrap_or(today), new.valid_to, today)?;
    let by = permit.origin().user;
    store::replace(tx, resident, (new.kind, &new.text), period, by)?;
    let division = found.division_code;
    let changed = residents::service::touch(tx, found)?;
    let event = Event::new(permit.origin(), "resident.address_recorded")
        .on(&resident)
        .about(resident)
        .within(division)
        .change("kind", new.kind)
        .change("valid_from", period.from)
        .change("valid_to", period.to);
    let located = Located {
        kind: new.kind,
        text: new.text.clone(),
        period,
        recorded_at: tx.now(),
        superseded_at: None,
    };
    tx.record(event, (changed, located))
}

pub fn list(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    resident: ResidentId,
    known_at: Option<Timestamp>,
) -> Result<Looked<Vec<Located>>> {
    let found = residents::service::find(db, permit.scope(), resident)?;
    let all = store::history(db, resident, known_at)?;
    let event = Event::new(permit.origin(), "resident.addresses_viewed")
        .on(&resident)
        .about(resident)
        .within(found.division_code);
    db.looked(event, all)
}
