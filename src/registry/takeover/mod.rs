//! Lists of people from elsewhere: what one says of a person, held against what the office knows.

mod model;
pub mod service;

pub use model::{Changes, Difference};
