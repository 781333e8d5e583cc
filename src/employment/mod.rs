//! Employment (就业): job seekers and what helps them to work. Imports `casework` and the floors
//! beneath; plugs into casework as [`Employment`].

mod service;

pub use service::Employment;
