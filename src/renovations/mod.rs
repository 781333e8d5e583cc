//! Accessibility renovation (无障碍改造) of homes. Imports `casework` and the floors
//! beneath; plugs into casework as [`Renovations`].

mod service;

pub use service::Renovations;
