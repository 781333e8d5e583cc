//! Accounts, and the dated grants that give them a role at an organization.

pub mod api;
mod model;
pub mod password;
pub mod service;
mod store;

pub use model::{Grant, MePatch, NewGrant, NewUser, User, UserPatch, UserState};
