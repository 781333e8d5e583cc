//! What casework asks of this service.

use crate::casework::{CaseService, Field};
use crate::programs::Service;

/// How this service plugs into casework.
#[derive(Debug)]
pub struct Renovations;

impl CaseService for Renovations {
    fn service(&self) -> Service {
        Service::AccessibilityRenovation
    }

    /// Which dwelling, what is wished for, and whether its owner agrees.
    fn details(&self) -> &'static [(&'static str, Field)] {
        &[
            ("address", Field::Text(200)),
            (
                "items",
                Field::Words(&[
                    "entrance",
                    "door_widening",
                    "leveling",
                    "grab_bars",
                    "toilet",
                    "kitchen",
                    "bedroom",
                    "doorbell",
                    "gas_alarm",
                    "screen_reader",
                ]),
            ),
            ("owner_agrees", Field::Truth),
            ("note", Field::Text(500)),
        ]
    }
}
