//! Keys with which other systems act as an account, within some of its permits.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{ApiKey, CheckedApiKey, IssuedApiKey, NewApiKey};
