//! Use cases of deadlines.

use super::model::{NewScreeningDeadline, ScreeningDeadline, ScreeningKind, in_force as nearest};
use super::store;
use crate::access::{Permit, acts, divisions};
use crate::audit::Event;
use crate::db::{Db, Recorded, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::ScreeningDeadlineId;

pub use super::store::page;

/// Lays deadlines down, for screenings that are recorded from a day on.
pub fn lay_down(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ScreeningLayDown>,
    new: &NewScreeningDeadline,
) -> Result<Recorded<ScreeningDeadline>> {
    let legal_basis = new.check(tx.today())?;
    if !permit.scope().sees(new.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    divisions::service::current(tx, new.division_code, "/division_code")?;
    let deadline = ScreeningDeadline {
        id: tx.new_id(),
        division_code: new.division_code,
        kind: new.kind,
        effective_from: new.effective_from,
        positive_days: new.positive_days,
        doubtful_days: new.doubtful_days,
        intervention_days: new.intervention_days,
        legal_basis,
        laid_down_by: permit.actor().user,
        laid_down_at: tx.now(),
    };
    store::insert(tx, &deadline)?;
    let event = Event::new(permit.origin(), "screening_deadline.laid_down")
        .on(&deadline.id)
        .within(deadline.division_code)
        .change("kind", deadline.kind)
        .change("effective_from", deadline.effective_from)
        .change("positive_days", deadline.positive_days)
        .change("doubtful_days", deadline.doubtful_days)
        .change("intervention_days", deadline.intervention_days);
    tx.record(event, deadline)
}

/// What holds today for screenings in a division.
pub fn in_force(
    db: &mut Db,
    kind: ScreeningKind,
    division: DivisionCode,
) -> Result<ScreeningDeadline> {
    let today = db.today();
    let begun = store::begun(db, kind, today)?;
    nearest(begun, division).ok_or_else(|| Code::ScreeningNoDeadline.into())
}

/// What a screening was recorded under.
pub fn laid_down(db: &mut Db, id: ScreeningDeadlineId) -> Result<ScreeningDeadline> {
    store::find(db, id)?.ok_or_else(|| Error::internal("a screening has its deadlines"))
}
