//! What happened to allocations.

mod store;

pub use store::{history, insert_transition, supplied_at};
