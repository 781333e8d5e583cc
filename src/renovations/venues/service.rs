//! Use cases of public venues: list, read, move.

use super::model::{Turn, Venue, VenueAction, VenueItem, VenueState, allowed, check, next};
use super::request::{NewVenue, NewVenueTransition};
use super::store;
use crate::access::{Act, Permit, Role, Scope, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{PublicVenueId, ResidentId};
use crate::registry::facts::{self, CertificateState};
use crate::registry::residents;

pub use super::store::Filter;

/// A venue with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub venue: Venue,
    pub items: Vec<VenueItem>,
    pub allowed: Vec<VenueAction>,
    /// Left out of lists: it names who took part.
    pub history: Option<Vec<Turn>>,
}

fn event(origin: &Origin, action: &'static str, one: &Venue) -> Event {
    Event::new(origin, action)
        .on(&one.id)
        .within(one.division_code)
        .change("name", &one.name)
        .change("state", one.state)
}

/// Whether somebody sits in the county's office of a venue.
fn of_county<A: Act>(permit: &Permit<A>, one: &Venue) -> bool {
    let holds = |role| permit.actor().holds(role, one.division_code);
    holds(Role::CountyCaseworker) || holds(Role::CountyApprover)
}

fn found(db: &mut Db, scope: &Scope, id: PublicVenueId) -> Result<Venue> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::PublicVenueNotFound.into())
}

fn listed<A: Act>(db: &mut Db, permit: &Permit<A>, all: Vec<Venue>) -> Result<Vec<Shown>> {
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let mut items = store::items(db, &ids)?;
    let show = |venue: Venue| Shown {
        items: items.remove(&venue.id).unwrap_or_default(),
        allowed: allowed(venue.state, of_county(permit, &venue)),
        history: None,
        venue,
    };
    Ok(all.into_iter().map(show).collect())
}

fn shown<A: Act>(db: &mut Db, permit: &Permit<A>, venue: Venue) -> Result<Shown> {
    let history = store::history(db, venue.id)?;
    let one = listed(db, permit, vec![venue])?.pop();
    let one = one.ok_or_else(|| Error::internal("one venue is shown as one"))?;
    Ok(Shown {
        history: Some(history),
        ..one
    })
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::PublicVenueRead>,
    id: PublicVenueId,
) -> Result<Looked<Shown>> {
    let one = found(db, permit.scope(), id)?;
    let event = event(permit.origin(), "public_venue.viewed", &one);
    let shown = shown(db, permit, one)?;
    db.looked(event, shown)
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::PublicVenueRead>,
    scope: &Scope,
    filter: &Filter,
    after: Option<PublicVenueId>,
    count: i64,
) -> Result<Vec<Shown>> {
    let all = store::page(db, scope, filter, after, count)?;
    listed(db, permit, all)
}

/// Puts a venue on the list, with what is missing there.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PublicVenueList>,
    mut new: NewVenue,
) -> Result<Recorded<Shown>> {
    if !permit.scope().sees(new.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    let division = divisions::service::current(tx, new.division_code, "/division_code")?.code;
    new.check(tx.today())?;
    let actor = permit.actor();
    let one = Venue {
        id: tx.new_id(),
        name: new.name,
        kind: new.kind,
        division_code: division,
        address: new.address,
        owner: new.owner,
        accepted_date: None,
        state: VenueState::Listed,
        last_transition: 1,
        recorded_by: (
            actor.user,
            actor.username.clone(),
            actor.display_name.clone(),
        ),
        recorded_at: tx.now(),
    };
    store::insert(tx, &one)?;
    for (number, item) in (1..).zip(new.items) {
        let item = VenueItem {
            id: tx.new_id(),
            number,
            kind: item.kind,
            finding: item.finding,
            due_date: item.due_date,
            remedied: false,
        };
        store::insert_item(tx, one.id, &item)?;
    }
    let entry = (VenueAction::List, None);
    store::insert_transition(tx, &one, entry, actor.user, (None, &[]))?;
    let event = event(permit.origin(), VenueAction::List.recorded_as(), &one);
    let shown = shown(tx, permit, one)?;
    tx.record(event, shown)
}

pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PublicVenueAct>,
    id: PublicVenueId,
    seen: IfMatch,
    mut asked: NewVenueTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.last_transition)?;
    check(old.state, asked.action, of_county(permit, &old))?;
    let mut items = store::items(tx, &[id])?.remove(&id).unwrap_or_default();
    let listed = old.recorded_at.office_date();
    asked.check(&items, listed, tx.today())?;
    let participants = asked.participants.take().unwrap_or_default();
    took_part(tx, permit, &participants)?;
    let changed = change(&mut items, &asked);
    let from = old.state;
    let moved = Venue {
        state: next(asked.action, &items),
        accepted_date: asked.accepted_date,
        last_transition: old.last_transition + 1,
        ..old
    };
    store::update(tx, &moved, moved.last_transition - 1)?;
    for item in &changed {
        store::update_item(tx, item)?;
    }
    let said = (asked.comment.as_deref(), participants.as_slice());
    let user = permit.actor().user;
    store::insert_transition(tx, &moved, (asked.action, Some(from)), user, said)?;
    let event = event(permit.origin(), asked.action.recorded_as(), &moved)
        .change("participant_ids", participants);
    let shown = shown(tx, permit, moved)?;
    tx.record(event, shown)
}

/// Applies what becomes of the items; those that changed.
fn change(items: &mut [VenueItem], asked: &NewVenueTransition) -> Vec<VenueItem> {
    let mut changed = Vec::new();
    for one in asked.items.iter().flatten() {
        let Some(item) = items.iter_mut().find(|item| item.id == one.item_id) else {
            continue;
        };
        item.remedied = asked.action == VenueAction::Remedy;
        item.due_date = one.due_date.unwrap_or(item.due_date);
        changed.push(item.clone());
    }
    changed
}

/// Who took part is in sight, and has a certificate that is valid today.
fn took_part(
    db: &mut Db,
    permit: &Permit<acts::PublicVenueAct>,
    participants: &[ResidentId],
) -> Result<()> {
    let today = db.today();
    let known = residents::service::several(db, permit.scope(), participants)?;
    let at = residents::service::as_of(db, None, None);
    let believed = facts::service::snapshots(db, participants, at)?;
    for (at, id) in participants.iter().enumerate() {
        let is_known = known.iter().any(|one| one.id == *id);
        let held = believed
            .get(id)
            .and_then(|facts| facts.certificate.as_ref());
        let is_valid = held.is_some_and(|held| held.state_on(today) == CertificateState::Valid);
        if !is_known || !is_valid {
            return Err(Error::field(
                format!("/participants/{at}"),
                "participant.unknown",
                "no resident in your sight with a valid disability certificate",
                "您的可见范围内没有持有效残疾人证的该人员",
            ));
        }
    }
    Ok(())
}
