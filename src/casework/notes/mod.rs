//! What those who handle a case write down for each other: signed, dated, never changed.

pub mod api;
mod model;
pub mod service;
mod store;
