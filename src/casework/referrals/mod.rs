//! Referrals (转介): an office asks another office or an institution to do something for a case's resident,
//! who says whether they do. The receiving side sees the person as far as the work needs, and no case.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{Direction, NewReferral, NewReferralTransition, ReferralAction};
