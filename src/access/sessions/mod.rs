//! Signing in and staying so: short access tokens that carry no rights, and refresh tokens that
//! are used once; using one twice ends the whole family.

pub mod api;
mod model;
mod remembered;
pub mod service;
mod store;
mod token;

pub use model::{EndReason, LoginPolicy, Session};
pub use service::Sessions;
