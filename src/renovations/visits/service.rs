//! Use cases of what is found when a renovated home is looked at again.

use super::model::{NewRenovationVisit, RenovationVisit};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::casework::follow_ups::{self, FollowUpKind, FollowUpState};
use crate::casework::recusals;
use crate::db::{Db, Recorded, Tx};
use crate::kernel::error::{Code, Result};
use crate::kernel::id::RenovationProjectId;
use crate::renovations::projects;

pub use super::store::SEALED_COLUMNS;

/// What was found of a project, the oldest first.
pub fn of(db: &mut Db, project: RenovationProjectId) -> Result<Vec<RenovationVisit>> {
    store::of(db, project)
}

/// Ends a follow-up with what was found. It went along with the person; the project stays where it was, and is known by
/// the follow-up in sight.
pub fn record(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RenovationVisit>,
    id: RenovationProjectId,
    mut new: NewRenovationVisit,
) -> Result<Recorded<RenovationVisit>> {
    let follow_up = follow_ups::service::found(tx, permit.scope(), new.follow_up_id)?;
    let planned = follow_up.planned;
    if planned.kind != FollowUpKind::RenovationVisit || planned.subject_id.uuid() != id.uuid() {
        return Err(Code::FollowUpOther.into());
    }
    new.check()?;
    let project = projects::service::anywhere(tx, id)?;
    if follow_up.state != FollowUpState::Open {
        return Err(Code::FollowUpEnded.into());
    }
    let user = permit.actor().user;
    recusals::service::apart(tx, user, &[project.resident_id])?;
    projects::service::stays(tx, project.resident_id)?;
    let done = follow_ups::service::done(tx, permit.origin(), &follow_up, user)?;
    let visit = RenovationVisit {
        id: tx.new_id(),
        follow_up: new.follow_up_id,
        project: id,
        result: new.result,
        note: new.note,
        visited_by: user,
        visited_at: tx.now(),
    };
    tx.reaching(&[project.division_code], |tx| store::insert(tx, &visit))?;
    let event = Event::new(permit.origin(), "renovation_visit.recorded")
        .on(&visit.id)
        .about(project.resident_id)
        .within(project.division_code)
        .change("result", visit.result)
        .change("project_id", id);
    let recorded = tx.record(event, visit)?;
    Ok(recorded.and(done).map(|(visit, ())| visit))
}
