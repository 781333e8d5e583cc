//! What an institution owes back, and what is kept back for it.

mod store;

pub use store::{give_up, keep_back, owed};
