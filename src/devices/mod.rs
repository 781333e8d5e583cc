//! Assistive devices (辅助器具). Imports `casework` and the floors
//! beneath; plugs into casework as [`Devices`].

mod service;

pub use service::Devices;
