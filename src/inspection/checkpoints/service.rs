//! Use cases of seals: an auditor looks at them, and has them verified.

use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::audit::sealing::{self, Verification};
use crate::db::{Db, Looked};
use crate::kernel::error::Result;

/// Entries that one request verifies, or a few more: about a second's work.
const ENTRIES: u64 = 200_000;

#[derive(Debug)]
pub struct Verified {
    pub verification: Verification,
    /// Entries that no checkpoint covers yet.
    pub unsealed: i64,
}

/// Verifies from one checkpoint on, as far as one request goes.
pub fn verify(
    db: &mut Db,
    permit: &Permit<acts::AuditRead>,
    after: i64,
) -> Result<Looked<Verified>> {
    let verification = sealing::verify(db, after, |so_far| so_far.entries < ENTRIES)?;
    let unsealed = sealing::unsealed(db)?;
    let event = Event::new(permit.origin(), "audit.verified")
        .change("after_checkpoint", after)
        .change("up_to_checkpoint", verification.up_to)
        .change("fault", &verification.fault);
    let event = if verification.fault.is_some() {
        event.failed()
    } else {
        event
    };
    let verified = Verified {
        verification,
        unsealed,
    };
    db.looked(event, verified)
}
