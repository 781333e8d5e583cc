//! The record, read: by the auditor, who asks what was done and seen, by whom and when; and by whoever
//! works with a resident, as that person's timeline. Imports the services' floor and what lies beneath; it
//! reads what every department recorded.

pub mod checkpoints;
pub mod events;
pub mod timeline;
