//! Subsidies: who is entitled to what a month, since when, what is due, and how it is paid: batches that three
//! people make, check and release, budgets, and what the bank answered. Imports `casework` and the floors
//! beneath; plugs into casework as [`Subsidies`].

pub mod bank_returns;
pub mod batches;
pub mod budgets;
pub mod enrollments;
pub mod entitlements;
pub mod flags;
pub mod ledger;
pub mod match_lists;
pub mod payment_files;
pub mod payments;
pub mod runs;

pub use enrollments::Subsidies;
