//! Drafts of a program's versions: one person writes, another approves, and nobody edits what holds.
//! Imports what `programs` imports.

pub mod api;
mod model;
pub mod service;
mod store;
