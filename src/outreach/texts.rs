//! How long what people write to outreach may be.

/// Of a name, a document, a way to reach somebody.
pub const SHORT: usize = 100;
/// Of what somebody writes.
pub const LONG: usize = 4_000;
