//! Transfers (移交): a resident moves to another county with all that is open, once somebody there accepts.
//! Until then both ends hold, and what is paid is paid on; after that the same goes on at the other end.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{NewTransfer, NewTransferTransition, TransferAction, TransferState, hold};
