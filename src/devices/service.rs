//! What casework asks of this service.

use crate::casework::{CaseService, Field};
use crate::programs::Service;

/// How this service plugs into casework.
#[derive(Debug)]
pub struct Devices;

impl CaseService for Devices {
    fn service(&self) -> Service {
        Service::AssistiveDevice
    }

    /// Which device, how many, and why now.
    fn details(&self) -> &'static [(&'static str, Field)] {
        &[
            ("item", Field::Text(100)),
            ("quantity", Field::Number(1, 10)),
            (
                "reason",
                Field::Word(&["first", "replacement", "growth", "loss", "recall"]),
            ),
            ("note", Field::Text(500)),
        ]
    }
}
