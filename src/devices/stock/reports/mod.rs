//! What the ledger says of a warehouse: what lay there on a day and what it was worth, what went in and out in a
//! period, and the register as offices file it.

pub mod api;
mod model;
mod register;
pub mod service;
mod store;
