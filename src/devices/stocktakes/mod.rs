//! Stocktakes (盘点): what was counted beside the books of that moment. What differs is explained by who counted, and booked
//! when somebody who neither buys nor keeps nor counts there has approved it.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{CountedLot, NewStocktake, NewStocktakeDecision, StocktakeAction};
