//! Targeted rehabilitation (精准康复): what a case's resident needs, who assessed it, what was provided for it and with
//! what result. A case may hold several; what is reported counts persons.

pub mod api;
mod counts;
mod model;
pub mod service;
mod store;

pub use model::{
    NewService, NewServiceTransition, RehabilitationServiceAction, RehabilitationServiceKind,
    RehabilitationServiceResult, RehabilitationServiceState,
};
