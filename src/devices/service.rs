//! What casework asks of this service.

use super::allocations;
use crate::audit::Event;
use crate::casework::{CaseService, Completion, Field, Termination};
use crate::db::{Recorded, Tx};
use crate::kernel::error::Result;
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

    fn on_completed(&self, tx: &mut Tx<'_>, completion: &Completion<'_>) -> Result<()> {
        allocations::service::finished(tx, completion.case.id)
    }

    /// What was not supplied yet ends with the case; the office sees to the rest.
    fn on_terminated(&self, tx: &mut Tx<'_>, stop: &Termination<'_>) -> Result<Recorded<()>> {
        let case = stop.case;
        let why = stop.comment.unwrap_or("个案终止");
        let ended = allocations::service::end_of_case(tx, stop.origin, case.id, stop.by, why)?;
        let event = Event::new(stop.origin, "case.service_to_end")
            .on(&case.id)
            .about(case.resident_id)
            .within(case.division_code)
            .change("service", case.service);
        Ok(tx.record(event, ())?.along(ended))
    }
}
