//! What was decided of a case, told in writing (决定书): on which grounds, by which clauses, and where and
//! until when there may be another look at it. How and when a notice was served (送达) is kept with it.

pub mod api;
mod letter;
mod model;
pub mod service;
mod store;

pub use model::{Closing, NewService, NoticeKind, Recipient, Remedy, ServiceMethod, Way};
