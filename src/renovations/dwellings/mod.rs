//! Dwellings: what is one and the same, and which the elderly-friendly program (居家适老化改造) renovated, as other
//! offices' lists say. Such a dwelling is not renovated a second time.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{ElderlyRenovation, NewElderlyRenovation, NewElderlyWithdrawal};
pub use service::dwelling_index;
