//! Who is at an institution, and who waits for it.

mod store;

pub use store::{occupancies, waiting};
