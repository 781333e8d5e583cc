//! What people bring to a case: kept encrypted outside the database, looked at on record, withdrawn or
//! replaced but never gone. A program version says which documents its cases need.

pub mod api;
mod archive;
mod model;
pub mod service;
mod store;
mod thumbnail;

pub use archive::{Archive, ArchivePlace};
pub use model::{Kind as DocumentKind, NewDocument};
