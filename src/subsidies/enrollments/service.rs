//! Use cases of enrollments.

use super::model::{Enrollment, EnrollmentState};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::casework::{Approval, Benefit, CaseService, Field, Relocation, Termination};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{EnrollmentId, ResidentId};
use crate::kernel::month::Month;
use crate::programs::Service;

pub use super::store::{Filter, count, find, page, versions};

/// Subsidies, as casework knows them.
#[derive(Debug)]
pub struct Subsidies;

impl CaseService for Subsidies {
    fn service(&self) -> Service {
        Service::Subsidy
    }

    /// A subsidy needs nothing beyond what is known of the person.
    fn details(&self) -> &'static [(&'static str, Field)] {
        &[("note", Field::Text(500))]
    }

    fn running(&self, db: &mut Db, resident: ResidentId) -> Result<Vec<Benefit>> {
        let all = store::running_of(db, resident)?;
        let benefit = |enrollment: Enrollment| Benefit {
            program_code: enrollment.program_code,
            rate_fen: enrollment.rate_fen,
            start_month: enrollment.start_month,
            suspended: enrollment.state == EnrollmentState::Suspended,
        };
        Ok(all.into_iter().map(benefit).collect())
    }

    /// The same rows go on at the other office: no month is paid twice, and none left out.
    fn on_transferred(&self, tx: &mut Tx<'_>, to: &Relocation<'_>) -> Result<Vec<Recorded<()>>> {
        let mut all = Vec::new();
        for enrollment in store::running_of(tx, to.resident)? {
            store::relocate(tx, &enrollment, to.to)?;
            let event = Event::new(to.origin, "enrollment.transferred")
                .on(&enrollment.id)
                .about(to.resident)
                .within(to.to)
                .change("program_code", &enrollment.program_code)
                .change("from_division_code", enrollment.division_code);
            all.push(tx.record(event, ())?);
        }
        Ok(all)
    }

    /// Opens the enrollment, from the month of submission even if approval came later.
    fn on_approved(&self, tx: &mut Tx<'_>, approval: &Approval<'_>) -> Result<Recorded<()>> {
        let now = tx.now();
        let case = approval.case;
        let submitted = Month::of(approval.submitted_on);
        // A case that was stopped and opened again was paid for until its stop.
        let stopped = store::last_stop(tx, case.id)?;
        let start_month = stopped.map_or(submitted, |last| submitted.max(last.next()));
        let enrollment = Enrollment {
            id: tx.new_id(),
            resident_id: case.resident_id,
            case_id: case.id,
            program_code: case.program_code.clone(),
            division_code: case.division_code,
            state: EnrollmentState::Active,
            start_month,
            stop_month: None,
            rate_fen: approval.amount,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        store::insert(tx, &enrollment)?;
        let event = Event::new(approval.origin, "enrollment.opened")
            .on(&enrollment.id)
            .about(enrollment.resident_id)
            .within(enrollment.division_code)
            .change("case_id", enrollment.case_id)
            .change("program_code", &enrollment.program_code)
            .change("start_month", enrollment.start_month)
            .change("rate_fen", enrollment.rate_fen);
        tx.record(event, ())
    }

    /// Stops the enrollment from the month after.
    fn on_terminated(&self, tx: &mut Tx<'_>, stop: &Termination<'_>) -> Result<Recorded<()>> {
        let case = stop.case;
        let Some(running) = store::running(tx, case.id)? else {
            let event = Event::new(stop.origin, "enrollment.not_running").on(&case.id);
            return tx.record(event.about(case.resident_id).within(case.division_code), ());
        };
        let last = Month::of(tx.today()).max(running.start_month);
        store::stop(tx, &running, last)?;
        let event = Event::new(stop.origin, "enrollment.stopped")
            .on(&running.id)
            .about(running.resident_id)
            .within(running.division_code)
            .change("case_id", running.case_id)
            .change("stop_month", last);
        tx.record(event, ())
    }
}

pub fn get(
    db: &mut Db,
    permit: &Permit<acts::EnrollmentRead>,
    id: EnrollmentId,
) -> Result<Enrollment> {
    store::find(db, permit.scope(), id)?.ok_or_else(|| Code::EnrollmentNotFound.into())
}
