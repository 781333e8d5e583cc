//! Who is most in need (寻找最困难残疾人): the score of a person by the standard in force where they live, clause by clause,
//! and the list of a place. A list is what an assessment found on a day: asked for once, done piece by piece by whichever
//! process is free, and shown again as it was. What is not known is not nothing: each score says how much hangs on
//! facts that are missing.

pub mod api;
mod model;
mod score;
pub mod service;
mod store;

pub use model::{InNeed, NeedAssessment, NewNeedAssessment, Rank};
