//! Enrollments (享受资格): opened by an approval, from the month of submission.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Enrollment, EnrollmentState};
pub use service::Subsidies;
