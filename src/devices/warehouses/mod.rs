//! Warehouses (仓库), and who buys, keeps and counts there: three duties, which nobody has two of at a time.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{NewDuty, NewWarehouse, Warehouse, WarehouseDuty};
