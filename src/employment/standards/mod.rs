//! Standards (标准): the minimum wage, the average wage and the terms of the quota levy, each from a day on, for a
//! division and all beneath it that has none of its own. One proposes, another approves; the country's own stand
//! in a migration.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{
    NewStandard, QuotaTerms, Standard, StandardDecision, StandardKind, StandardOutcome,
};
