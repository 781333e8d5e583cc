//! Outreach (走访与活动): activities of culture and sport, who is most in need by what standard, and the visits to
//! them. Imports `casework` and the floors beneath.

pub mod activities;
pub mod need_scores;
pub mod need_standards;
mod texts;
pub mod visits;
