//! Matches (数据比对): whom of ours other offices' lists name, as having died, moved away or being supported
//! otherwise. A list only suspects; a person who did not bring it holds back or ends what runs, or dismisses it.
//! What was paid since is recovered.

pub mod api;
mod lists;
mod model;
pub mod service;
mod store;

pub use model::{MatchOutcome, MatchState, NewDecision};
