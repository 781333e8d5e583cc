//! Public lists (发放公示): what was paid to whom of a program, village by village, for a month or a year, as it
//! was published. Names are masked and minors only counted; what was published stays, and is followed by a
//! revision where it was wrong.

pub mod api;
mod file;
mod model;
pub mod service;
mod store;

pub use model::{NewPublicList, PublicList, PublicListEntry};
