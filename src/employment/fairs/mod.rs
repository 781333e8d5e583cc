//! Job fairs (招聘会) and the annual assistance month (就业援助月): when, where, with which vacancies, who came, and what
//! came of it. Persons and person-times are counted apart.

pub mod api;
mod model;
pub mod service;
mod store;

pub use model::{
    AttendanceResult, FairAttendance, FairKind, JobFair, JobFairPatch, NewFairAttendance,
    NewJobFair,
};
