//! What is built where, of the design that holds.

mod store;

pub use store::{insert, of, update};
