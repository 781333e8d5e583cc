//! What a service still has to look at, on a day (回访): planned by the services above, each of which ends its own; shown
//! on the desks of the offices where people live, beside the review steps that wait.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{FollowUp, FollowUpKind, FollowUpState, Listed, Planned};
