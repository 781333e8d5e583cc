//! Use cases of follow-ups.

use super::model::{FollowUp, FollowUpKind, FollowUpState, Listed, Planned};
use super::store::{self, Filter};
use crate::access::{Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::recusals;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{FollowUpId, FollowUpSubjectId, ResidentId, UserId};

pub use super::store::Mark;

fn event(origin: &Origin, action: &'static str, one: &FollowUp) -> Event {
    let planned = &one.planned;
    let event = Event::new(origin, action)
        .on(&one.id)
        .within(planned.division_code)
        .change("kind", planned.kind)
        .change("due_date", planned.due_date);
    match planned.resident_id {
        Some(resident) => event
            .about(resident)
            .change("subject_id", planned.subject_id),
        // Read by administrators, too: what it is of is nobody's business there.
        None => event,
    }
}

/// Something is to be looked at on a day.
pub fn plan(tx: &mut Tx<'_>, origin: &Origin, planned: Planned) -> Result<Recorded<FollowUpId>> {
    let new = FollowUp {
        id: tx.new_id(),
        planned,
        state: FollowUpState::Open,
        planned_at: tx.now(),
        ended_by: None,
        ended_at: None,
        reason: None,
    };
    store::insert(tx, &new)?;
    tx.record(event(origin, "follow_up.planned", &new), new.id)
}

/// Somebody looked.
pub fn done(tx: &mut Tx<'_>, origin: &Origin, one: &FollowUp, by: UserId) -> Result<Recorded<()>> {
    store::end(tx, one.id, FollowUpState::Done, Some(by), None)?;
    tx.record(event(origin, "follow_up.done", one), ())
}

/// Nothing is left to look at of this thing.
pub fn cancel_for(
    tx: &mut Tx<'_>,
    origin: &Origin,
    subject: FollowUpSubjectId,
    reason: &str,
) -> Result<Vec<Recorded<()>>> {
    let open = of(tx, subject)?;
    let open = open
        .into_iter()
        .filter(|one| one.state == FollowUpState::Open);
    open.map(|one| {
        store::end(tx, one.id, FollowUpState::Cancelled, None, Some(reason))?;
        tx.record(event(origin, "follow_up.cancelled", &one), ())
    })
    .collect()
}

/// One in sight.
pub fn found(db: &mut Db, scope: &Scope, id: FollowUpId) -> Result<FollowUp> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.map(|listed| listed.follow_up)
        .ok_or_else(|| Code::FollowUpNotFound.into())
}

/// All of one thing, the earliest first.
pub fn of(db: &mut Db, subject: FollowUpSubjectId) -> Result<Vec<FollowUp>> {
    store::of_subject(db, subject)
}

/// Which follow-ups a list shows.
#[derive(Debug)]
pub struct Window {
    pub division: Option<DivisionCode>,
    pub state: FollowUpState,
    pub kind: Option<FollowUpKind>,
    pub resident: Option<ResidentId>,
    pub overdue: bool,
    pub after: Option<Mark>,
    pub count: i64,
}

/// What is planned in the caller's offices, the most urgent first.
pub fn list(
    db: &mut Db,
    permit: &Permit<acts::FollowUpRead>,
    window: &Window,
) -> Result<Looked<Vec<Listed>>> {
    let scope = permit.scope_in(window.division)?;
    let filter = Filter {
        state: Some(window.state),
        kind: window.kind,
        resident: window.resident,
        due_before: window.overdue.then(|| db.today()),
        viewer: Some(permit.actor().user),
        ..Filter::default()
    };
    let all = store::page(db, &scope, &filter, window.after.as_ref(), window.count)?;
    let ids: Vec<_> = all.iter().map(|one| one.follow_up.id).collect();
    let event = Event::new(permit.origin(), "follow_up.listed")
        .within_first(scope.divisions())
        .change("follow_up_ids", ids);
    db.looked(event, all)
}

/// What somebody may look at next; what of them is recorded by whoever shows it.
pub fn desk(
    db: &mut Db,
    permit: &Permit<acts::TaskRead>,
    division: Option<DivisionCode>,
    overdue: bool,
    after: Option<&Mark>,
    count: i64,
) -> Result<Vec<Listed>> {
    let scope = permit.scope_in(division)?;
    let actor = permit.actor();
    let ties = recusals::service::tied_to(db, &[actor.user])?;
    let related: Vec<_> = ties.into_iter().map(|(_, resident)| resident).collect();
    let filter = Filter {
        state: Some(FollowUpState::Open),
        due_before: overdue.then(|| db.today()),
        desk: Some((actor, &related)),
        viewer: Some(actor.user),
        ..Filter::default()
    };
    store::page(db, &scope, &filter, after, count)
}
