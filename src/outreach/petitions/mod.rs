//! Petitions (信访): what people ask or complain of, who answers by when, and who looks at the answer again. Nobody handles
//! what complains of them, and they do not see it.

pub mod api;
mod counts;
mod model;
mod request;
pub mod service;
mod steps;
mod store;

pub use model::{
    ExtensionState, Petition, PetitionAction, PetitionCategory, PetitionChannel, PetitionOutcome,
    PetitionState, PetitionerKind,
};
pub use request::{NewPetition, NewPetitionTransition};
