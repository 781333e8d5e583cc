//! The integration tests: one binary, one file a behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "in a test a panic is the answer"
)]

mod architecture;
mod audit;
mod cases;
mod demo;
mod document;
mod facts;
mod lists;
mod migrations;
mod postgres;
mod promises;
mod residents;
mod rights;
mod support;
mod walk;
