//! The seals over the record, shown and verified.

pub mod api;
