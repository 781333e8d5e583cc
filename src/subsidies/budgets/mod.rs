//! Budgets (预算): how much a county may spend on a program in a year. What is decided anew follows what was
//! decided before; a release asks the last word.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::NewBudget;
