//! Cases from filing to decision: their life cycle, their reviewers, their deadlines. Imports
//! `programs`, `registry`, `access` and the ground floor; the services above plug in through
//! [`CaseService`].

pub mod applications;
pub mod batches;
pub mod calendar;
pub mod cases;
pub mod decisions;
pub mod documents;
pub mod follow_ups;
pub mod notes;
pub mod payables;
pub mod payees;
pub mod public_notices;
pub mod recusals;
pub mod referrals;
pub mod supplements;
pub mod tasks;
pub mod transfers;
pub mod unserved;

pub use cases::{
    Approval, Benefit, Case, CaseService, Completion, Desk, Field, Relocation, State, Termination,
};
