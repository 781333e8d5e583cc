//! Facts of a resident with two dates: true in the world from/to, known to the office from/to.
//! Nothing is overwritten; what changes the past or the future supersedes what was believed.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{
    AsOf, Belief, CareNeed, Certificate, CertificateState, CircumstanceKind, EmploymentForm, Held,
    NewCertificate, NewCircumstance, NewFact, Period, Snapshot, past_period,
};
pub(crate) use store::{believed, known_at, true_on};
