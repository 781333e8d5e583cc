//! What speaks against a payment (疑点): somebody else is paid to the same account, the payee is nobody the office
//! knows, or the person has another program of the same exclusive group. Found when a batch is made, submitted
//! and released; a release waits until somebody who did not make it says why it does not count.

pub mod api;
mod finding;
mod model;
pub mod service;
mod store;

pub use model::NewClearance;
