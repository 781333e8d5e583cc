//! Retention checks (稳岗回访): whether somebody still works three, six and twelve months after they began.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{CheckOutcome, CheckState, MONTHS, NewCheckOutcome, RetentionCheck};
