//! One person's application to one program, and everything that happens to it.

pub mod api;
pub mod clock;
mod details;
mod history;
mod life;
mod model;
mod moves;
pub mod relocation;
pub mod service;
mod store;

pub use details::Field;
pub use life::{Duty, State, step_of};
pub use model::{
    Approval, Benefit, Case, CaseService, Completion, Desk, NewCase, NewTransition, Relocation,
    Termination, Transition, files_as_liaison,
};
