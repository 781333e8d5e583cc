//! Payments (发放): to one person of a batch, for the months that were due. What is paid, to whom and where is
//! copied when the batch is made and stays; only how it went is added.

pub mod api;
mod making;
mod model;
mod owed;
pub mod service;
mod store;

pub use model::{Omission, OmissionReason, Payment, PaymentState};
