//! Visits to those most in need (走访): planned from the list or by hand for the liaison of the village, on whose desk
//! they wait; done, with what was found, or not met, or cancelled. What was found becomes known of the person from that
//! day on, so that scores and rules see it; what was begun for them after it is shown with the visit.
//!
//! While planned, a visit goes along with the person within the county. Who leaves it, or has died, is not visited: a job
//! cancels the visit where it was planned, with the reason.

pub mod api;
mod findings;
mod model;
mod plan;
pub mod service;
mod store;

pub use findings::Findings;
pub use model::{NewVisit, NewVisitTransition, VisitAction, VisitState};
pub use plan::NewVisitPlan;
