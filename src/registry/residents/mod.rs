//! The people an office answers for.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{CheckedResident, Filter, Mark, NewResident, Registrar, Resident};
