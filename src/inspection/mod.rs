//! The auditor's desk: what was done and seen, by whom and when. Imports `access` and the ground
//! floor; it reads what every department recorded.

pub mod checkpoints;
pub mod events;
