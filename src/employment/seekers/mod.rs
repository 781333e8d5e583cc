//! Job seekers (求职登记): one open file a person, with what they want and can, what they need at work, and, of graduates,
//! whether they want to work now and what is planned with them (一人一策). What was done for them is added, never
//! changed.

pub mod api;
mod graduates;
mod model;
pub mod service;
mod store;

pub use model::{
    Contact, ContactKind, Distance, JobSeeker, JobSeekerCloseReason, JobSeekerPatch,
    JobSeekerState, NewContact, NewJobSeeker,
};
