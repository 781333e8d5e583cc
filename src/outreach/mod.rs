//! Outreach: activities of culture and sport, who is most in need by what standard and the visits to them (走访), petitions
//! (信访) and legal aid (法律援助), each with the days by which the law wants an answer. Imports `casework` and the floors
//! beneath.

pub mod activities;
pub mod legal_aid;
pub mod limits;
pub mod need_scores;
pub mod need_standards;
pub mod petitions;
mod texts;
pub mod visits;
