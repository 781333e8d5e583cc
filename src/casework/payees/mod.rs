//! Where organizations that deliver services are paid (收款账户): an account is proposed by one person and confirmed by
//! another before anything is paid there.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::OrganizationAccount;
