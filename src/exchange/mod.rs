//! Spreadsheets in and out: rosters, payment lists, notices.

pub mod roster;
