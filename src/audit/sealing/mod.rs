//! Seals over the record. Once a second the new entries are hashed, their hashes joined in a Merkle
//! tree, and its root, chained to the checkpoint before, is signed with a key that is not in the
//! database. A checkpoint keeps the hash of each entry, so that verification names the very entry
//! that was edited, deleted or put in; a copy of the signed roots outside the database ([`Ledger`])
//! shows when the database was rolled back.

mod ledger;
mod model;
mod sealer;
mod service;
mod store;

pub use ledger::{Ledger, Line};
pub use model::{Checkpoint, Fault, FaultKind};
pub use sealer::{Outside, Sealer, Verified};
pub use service::{Verification, against, next, seal, settled, summaries, unsealed, verify};
pub use store::Summary;
