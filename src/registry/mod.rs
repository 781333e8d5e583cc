//! Residents and what is known of them: certificates, circumstances, addresses, bank accounts and households
//! with two dates each, disclosure of what is masked, two records of one person made one. Imports `access` and
//! the floors beneath.

pub mod addresses;
pub mod bank_accounts;
pub mod facts;
pub mod households;
pub mod merges;
pub mod residents;
pub mod roll;
pub mod takeover;

pub use residents::{Registrar, Resident};
