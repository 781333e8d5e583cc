//! Use cases of flags.

use std::collections::HashSet;

use super::finding;
use super::model::{Flag, Found, NewClearance};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::db::{Db, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{PaymentBatchId, PaymentFlagId};
use crate::subsidies::batches::{self, Batch, PaymentBatchState};

pub use super::store::{cleared_by, count_open};

/// What speaks against a batch that nobody has heard of yet.
pub fn news(db: &mut Db, batch: &Batch) -> Result<Vec<Found>> {
    let known: HashSet<_> = store::known(db, batch.id)?.into_iter().collect();
    let mut found = finding::all(db, batch)?;
    found.retain(|one| !known.contains(&(one.payment, one.kind)));
    Ok(found)
}

/// Looks for what speaks against a batch and keeps what is new; how much.
pub fn inspect(tx: &mut Tx<'_>, batch: &Batch) -> Result<usize> {
    let found = news(tx, batch)?;
    store::insert(tx, batch.id, &found)?;
    Ok(found.len())
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::PaymentRead>,
    batch: PaymentBatchId,
    open: bool,
    after: Option<PaymentFlagId>,
    count: i64,
) -> Result<Vec<Flag>> {
    batches::service::found(db, permit.scope(), batch)?;
    store::page(db, batch, open, after, count)
}

/// Says why a flag does not count: not by whoever makes the batch, and before it is released.
pub fn clear(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PaymentAct>,
    batch: PaymentBatchId,
    id: PaymentFlagId,
    new: &NewClearance,
) -> Result<Recorded<Flag>> {
    let batch = batches::service::found(tx, permit.scope(), batch)?;
    let flag = store::find(tx, batch.id, id)?.ok_or(Code::PaymentFlagNotFound)?;
    let reason = new.check()?;
    let user = permit.actor().user;
    let undecided = matches!(
        batch.state,
        PaymentBatchState::Draft | PaymentBatchState::Submitted | PaymentBatchState::Checked
    );
    if flag.cleared_at.is_some() || !undecided {
        return Err(Code::PaymentFlagCleared.into());
    }
    if batches::service::makes(tx, batch.id, user)? {
        return Err(Code::PaymentFlagOwn.into());
    }
    store::clear(tx, id, user, reason)?;
    let cleared = store::find(tx, batch.id, id)?;
    let cleared = cleared.ok_or_else(|| Error::internal("a flag that was cleared is there"))?;
    let event = Event::new(permit.origin(), "payment_flag.cleared")
        .on(&id)
        .within(batch.division)
        .reason(reason)
        .change("batch_number", &batch.batch_number)
        .change("kind", cleared.kind);
    tx.record(event, cleared)
}
