//! The books (总账): every fen that became due, was paid, came back or was recovered, as double entries. The
//! database writes them with what they book, and nobody else does.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Account, EntryKind, LedgerEntry};
