//! Estimates of the quota levy (残保金测算): what an employer would owe for those it does not employ, by the terms that
//! hold in its division, each step shown. An estimate is kept as it was reckoned.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{EmployedMonths, LevyEstimate, LevySource, NewLevyEstimate, Reckoned, reckon};
