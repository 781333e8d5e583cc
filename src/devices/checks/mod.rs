//! What is found when a device is looked at again (辅具回访), at its follow-ups and when its batch is called back.

pub mod api;
mod model;
pub mod service;
mod store;

pub use api::DeviceCheckBody;
pub use model::{DeviceCheck, DeviceCheckResult, NewDeviceCheck};
