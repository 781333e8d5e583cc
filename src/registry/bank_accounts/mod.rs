//! Where residents are paid, with two dates like every fact: the account in force and what was believed before.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Account, HolderRelation, NewBankAccount};
