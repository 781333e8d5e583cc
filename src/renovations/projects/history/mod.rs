//! What happened to a project, entry by entry.

mod store;

pub use store::{SEALED_COLUMNS, finished_on, insert, of};
