//! Use cases of payments.

use super::model::{Item, Payment, PaymentState, digest as digest_of};
use super::store::{self, Filter};
use crate::access::{Permit, Scope, acts};
use crate::audit::Event;
use crate::db::{Db, Looked, Tx};
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{PaymentBatchId, PaymentId, ResidentId};
use crate::registry::residents;
use crate::subsidies::batches::Batch;

pub use super::making::{Made, make};
pub use super::store::{
    SEALED_COLUMNS, months, of_batch, omissions, paid_among, settle_failed, settle_paid, tally,
};

/// The digest of a batch's payments as they are now.
pub fn digest(db: &mut Db, batch: PaymentBatchId) -> Result<Vec<u8>> {
    Ok(digest_of(&store::lines(db, batch)?))
}

/// Payments that one statement moves on.
const TOGETHER: i32 = 2_000;

/// Moves all payments of a batch on: to the bank, or out of a batch that is cancelled. Where nothing is left to
/// pay, the payment is paid thereby.
pub fn move_all(tx: &mut Tx<'_>, batch: &Batch, to: PaymentState) -> Result<()> {
    let mut first = 1;
    while first <= batch.payment_count {
        let last = first.saturating_add(TOGETHER - 1);
        let number = |place: i32| format!("{}-{place:06}", batch.batch_number);
        let (from, until) = (number(first), number(last));
        store::move_some(tx, batch.id, (&from, &until), to)?;
        if to == PaymentState::Sent {
            store::move_some(tx, batch.id, (&from, &until), PaymentState::Paid)?;
        }
        first = last.saturating_add(1);
    }
    Ok(())
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub batch: Option<PaymentBatchId>,
    pub resident: Option<ResidentId>,
    pub state: Option<PaymentState>,
    pub after: Option<PaymentId>,
    pub count: i64,
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::PaymentRead>,
    scope: &Scope,
    window: &Window,
) -> Result<Looked<Vec<Payment>>> {
    let residents = match window.resident {
        Some(resident) => Some(residents::service::records(db, &[resident])?),
        None => None,
    };
    let filter = Filter {
        id: None,
        batch: window.batch,
        state: window.state,
        residents,
    };
    let all = store::page(db, scope, &filter, window.after, window.count)?;
    let event = Event::new(permit.origin(), "payment.listed").within_first(scope.divisions());
    let event = match window.resident {
        Some(resident) => event.about(resident),
        None => event,
    };
    db.looked(
        event.change("batch_id", window.batch.map(|id| id.to_string())),
        all,
    )
}

/// A payment with its months.
pub fn view(
    db: &mut Db,
    permit: &Permit<acts::PaymentRead>,
    id: PaymentId,
) -> Result<Looked<(Payment, Vec<Item>)>> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let found = store::page(db, permit.scope(), &filter, None, 1)?.pop();
    let payment = found.ok_or(Code::PaymentNotFound)?;
    let items = store::items(db, id)?;
    let event = Event::new(permit.origin(), "payment.viewed")
        .on(&id)
        .about(payment.resident)
        .within(payment.division);
    db.looked(event, (payment, items))
}
