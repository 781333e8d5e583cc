//! Settlements (结算): what an institution asks for a month's confirmed sessions, never more than the year's cap of each
//! child leaves, and what an office makes of it: checked, returned, and taken back where it was wrong.

pub mod api;
mod caps;
mod deductions;
mod model;
mod propose;
pub mod service;
mod store;

pub use model::{
    NewReversal, NewSettlement, NewSettlementTransition, SettlementAction, SettlementState,
    Standing as AnnualCap,
};
