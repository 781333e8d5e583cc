//! What is or was on public notice (公示), as it was published: names masked, no minors; and what was objected
//! to, and what came of it.

pub mod api;
mod model;
pub mod service;
mod store;
pub use model::is_minor;
