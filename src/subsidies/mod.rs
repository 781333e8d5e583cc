//! Subsidies: who is entitled to what a month, since when. Imports `casework` and the floors
//! beneath; plugs into casework as [`Subsidies`].

pub mod enrollments;
pub mod match_lists;
pub mod payment_files;

pub use enrollments::Subsidies;
