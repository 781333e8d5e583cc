//! Use cases of referrals.

use std::collections::HashMap;

use super::model::{
    Direction, NewReferral, NewReferralTransition, Referral, ReferralAction, ReferralState, Side,
    Standing, Turn,
};
use super::store::{self, Entry, Sight};
use crate::access::organizations::{self, Organization, OrganizationKind};
use crate::access::{Act, Permit, acts};
use crate::audit::{Event, Origin};
use crate::casework::cases::{self, Case, files_as_liaison};
use crate::casework::recusals::{self, keep_off};
use crate::casework::transfers;
use crate::db::{Db, Looked, Reach, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, OrganizationId, ReferralId};
use crate::registry::Resident;
use crate::registry::facts::Snapshot;
use crate::registry::residents;

pub use super::store::SEALED_COLUMNS;

/// A referral with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub referral: Referral,
    pub from: Organization,
    pub to: Organization,
    /// Whether the caller has the case in sight.
    pub case_in_sight: bool,
    pub allowed: Vec<ReferralAction>,
    /// Left out of lists: it tells of people's health.
    pub told: Option<Told>,
}

/// What a look at one referral shows.
#[derive(Debug)]
pub struct Told {
    pub person: (Resident, Snapshot),
    pub history: Vec<Turn>,
}

/// Referrals of the cases that somebody may read, and those to the organizations they answer for. The
/// scope of the permit itself would be an institution's whole county.
fn sight<A: Act>(permit: &Permit<A>) -> Sight {
    Sight {
        cases: permit.scope_for::<acts::CaseRead>(),
        organizations: permit.organizations_for::<acts::ReferralAct>(),
    }
}

/// What the database lets such work see: no more of residents than the cases of one's own offices.
pub fn reach<A: Act>(permit: &Permit<A>) -> Reach {
    let cases = permit.scope_for::<acts::CaseRead>();
    Reach::of(permit.actor().user, cases.divisions())
}

fn standing<A: Act>(permit: &Permit<A>, referral: &Referral) -> Standing {
    let ours = permit.organizations_for::<acts::ReferralAct>();
    let acts_on_case = permit.scope_for::<acts::CaseAct>();
    Standing {
        offering: acts_on_case.sees(referral.division_code),
        receiving: ours.contains(&referral.to) && referral.offered_by.0 != permit.actor().user,
    }
}

fn event(origin: &Origin, action: &'static str, referral: &Referral) -> Event {
    Event::new(origin, action)
        .on(&referral.id)
        .about(referral.resident_id)
        .within(referral.division_code)
}

/// Adds the organizations' names and what the caller may do.
fn listed<A: Act>(db: &mut Db, permit: &Permit<A>, all: Vec<Referral>) -> Result<Vec<Shown>> {
    let ends: Vec<_> = all.iter().flat_map(|one| [one.from, one.to]).collect();
    let known: HashMap<OrganizationId, Organization> = organizations::service::known(db, &ends)?
        .into_iter()
        .map(|one| (one.id, one))
        .collect();
    let end = |id| {
        let found = known.get(&id).cloned();
        found.ok_or_else(|| Error::internal("a referral is between organizations"))
    };
    let cases = permit.scope_for::<acts::CaseRead>();
    all.into_iter()
        .map(|referral| {
            Ok(Shown {
                from: end(referral.from)?,
                to: end(referral.to)?,
                case_in_sight: cases.sees(referral.division_code),
                allowed: standing(permit, &referral).allowed(referral.state),
                told: None,
                referral,
            })
        })
        .collect()
}

/// As `listed`, with the person and the history.
fn shown<A: Act>(db: &mut Db, permit: &Permit<A>, all: Vec<Referral>) -> Result<Vec<Shown>> {
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let residents: Vec<_> = all.iter().map(|one| one.resident_id).collect();
    let people = residents::service::named(db, &residents)?;
    let mut histories: HashMap<ReferralId, Vec<Turn>> = HashMap::new();
    for (id, turn) in store::history(db, &ids)? {
        histories.entry(id).or_default().push(turn);
    }
    let mut listed = listed(db, permit, all)?;
    for one in &mut listed {
        let person = people.get(&one.referral.resident_id).cloned();
        one.told = Some(Told {
            person: person.ok_or_else(|| Error::internal("a referral is of a resident"))?,
            history: histories.remove(&one.referral.id).unwrap_or_default(),
        });
    }
    Ok(listed)
}

fn shown_one<A: Act>(db: &mut Db, permit: &Permit<A>, referral: Referral) -> Result<Shown> {
    let one = shown(db, permit, vec![referral])?.pop();
    one.ok_or_else(|| Error::internal("one referral is shown as one"))
}

fn found<A: Act>(db: &mut Db, permit: &Permit<A>, id: ReferralId) -> Result<Referral> {
    store::find(db, &sight(permit), id)?.ok_or_else(|| Code::ReferralNotFound.into())
}

/// Whom a case is referred to: not oneself, and none of those who see no resident.
fn receiver(db: &mut Db, id: OrganizationId, from: OrganizationId) -> Result<()> {
    let refused = |code, en: &str, zh: &str| Err(Error::field("/to_organization_id", code, en, zh));
    match organizations::service::known(db, &[id])?.first() {
        None => refused(
            "organization.unknown",
            "there is no such organization",
            "没有这个机构",
        ),
        Some(to) if to.kind == OrganizationKind::Administration => refused(
            "organization.kind",
            "this organization sees no residents",
            "该机构不得接触残疾人信息",
        ),
        Some(to) if to.id == from => refused(
            "referral.own_organization",
            "another organization than your own",
            "不能转介给本机构",
        ),
        Some(_) => Ok(()),
    }
}

/// As which office somebody acts on a case.
fn office(permit: &Permit<acts::CaseAct>, case: &Case) -> Result<OrganizationId> {
    let acts_there = permit.actor().grants.iter().find(|held| {
        acts::CaseAct::ACTION.allows(held.role) && held.division.contains(case.division_code)
    });
    let held = acts_there.ok_or(Code::CaseNotFound)?;
    Ok(held.organization)
}

/// Asks another office or an institution to do something for a case's resident.
pub fn offer(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    id: CaseId,
    new: &NewReferral,
) -> Result<Recorded<Shown>> {
    let case = cases::service::found(tx, permit, id)?;
    let purpose = new.purpose()?.to_owned();
    if new.due_date.is_some_and(|day| day <= tx.today()) {
        return Err(Error::field(
            "/due_date",
            "due_date.past",
            "a day to come",
            "须为今后的日期",
        ));
    }
    let actor = permit.actor();
    let ties = recusals::service::ties_of(tx, actor.user, case.resident_id)?;
    keep_off(&ties, files_as_liaison(actor, case.division_code))?;
    transfers::hold(transfers::service::offered(tx, case.resident_id)?)?;
    if case.position.state.is_closed() {
        return Err(Code::CaseClosed.into());
    }
    let from = office(permit, &case)?;
    receiver(tx, new.to_organization_id, from)?;
    let referral = Referral {
        id: tx.new_id(),
        case_id: case.id,
        resident_id: case.resident_id,
        division_code: case.division_code,
        from,
        to: new.to_organization_id,
        purpose,
        due_date: new.due_date,
        offered_by: (
            actor.user,
            actor.username.clone(),
            actor.display_name.clone(),
        ),
        offered_at: tx.now(),
        state: ReferralState::Offered,
        last_transition: 1,
    };
    store::insert(tx, &referral)?;
    let entry = Entry {
        referral: &referral,
        action: ReferralAction::Offer,
        side: Side::Offering,
        from: None,
        actor: actor.user,
        comment: None,
    };
    store::insert_transition(tx, &entry)?;
    let event = event(permit.origin(), "referral.offered", &referral)
        .change("case_id", case.id)
        .change("to_organization_id", referral.to)
        .change("due_date", referral.due_date);
    let shown = shown_one(tx, permit, referral)?;
    tx.record(event, shown)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::ReferralRead>,
    id: ReferralId,
) -> Result<Looked<Shown>> {
    let referral = found(db, permit, id)?;
    let event = event(permit.origin(), "referral.viewed", &referral);
    let shown = shown_one(db, permit, referral)?;
    db.looked(event, shown)
}

/// What a case was referred for, oldest first.
pub fn of_case(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    id: CaseId,
) -> Result<Looked<Vec<Shown>>> {
    let case = cases::service::found(db, permit, id)?;
    let all = store::of_case(db, id)?;
    let shown = shown(db, permit, all)?;
    let event = Event::new(permit.origin(), "case.referrals_viewed")
        .on(&id)
        .about(case.resident_id)
        .within(case.division_code);
    db.looked(event, shown)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub direction: Option<Direction>,
    pub state: Option<ReferralState>,
    pub after: Option<ReferralId>,
    pub count: i64,
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::ReferralRead>,
    window: &Window,
) -> Result<Vec<Shown>> {
    let all = store::page(
        db,
        &sight(permit),
        window.direction,
        window.state,
        window.after,
        window.count,
    )?;
    listed(db, permit, all)
}

/// Answers a referral, does what it asks for, or gives it up.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ReferralAct>,
    id: ReferralId,
    seen: IfMatch,
    request: &NewReferralTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, permit, id)?;
    seen.check(old.last_transition)?;
    let comment = request.comment()?;
    let (state, side) = standing(permit, &old).check(old.state, request.action)?;
    let moved = Referral {
        state,
        last_transition: old.last_transition + 1,
        ..old.clone()
    };
    store::update(tx, &moved, old.last_transition)?;
    let entry = Entry {
        referral: &moved,
        action: request.action,
        side,
        from: Some(old.state),
        actor: permit.actor().user,
        comment,
    };
    store::insert_transition(tx, &entry)?;
    let event = event(permit.origin(), request.action.recorded_as(), &moved)
        .change("state", state)
        .change("side", side);
    let shown = shown_one(tx, permit, moved)?;
    tx.record(event, shown)
}
