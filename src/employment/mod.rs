//! Employment (就业): what employment is measured by, employers and their vacancies, who looks for work and
//! where they were sent, fairs, who works where by what evidence and for how long, what an employer owes for
//! those it does not employ, and the homes where people are cared for and work by the day. Imports `casework`
//! and the floors beneath; plugs into casework as [`Employment`].

pub mod employers;
pub mod fairs;
pub mod homes;
pub mod levies;
pub mod matching;
mod persons;
pub mod placements;
pub mod referrals;
pub mod retention;
pub mod seekers;
mod service;
pub mod standards;
pub mod vacancies;
mod words;

pub use service::Employment;
