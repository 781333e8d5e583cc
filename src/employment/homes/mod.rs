//! Homes (残疾人之家): places for care and for sheltered work, who is a member, who came on which day, and what sheltered
//! work earned in a month, reckoned by one and confirmed by another.

pub mod api;
mod model;
pub mod pay;
pub mod service;
mod store;

pub use model::{
    DisabilityHome, HomeLeaveReason, HomeMember, HomePatch, MembershipKind, NewAttendance, NewHome,
    NewHomeMember, NewMemberEnding,
};
