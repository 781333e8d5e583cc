//! Payment batches (发放批次): what is due of a program to a county's people, made by one person, checked by
//! another and released by a third. The history is the truth, as of cases; one person has one duty in a batch.

pub mod api;
pub mod files;
mod model;
pub mod service;
mod steps;
mod store;

pub use model::{Batch, NewBatch, NewBatchTransition, PaymentBatchAction, PaymentBatchState};
