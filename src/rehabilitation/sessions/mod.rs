//! Rehabilitation sessions (康复训练): what an institution did with a child, when, by whom, and that a guardian confirms it.
//! Only what is confirmed counts as attended.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{
    ConfirmationMethod, NewSession, NewSessionTransition, SessionAction, SessionState,
};
