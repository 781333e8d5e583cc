//! Huican (惠残): case management for a Disabled Persons' Federation and its county offices.

pub mod exchange;
pub mod kernel;
