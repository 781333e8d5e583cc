//! What was done to enrollments, from which month on, and when it was known: only ever added to.

mod store;

pub use store::{SEALED_COLUMNS, Told, entries, insert, told};
