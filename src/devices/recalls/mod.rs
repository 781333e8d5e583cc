//! Recalls of a batch (批次召回): everybody who holds a piece of it, in one answer, each with a follow-up by which it is
//! fetched. What is called back is given to nobody any more.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{NewRecall, Recall, asked_batch};
