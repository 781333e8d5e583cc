//! Periodic reviews (定期复核): whether somebody is still entitled to what they are paid. What failed is paid no more
//! from the month after. Imports `enrollments`.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{NewReview, Review, ReviewOutcome};
