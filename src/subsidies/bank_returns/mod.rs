//! What the bank answers (回盘): a file is read once, row by row, and what it says undisputed of payments that
//! were sent is written down at once. The rest is reported.

pub mod api;
mod model;
pub mod service;
mod store;
