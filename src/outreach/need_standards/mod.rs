//! By what standard need is measured (困难程度评分标准): clauses in CEL over the facts that programs' rules know, those
//! that visits find among them, each with points. Dated, for a division and all beneath it that has none of its own;
//! proposed by one and approved by another.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{
    Measure, NeedClause, NeedStandard, NeedStandardDecision, NeedStandardOutcome, NewNeedStandard,
};
