//! Subsidies: who is entitled to what, what is due for each month, and the books of it. Imports `casework`
//! and the floors beneath; plugs into casework as [`Subsidies`].

pub mod enrollments;
pub mod entitlements;
pub mod ledger;
pub mod match_lists;
pub mod payment_files;
pub mod reviews;
pub mod runs;

pub use enrollments::Subsidies;
