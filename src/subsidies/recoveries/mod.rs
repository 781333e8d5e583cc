//! Recoveries (追回): of months that were paid although the benefit did not run in them. Opened by a stop or by
//! hand, told in a notice, and recovered by what is kept back of later months, paid back or written off. The
//! history is the truth, as of cases; the database keeps the sums, and books each of them.

pub mod api;
mod letter;
mod model;
pub mod movements;
pub mod service;
mod store;

pub use model::{NewRecoveryTransition, Recovery, RecoveryAction, RecoveryState};
