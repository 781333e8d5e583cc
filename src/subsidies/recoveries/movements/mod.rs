//! What comes back of a recovery, or does not have to: kept back from payments, paid back, written off. One person
//! proposes what another decides; what payments keep back goes with them.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{MovementKind, MovementOutcome, NewDecision, NewMovement};
