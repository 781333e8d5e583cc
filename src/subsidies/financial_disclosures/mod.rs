//! Financial disclosure (财务公开): by program and period, what was budgeted, due, released, returned and recovered,
//! from the books. Each figure opens to the entries it sums.

pub mod api;
mod model;
pub mod service;
mod store;
