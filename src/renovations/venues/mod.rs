//! Public venues (公共场所无障碍改造): what is missing where, who has to remedy it until when, and who accepted it, along with
//! disabled people who tried it.

pub mod api;
mod model;
mod request;
pub mod service;
mod store;

pub use model::{Venue, VenueAction, VenueItem, VenueItemKind, VenueKind, VenueState};
pub use request::{NewItemChange, NewVenue, NewVenueItem, NewVenueTransition};
