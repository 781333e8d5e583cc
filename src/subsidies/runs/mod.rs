//! Monthly runs (月度核算): for a division and a month, what is due by the enrollments and by the program
//! version of each month, arrears back to the month of submission, and what is held and why. Asked for once,
//! done piece by piece by whichever process is free.

pub mod api;
mod higher;
mod judge;
mod model;
pub mod service;
mod standing;
mod store;

pub use judge::day_of;
pub use model::{EntitlementRun, NewRun, RunState};
