//! What goes in and out: spreadsheets (rosters, payment lists, notices), and what changed, for devices in
//! the field.

pub mod changes;
pub mod roster;
