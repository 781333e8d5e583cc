//! What casework asks of this service.

use super::projects;
use crate::audit::Event;
use crate::casework::{CaseService, Completion, Field, Termination};
use crate::db::{Recorded, Tx};
use crate::kernel::error::Result;
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

    fn on_completed(&self, tx: &mut Tx<'_>, completion: &Completion<'_>) -> Result<()> {
        projects::service::done(tx, completion.case.id)
    }

    /// What was not accepted yet ends with the case; the office sees to the rest.
    fn on_terminated(&self, tx: &mut Tx<'_>, stop: &Termination<'_>) -> Result<Recorded<()>> {
        let case = stop.case;
        let why = stop.comment.unwrap_or("个案终止");
        let ended = projects::service::end_of_case(tx, stop.origin, case.id, stop.by, why)?;
        let event = Event::new(stop.origin, "case.service_to_end")
            .on(&case.id)
            .about(case.resident_id)
            .within(case.division_code)
            .change("service", case.service);
        Ok(tx.record(event, ())?.along(ended))
    }
}
