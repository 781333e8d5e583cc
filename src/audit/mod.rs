//! The record of who did and saw what. Every unit of work ends in one; it has no API of its own
//! (the auditors' desk is `inspection`). Imports `db` and the kernel.

mod model;
pub mod sealing;
mod store;

pub use model::{Action, Event, LOOKS, Origin, Outcome, is_look};
