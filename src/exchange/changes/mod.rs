//! What changed in somebody's sight since their device last asked: which things, and which versions they
//! have now, never what they say. Read from the record, since nothing is written without it.

pub mod api;
mod model;
pub mod service;
mod store;
