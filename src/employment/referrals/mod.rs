//! Referrals to vacancies (岗位推荐): where a job seeker was sent, and what came of it: an interview, an offer, a job, or
//! why not. The history is the truth.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{
    JobReferral, JobReferralAction, JobReferralState, NewJobReferral, NewJobReferralTransition,
};
