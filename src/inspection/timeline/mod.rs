//! What was done to one resident, across all services: the record of it, in words for those who work
//! with them.

pub mod api;
mod labels;
mod model;
pub mod service;
mod store;

pub use model::label;
