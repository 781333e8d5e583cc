//! The integration tests: one binary, one file a behaviour.

mod postgres;
mod support;
