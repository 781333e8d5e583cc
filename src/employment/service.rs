//! What casework asks of this service.

use crate::casework::{CaseService, Field};
use crate::programs::Service;

/// How this service plugs into casework.
#[derive(Debug)]
pub struct Employment;

impl CaseService for Employment {
    fn service(&self) -> Service {
        Service::Employment
    }

    /// Which form of work is sought, with which skills.
    fn details(&self) -> &'static [(&'static str, Field)] {
        &[
            (
                "intent",
                Field::Word(&[
                    "quota",
                    "concentrated",
                    "self_employed",
                    "public_welfare_post",
                    "sheltered",
                    "flexible",
                    "farming",
                ]),
            ),
            ("skills", Field::Text(200)),
            ("graduate", Field::Truth),
            ("note", Field::Text(500)),
        ]
    }
}
