//! Use cases of petitions: receiving, reading, counting. What follows stands in `steps`.

use super::counts::{Asked, Count, tally};
use super::model::{Office, Petition, PetitionState, allowed};
use super::request::{NewPetition, Step};
use super::steps::theirs;
use super::store::{self, Filter};
use crate::access::{Permit, Scope, acts, organizations, users};
use crate::audit::{Event, Origin};
use crate::casework::{calendar, cases, recusals};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{PetitionId, ResidentId, UserId};
use crate::outreach::limits::{Due, LegalLimit};
use crate::registry::residents;

pub use super::steps::act;
pub use super::store::SEALED_COLUMNS;

/// Where it is told: of both ends the one in sight. What complains about somebody of the office stands on no resident's
/// timeline, which they may read.
pub(super) fn event(origin: &Origin, action: &'static str, scope: &Scope, of: &Petition) -> Event {
    let place = if scope.sees(of.division_code) {
        of.division_code
    } else {
        of.origin_division_code
    };
    let event = Event::new(origin, action)
        .on(&of.id)
        .within(place)
        .change("state", of.state)
        .change("due_date", of.due_date);
    match (of.resident_id, of.complained_user_id) {
        (Some(resident), None) => event.about(resident),
        _ => event,
    }
}

/// A petition in sight with its history, or 404; nothing of who looks is in sight.
pub(super) fn found(
    db: &mut Db,
    scope: &Scope,
    viewer: UserId,
    id: PetitionId,
) -> Result<Petition> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, viewer, &filter, None, 1)?.pop();
    let one = one.ok_or(Code::PetitionNotFound)?;
    let history = store::histories(db, &[id])?.remove(&id);
    Ok(Petition { history, ..one })
}

/// The office of whoever receives it, if it handles petitions.
fn receiving(db: &mut Db, permit: &Permit<acts::PetitionReceive>) -> Result<Office> {
    let own = permit.origin().organization;
    let own = own.ok_or(Code::OrganizationNotFound)?;
    let known = organizations::service::known(db, &[own])?;
    let known = known.first().ok_or(Code::OrganizationNotFound)?;
    Ok(Office {
        id: known.id,
        division: known.division_code,
    })
}

/// Who is complained about is somebody else, and there.
fn complained(db: &mut Db, about: UserId, by: UserId) -> Result<()> {
    if about == by {
        return Err(Code::PetitionComplained.into());
    }
    match users::service::get(db, about) {
        Err(error) if error.code() == Code::UserNotFound => Err(Error::field(
            "/complained_user_id",
            "user.unknown",
            "there is no such user",
            "没有这个用户",
        )),
        other => other.map(drop),
    }
}

/// Takes a petition down, as it came.
pub fn receive(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PetitionReceive>,
    new: &NewPetition,
) -> Result<Recorded<Petition>> {
    let today = tx.today();
    let said = new.check(today)?;
    let by = permit.actor().user;
    let office = receiving(tx, permit)?;
    let mut persons: Vec<ResidentId> = Vec::new();
    if let Some(id) = new.resident_id {
        persons.push(residents::service::standing(tx, permit.scope(), id)?.id);
    }
    if let Some(id) = new.case_id {
        persons.push(cases::service::found(tx, permit, id)?.resident_id);
    }
    if let Some(about) = new.complained_user_id {
        complained(tx, about, by)?;
    }
    recusals::service::apart(tx, by, &persons)?;
    let calendar = calendar::service::load(tx)?;
    let due = Due::of(LegalLimit::PetitionReceipt, said.received_date, &calendar);
    let state = PetitionState::Received;
    let petition = Petition {
        id: tx.new_id(),
        petitioner: said.petitioner,
        resident_id: new.resident_id,
        name: None,
        contact: None,
        text: None,
        channel: new.channel,
        category: new.category,
        case_id: new.case_id,
        complained_user_id: new.complained_user_id,
        origin_organization_id: office.id,
        origin_division_code: office.division,
        organization_id: office.id,
        division_code: office.division,
        received_date: said.received_date,
        received_by: by,
        received_at: tx.now(),
        state,
        due_limit: Some(due.limit),
        due_clause: None,
        due_date: Some(due.date),
        overdue: false,
        objection_due_date: None,
        accepted_date: None,
        extension: None,
        extension_days: None,
        outcome: None,
        late_acts: 0,
        allowed_actions: allowed(state, None),
        version: 1,
        history: None,
    };
    store::insert(tx, &petition, &said)?;
    let step = Step::receipt(said.received_date);
    store::insert_entry(tx, &petition, None, &step, None, by)?;
    let planned = super::steps::keep_up(tx, permit.origin(), &petition, by)?;
    let event = event(
        permit.origin(),
        step.action.recorded_as(),
        permit.scope(),
        &petition,
    );
    let shown = found(tx, permit.scope(), by, petition.id)?;
    let shown = store::unsealed(tx, shown)?;
    let shown = theirs(tx, permit, shown)?;
    Ok(tx.record(event, shown)?.along(planned))
}

/// A petition with what is sealed of it; how the petitioner is reached concerns those who answer them.
pub fn view(
    db: &mut Db,
    permit: &Permit<acts::PetitionRead>,
    id: PetitionId,
) -> Result<Looked<Petition>> {
    let one = found(db, permit.scope(), permit.actor().user, id)?;
    let event = event(permit.origin(), "petition.viewed", permit.scope(), &one);
    let mut one = store::unsealed(db, one)?;
    if permit.also::<acts::PetitionAct>().is_err() {
        one.contact = None;
    }
    let one = theirs(db, permit, one)?;
    db.looked(event, one)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub filter: Filter,
    pub resident: Option<ResidentId>,
    pub after: Option<PetitionId>,
    pub count: i64,
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::PetitionRead>,
    scope: &Scope,
    window: &Window,
) -> Result<Vec<Petition>> {
    let residents = match window.resident {
        Some(resident) => Some(residents::service::records(db, &[resident])?),
        None => None,
    };
    let filter = Filter {
        residents,
        ..window.filter.clone()
    };
    let viewer = permit.actor().user;
    let all = store::page(db, scope, viewer, &filter, window.after, window.count)?;
    Ok(all
        .into_iter()
        .map(|one| Petition {
            complained_user_id: None,
            ..one
        })
        .collect())
}

/// Petitions that came in a period.
pub fn count(
    db: &mut Db,
    permit: &Permit<acts::PetitionRead>,
    scope: &Scope,
    asked: &Asked,
) -> Result<Vec<Count>> {
    let filter = Filter {
        received_from: Some(asked.from),
        received_to: Some(asked.to),
        ..Filter::default()
    };
    let counted = store::counted(db, scope, permit.actor().user, &filter)?;
    Ok(tally(asked, &counted, db.today()))
}
