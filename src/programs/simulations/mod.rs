//! What a draft would cost and change, before it takes effect: run against everybody in its place, month
//! by month, with the facts as they were known then. Imports what `programs` imports.

pub mod api;
mod model;
pub mod service;
mod store;
pub mod tally;
pub mod timeline;

pub use model::{Known, Simulation, SimulationState};
