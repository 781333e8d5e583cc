//! Legal aid (法律援助): who applies for what, whether means are checked, what was decided in time and who was assigned, and
//! what the judicial bureau said to an objection.

pub mod api;
mod means;
mod model;
pub mod service;
mod store;

pub use model::{
    LegalAidAction, LegalAidApplication, LegalAidMatter, LegalAidState, NewLegalAidApplication,
    NewLegalAidTransition,
};
