//! What an office owes an organization that delivered a case's service (应付服务费): owed by the services above, paid by
//! the payment batches of `subsidies`, which say through the database how it went.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Owed, Payable, PayableSource, PayableState};
