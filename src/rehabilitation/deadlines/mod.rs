//! Within how many days a screening is followed by a diagnosis, and that by an intervention: laid down for a division
//! and all beneath it, from a day on. What is laid down stays; a county's own counts before the city's.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{NewScreeningDeadline, ScreeningDeadline, ScreeningKind};
