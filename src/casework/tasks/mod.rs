//! Who does what next: each review step that waits is a task, assigned by rule to somebody who may take
//! it, and passed on by hand. An assignment says who is expected; the step stays open to whoever else
//! may take it, so that no case waits for one person.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::Staff;
