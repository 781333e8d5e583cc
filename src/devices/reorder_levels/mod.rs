//! Reorder levels (库存预警): from which quantity on more of an item is ordered, and what has come to that.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::NewReorderLevel;
