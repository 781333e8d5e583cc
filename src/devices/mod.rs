//! Assistive devices (辅助器具): the catalog of what is subsidized, warehouses with their people, the stock ledger,
//! deliveries and stocktakes. Imports `casework` and the floors beneath; plugs into casework as [`Devices`].

pub mod catalog;
pub mod deliveries;
mod service;
pub mod stock;
pub mod stocktakes;
pub mod warehouses;

pub use service::Devices;
