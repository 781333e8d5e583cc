//! A case's entries and the duties they were done in: only ever added to.

mod store;

pub use store::{Entry, all, duties, duties_on, insert_duty, insert_transition};
