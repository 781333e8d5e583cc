//! Recusal (回避): who is related to a resident, by own declaration or by what the office sees, takes no
//! step of that resident's cases.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Tie, keep_off};
