//! Accessibility renovation (无障碍改造) of homes: projects from the survey to the settlement, dwellings that another
//! program renovated, and what is found when somebody looks again; and of public venues. Imports `casework` and the
//! floors beneath; plugs into casework as [`Renovations`].

pub mod dwellings;
pub mod projects;
mod service;
pub mod venues;
pub mod visits;
mod wrong;

pub use service::Renovations;
