//! Administrative divisions, with the codes that replaced older ones.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Division, Imported};
