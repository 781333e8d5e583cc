//! A second factor: one-time passwords by time (RFC 6238), shown at sign-in and again before what
//! should not happen from a desk left alone. Each is taken once.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::Otp;
