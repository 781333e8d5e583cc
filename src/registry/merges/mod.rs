//! Two records of one person: proposed by one, decided by another, and undone in the same way. Nothing is
//! moved; the duplicate says which record is kept in its place.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Decision, MergeAction, NewMerge};
