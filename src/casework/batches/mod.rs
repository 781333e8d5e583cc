//! Many cases moved by one request, each on its own.

pub mod api;
pub mod service;
