//! The stock ledger (出入库): every movement of every lot, each continuing the one before, none ever changed. Other
//! departments book through [`service`]: `issue` and `take_back` for what goes to people and comes back.

pub mod api;
mod model;
pub mod reports;
pub mod service;
mod store;

pub use api::LotBody;
pub use model::{
    Entry, FundSource, Issue, Lot, LotDescription, Movement, NewMovement, NewReversal,
    NewStockMovementKind, Return, StockMovementKind, quantity_in_range,
};
