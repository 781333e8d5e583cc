//! Renovations of homes (家庭无障碍改造): surveyed, assessed, designed for one household, consented to, built by somebody
//! who is tied to nobody of the office, accepted by two inspectors, settled, and looked at again. A household counts
//! once, and a dwelling is not renovated twice within the period that the program's version lays down.

pub mod api;
mod counts;
mod history;
mod items;
mod model;
mod request;
pub mod service;
mod steps;
mod store;

pub use model::{
    Project, RenovationAction, RenovationItemKind, RenovationItemState, RenovationSigner,
    RenovationState,
};
pub use request::{
    NewAcceptance, NewAssessment, NewConsent, NewItem, NewProgress, NewProject,
    NewRenovationTransition,
};
