//! What casework asks of this service.

use crate::casework::{CaseService, Field};
use crate::programs::Service;

/// How this service plugs into casework.
#[derive(Debug)]
pub struct Rehabilitation;

impl CaseService for Rehabilitation {
    fn service(&self) -> Service {
        Service::Rehabilitation
    }

    /// What is needed, and where the guardian wishes to have it.
    fn details(&self) -> &'static [(&'static str, Field)] {
        &[
            (
                "need",
                Field::Word(&["training", "surgery", "fitting", "medication", "support"]),
            ),
            ("institution_wish", Field::Text(100)),
            ("note", Field::Text(500)),
        ]
    }
}
