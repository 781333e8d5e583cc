//! The device catalog (辅助器具目录): what is subsidized, by edition and code of ISO 9999, with its rule, cap, use-life and
//! evaluation level. Editions stand side by side, and a mapping says what a code of one became in the next.

pub mod api;
mod columns;
mod file;
mod model;
pub mod service;
mod store;

pub use file::{CatalogFile, read};
pub use model::{DeviceCode, DeviceItem, Edition, EvaluationLevel, ItemKey};
