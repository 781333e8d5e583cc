//! What a reviewer still needs to see (补正): the step's clock stands still until the answer; where none
//! comes in time, the case goes back by itself.

pub mod api;
mod model;
pub mod service;
mod store;
