//! Subsidies: who is entitled to what, what is due for each month and what is held, and how it is paid: batches
//! that three people make, check and release, budgets, what the bank answered, and the books of all of it.
//! Imports `casework` and the floors beneath; plugs into casework as [`Subsidies`].

pub mod bank_returns;
pub mod batches;
pub mod budgets;
pub mod enrollments;
pub mod entitlements;
pub mod financial_disclosures;
pub mod flags;
pub mod ledger;
pub mod match_lists;
pub mod matches;
pub mod payment_files;
pub mod payments;
pub mod public_lists;
pub mod recoveries;
pub mod reviews;
pub mod runs;

pub use enrollments::Subsidies;
