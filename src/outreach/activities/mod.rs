//! Activities (文体活动): sessions that are planned, held or cancelled, who came, and what they count for: sessions (场),
//! person-times (人次), persons (人) and households (户), each a unit of its own.
//!
//! Who is named lives in the county, or the city, whose activity it is; guests are counted and not named. A person is
//! named once a session, whatever records they have. What was held stays where it was, whoever moves.

pub mod api;
mod counting;
mod model;
pub mod service;
mod store;

pub use model::{
    Activity, ActivityAction, ActivityKind, NewActivity, NewActivityTransition, NewAttendances,
    NewWithdrawal,
};
