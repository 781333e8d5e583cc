//! The record, read.

pub mod api;
pub mod service;
mod store;
