//! Where residents live and where their household is registered, with two dates like every fact.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{AddressKind, NewAddress};
