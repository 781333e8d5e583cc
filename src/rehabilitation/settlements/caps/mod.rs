//! The year's cap of a person. It follows the person, through every institution and county.

mod service;
mod store;

pub use service::{of_plan, standing};
