//! Huican (惠残): case management for a Disabled Persons' Federation and its county offices.
//!
//! The modules are the departments of the office, top floor first; a floor imports only floors
//! beneath it. `ARCHITECTURE.md` has the picture, `tests/architecture.rs` keeps it.

pub mod cli;
pub mod server;

pub mod exchange;
pub mod inspection;

pub mod devices;
pub mod employment;
pub mod outreach;
pub mod rehabilitation;
pub mod renovations;
pub mod subsidies;

pub mod casework;
pub mod programs;
pub mod registry;

pub mod access;
pub mod http;

pub mod audit;
pub mod db;
pub mod sheets;

pub mod kernel;
