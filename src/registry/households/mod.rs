//! Who lives with whom, and who cares for whom: members that are registered residents, and others, with two
//! dates like every fact. Who leaves one household opens another (分户).

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Companions, HouseholdRelation, NewHousehold, NewMember};
