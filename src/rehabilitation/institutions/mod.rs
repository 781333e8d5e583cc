//! Designated institutions (定点机构): who applied to deliver services, the agreements with them, and whether these hold.
//! Public among the offices: nothing here is of a resident.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{
    Agreement, Institution, InstitutionAction, InstitutionState, NewAgreement, NewInstitution,
    NewInstitutionTransition, Occupancy, ServiceType,
};
