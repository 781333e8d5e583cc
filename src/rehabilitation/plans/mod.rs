//! Rehabilitation plans (康复计划): what a guardian chose for a child whose case was approved, with which goals, what was
//! assessed, and what came of it. Who waits for a place is admitted in the order of the line.

pub mod api;
mod line;
mod model;
pub mod service;
mod steps;
mod store;

pub use model::{
    AssessmentKind, Child, NewAssessment, NewPlan, NewPlanTransition, Plan, PlanAction, PlanState,
    RehabilitationOutcome, Sight, Standing,
};
