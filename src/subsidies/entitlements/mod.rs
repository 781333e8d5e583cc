//! Entitlements (月度应发): what is due to a person of a program for a month, once, or why it is held. Made by
//! `runs`, paid through batches, never edited: what was wrong is reversed.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Entitlement, EntitlementState, Reason, fingerprint};
