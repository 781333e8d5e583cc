//! The roll: all people of a place with everything ever believed of them, for whoever counts rather than
//! looks. Nothing that names anybody is read, so nothing is decrypted. Imports what `registry` imports.

mod model;
pub mod service;
mod store;

pub use model::{Enrolled, Held, Roll, Term};
