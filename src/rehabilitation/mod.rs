//! Rehabilitation (康复): rescue rehabilitation of children and targeted rehabilitation. Imports `casework` and the floors
//! beneath; plugs into casework as [`Rehabilitation`].

pub mod deadlines;
pub mod institutions;
pub mod needs;
pub mod plans;
pub mod screenings;
mod service;
pub mod sessions;
pub mod settlements;

pub use service::Rehabilitation;
