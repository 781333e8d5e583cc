//! Residents and what is known of them: certificates and circumstances with two dates each,
//! disclosure of what is masked. Imports `access` and the floors beneath.

pub mod facts;
pub mod residents;
pub mod roll;
pub mod takeover;

pub use residents::{Registrar, Resident};
