//! Pay sheets (劳动报酬表): what sheltered work at a home earned in a month, day by day of attendance. One makes a sheet,
//! another confirms it; the days of that month are closed by it.

mod model;
pub mod service;
mod store;

pub use model::{NewPaySheet, PaySheet, PaySheetDecision, PaySheetOutcome, PaySheetState};
