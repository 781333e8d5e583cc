//! One form, many services (残疾人服务一件事): a person asks once, and every program named opens a case
//! with a life of its own.

pub mod api;
mod model;
pub mod service;
mod store;
