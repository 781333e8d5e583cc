//! Placements (就业登记): who works where since when, by what evidence, verified by another person than who entered it,
//! until they leave. What is verified is a fact of the resident, so that rules see it. New employment of a year (新增就业)
//! counts distinct persons with verified evidence; what it counts can be listed.

pub mod api;
mod counting;
mod model;
pub mod service;
mod store;
mod suiting;
mod telling;

pub use model::{
    ContractKind, LeaveReason, NewEnding, NewEvidence, NewPlacement, NewVerification, Placement,
    PlacementState, VerificationOutcome,
};
