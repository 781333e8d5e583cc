//! What somebody found who looked at a renovated home again: it ends the follow-up that was planned with the acceptance.

pub mod api;
mod model;
pub mod service;
mod store;

pub use api::RenovationVisitBody;
pub use model::{NewRenovationVisit, RenovationVisit, RenovationVisitResult};
