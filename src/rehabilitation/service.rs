//! What casework asks of this service.

use super::{needs, plans};
use crate::audit::Event;
use crate::casework::{CaseService, Completion, Field, Termination};
use crate::db::{Recorded, Tx};
use crate::kernel::error::Result;
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
    fn on_completed(&self, tx: &mut Tx<'_>, completion: &Completion<'_>) -> Result<()> {
        plans::service::finished(tx, completion.case)?;
        needs::service::finished(tx, completion.case.id)
    }

    /// What is under way ends with the case.
    fn on_terminated(&self, tx: &mut Tx<'_>, stop: &Termination<'_>) -> Result<Recorded<()>> {
        let case = stop.case;
        let why = stop.comment.unwrap_or("个案终止");
        let mut ended = plans::service::end_of_case(tx, stop.origin, case.id, stop.by, why)?;
        ended.extend(needs::service::end_of_case(
            tx,
            stop.origin,
            case.id,
            stop.by,
            why,
        )?);
        let event = Event::new(stop.origin, "case.service_to_end")
            .on(&case.id)
            .about(case.resident_id)
            .within(case.division_code)
            .change("service", case.service);
        Ok(tx.record(event, ())?.along(ended))
    }
}
