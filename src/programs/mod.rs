//! What the office offers, as data: programs, their dated versions, the rules that say which clause
//! decided. Imports `registry`, `access` and the ground floor.

pub mod api;
mod model;
pub mod rules;
pub mod service;
mod store;

pub use model::{
    Benefit, Clause, Decision, Outcome, Program, ProgramVersion, ReviewStep, Rules, Service, Step,
};
