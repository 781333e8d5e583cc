//! Who is entitled to something and does not have it (政策找人): found by the rules, before anybody asks.
//! Imports what `casework` imports.

pub mod api;
mod model;
pub mod service;
mod store;
