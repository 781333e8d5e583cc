//! Use cases of what is owed to organizations.

use super::model::{Owed, Payable, PayableState};
use super::store::{self, Filter};
use crate::access::{Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::PayableId;

pub use super::store::{Filter as PayableFilter, of, open};

fn event(origin: &Origin, action: &'static str, one: &Payable) -> Event {
    let owed = &one.owed;
    Event::new(origin, action)
        .on(&one.id)
        .about(owed.resident_id)
        .within(owed.division_code)
        .change("organization_id", owed.organization_id)
        .change("month", owed.month)
        .change("amount_fen", owed.amount)
}

/// An organization delivered what it is to be paid for.
pub fn owe(tx: &mut Tx<'_>, origin: &Origin, owed: Owed) -> Result<Recorded<PayableId>> {
    let new = Payable {
        id: tx.new_id(),
        owed,
        state: PayableState::Due,
        reason: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, &new)?;
    tx.record(event(origin, "payable.owed", &new), new.id)
}

/// It is not to be paid after all, and no payment has taken it: 409 `payable.in_payment` otherwise.
pub fn withdraw(
    tx: &mut Tx<'_>,
    origin: &Origin,
    id: PayableId,
    reason: &str,
) -> Result<Recorded<()>> {
    let found = store::of(tx, &[id])?.pop();
    let found = found.ok_or_else(|| Error::internal("what is withdrawn was owed"))?;
    store::withdraw(tx, id, reason)?;
    tx.record(event(origin, "payable.withdrawn", &found), ())
}

/// What is owed and was, oldest first.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::PayableRead>,
    scope: &Scope,
    filter: &Filter,
    after: Option<PayableId>,
    count: i64,
) -> Result<Looked<Vec<Payable>>> {
    let all = store::page(db, scope, filter, after, count)?;
    let event = Event::new(permit.origin(), "payable.listed").within_first(scope.divisions());
    db.looked(event, all)
}
