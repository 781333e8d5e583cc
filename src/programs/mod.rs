//! What the office offers, as data: programs, their dated versions, the rules that say which clause
//! decided. Imports `registry`, `access` and the ground floor.

pub mod api;
pub mod drafts;
pub mod eligibility;
mod model;
pub mod rules;
pub mod service;
pub mod simulations;
mod store;

pub use model::{
    Benefit, BenefitPeriod, Claimed, Clause, ClauseOutcome, Decision, Outcome, ParameterTables,
    Program, ProgramVersion, RequiredDocument, ReviewStep, Rules, Service, Stacking,
    StackingRelation, Step, Terms,
};
