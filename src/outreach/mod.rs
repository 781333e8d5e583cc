//! Outreach: petitions (信访) and legal aid (法律援助), each with the days by which the law wants an answer. Imports
//! `casework` and the floors beneath.

pub mod legal_aid;
pub mod limits;
pub mod petitions;
mod texts;
