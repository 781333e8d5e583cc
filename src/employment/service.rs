//! What casework asks of this service.

use super::{homes, placements, seekers};
use crate::audit::Event;
use crate::casework::{Approval, CaseService, Field, Relocation, Termination};
use crate::db::{Recorded, Tx};
use crate::kernel::error::Result;
use crate::programs::Service;

/// How this service plugs into casework.
#[derive(Debug)]
pub struct Employment;

impl CaseService for Employment {
    fn service(&self) -> Service {
        Service::Employment
    }

    /// Which form of work is sought, with which skills, and when a graduate left school.
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
            ("graduated_month", Field::Month),
            ("note", Field::Text(500)),
        ]
    }

    /// Opens the file as a job seeker.
    fn on_approved(&self, tx: &mut Tx<'_>, approval: &Approval<'_>) -> Result<Recorded<()>> {
        seekers::service::open_for(tx, approval)
    }

    /// Closes the file, if it is still open.
    fn on_terminated(&self, tx: &mut Tx<'_>, stop: &Termination<'_>) -> Result<Recorded<()>> {
        if let Some(closed) = seekers::service::close_for(tx, stop)? {
            return Ok(closed.map(drop));
        }
        let event = Event::new(stop.origin, "case.service_to_end")
            .on(&stop.case.id)
            .about(stop.case.resident_id)
            .within(stop.case.division_code)
            .change("service", stop.case.service);
        tx.record(event, ())
    }

    /// Open files and the work that has not ended go along; a home in the county they leave does not.
    fn on_transferred(&self, tx: &mut Tx<'_>, to: &Relocation<'_>) -> Result<Vec<Recorded<()>>> {
        let mut parts = seekers::service::move_on(tx, to)?;
        parts.extend(placements::service::move_on(tx, to)?);
        parts.extend(homes::service::move_on(tx, to)?);
        Ok(parts)
    }
}
