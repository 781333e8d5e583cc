//! Offices, institutions and the division each of them answers for.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{NewOrganization, Organization, OrganizationKind};
