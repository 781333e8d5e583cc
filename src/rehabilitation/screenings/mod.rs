//! Screenings (筛查): what was found, and whether a diagnosis and an intervention followed in time. Whom a screening
//! found may be referred at once; what is due is a follow-up on somebody's desk.

pub mod api;
mod due;
mod model;
pub mod service;
mod store;

pub use model::{
    NewScreening, NewScreeningReferral, NewScreeningTransition, ScreeningAction, ScreeningResult,
    ScreeningState,
};
