//! Assistive devices (辅助器具): the catalog of what is subsidized, warehouses with their people, the stock ledger,
//! deliveries and stocktakes; who gets which device, what is found of it later, and recalls. Imports `casework` and the
//! floors beneath; plugs into casework as [`Devices`].

pub mod allocations;
pub mod catalog;
pub mod checks;
pub mod deliveries;
pub mod recalls;
pub mod reorder_levels;
mod service;
pub mod stock;
pub mod stocktakes;
pub mod warehouses;

pub use service::Devices;
