//! Enrollments (享受资格): opened by an approval, from the month of submission; held back, paid again and ended
//! from a month on, each with both dates.

pub mod api;
mod claim;
mod history;
mod model;
pub mod service;
mod store;
mod subsidies;

pub use claim::{Claim, rate_in};
pub use model::{
    Enrollment, EnrollmentAction, EnrollmentReason, EnrollmentState, EnrollmentTransition,
    NewTransition, known_at, review_after, state_in, status_in,
};
pub use subsidies::Subsidies;
