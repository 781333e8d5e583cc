//! The ground everything stands on: ids, time, parsed identifiers, money, masking, cryptography
//! and errors. Knows nothing of the floors above, of HTTP or of the database.

pub mod crypto;
pub mod error;
pub mod given;
pub mod id;
pub mod time;
