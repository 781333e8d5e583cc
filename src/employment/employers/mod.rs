//! Employers (用人单位): who they are, of which type, and whom to call. They are no organizations of ours: nobody
//! there signs in.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Employer, EmployerPatch, EmployerType, NewEmployer};
