//! Use cases of bank accounts.

use super::model::{Held, NewBankAccount};
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

pub use super::store::{SEALED_COLUMNS, all_in_force, in_force, paid_to};

/// Records an account; what was believed for part of its period is superseded.
pub fn record(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    resident: ResidentId,
    seen: IfMatch,
    new: &NewBankAccount,
) -> Result<Recorded<(Resident, Held)>> {
    let found = residents::service::standing(tx, permit.scope(), resident)?;
    seen.check(found.version)?;
    let account = new.check()?;
    let today = tx.today();
    let period = past_period(new.valid_from.unwrap_or(today), new.valid_to, today)?;
    store::replace(tx, resident, &account, period, permit.origin().user)?;
    let division = found.division_code;
    let changed = residents::service::touch(tx, found)?;
    let event = Event::new(permit.origin(), "resident.bank_account_recorded")
        .on(&resident)
        .about(resident)
        .within(division)
        .change("holder_relation", account.holder_relation)
        .change("valid_from", period.from)
        .change("valid_to", period.to);
    let held = Held {
        account,
        period,
        recorded_at: tx.now(),
        superseded_at: None,
    };
    tx.record(event, (changed, held))
}

pub fn list(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    resident: ResidentId,
    known_at: Option<Timestamp>,
) -> Result<Looked<Vec<Held>>> {
    let found = residents::service::find(db, permit.scope(), resident)?;
    let all = store::history(db, resident, known_at)?;
    let event = Event::new(permit.origin(), "resident.bank_accounts_viewed")
        .on(&resident)
        .about(resident)
        .within(found.division_code);
    db.looked(event, all)
}
