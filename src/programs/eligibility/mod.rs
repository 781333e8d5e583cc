//! What one resident is entitled to, over all programs. Imports what `programs` imports.

pub mod api;
pub mod service;
