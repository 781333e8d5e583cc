//! Use cases of households. Every change counts, so that nobody changes what they did not see.

use super::model::{
    Household, MOST_MEMBERS, Member, MemberPatch, Membership, NewEnding, NewHousehold, NewMember,
    Shown, Who,
};
use super::store;
use crate::access::{Act, Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{HouseholdId, PersonId, ResidentId, UserId};
use crate::kernel::text;
use crate::registry::facts::{self, AsOf, CertificateState, Period, past_period};
use crate::registry::residents::{self, Resident};

pub use super::store::{SEALED_COLUMNS, companions};

fn event(origin: &Origin, action: &'static str, household: &Household, about: &Resident) -> Event {
    Event::new(origin, action)
        .on(&household.id)
        .about(about.id)
        .within(about.division_code)
}

/// The household with its members of a day; of a record that was merged nothing is shown.
fn shown(db: &mut Db, scope: &Scope, household: Household, at: AsOf) -> Result<Shown> {
    let all = store::members(db, household.id, at)?;
    let ids: Vec<_> = all
        .iter()
        .filter_map(|member| member.membership.who.resident())
        .collect();
    let residents = residents::service::several(db, scope, &ids)?;
    let snapshots = facts::service::snapshots(db, &ids, at)?;
    let mut members = Vec::new();
    let mut disabled = 0;
    for member in all {
        let id = member.membership.who.resident();
        let resident = residents.iter().find(|one| Some(one.id) == id);
        if resident.is_some_and(|one| one.merged_into.is_some()) {
            continue;
        }
        let certificate = resident.and_then(|one| snapshots.get(&one.id)?.certificate.as_ref());
        if certificate.is_some_and(|held| held.state_on(at.valid_at) == CertificateState::Valid) {
            disabled += 1;
        }
        members.push((member, resident.cloned()));
    }
    Ok(Shown {
        household,
        members,
        disabled,
    })
}

fn household_of<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    resident: ResidentId,
    at: AsOf,
) -> Result<Household> {
    let id = store::household_of(db, resident, at)?.ok_or(Code::HouseholdNotFound)?;
    store::find(db, permit.scope(), id)?.ok_or_else(|| Code::HouseholdNotFound.into())
}

/// In which household somebody in sight lives today.
pub fn home_of(db: &mut Db, resident: ResidentId) -> Result<Option<HouseholdId>> {
    let today = AsOf {
        valid_at: db.today(),
        known_at: None,
    };
    of_resident(db, resident, today)
}

/// In which household somebody lived on a day, if the registry knows.
pub fn of_resident(db: &mut Db, resident: ResidentId, at: AsOf) -> Result<Option<HouseholdId>> {
    store::household_of(db, resident, at)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    id: ResidentId,
    at: AsOf,
) -> Result<Looked<Shown>> {
    let resident = residents::service::find(db, permit.scope(), id)?;
    let household = household_of(db, permit, id, at)?;
    let shown = shown(db, permit.scope(), household, at)?;
    let event = event(
        permit.origin(),
        "household.viewed",
        &shown.household,
        &resident,
    );
    db.looked(event, shown)
}

/// What a form says of a member, who is in sight if registered.
fn membership(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    new: &NewMember,
    within: &str,
) -> Result<Membership> {
    let who = new.who(within)?;
    let person = match &who {
        Who::Other { .. } => tx.new_id(),
        Who::Registered(id) => {
            let resident = residents::service::standing(tx, permit.scope(), *id);
            let resident = resident.map_err(|error| match error.code() {
                Code::ResidentNotFound => Error::field(
                    format!("{within}/resident_id"),
                    "resident.unknown",
                    "no such resident in your sight",
                    "您的可见范围内没有该残疾人",
                ),
                _ => error,
            })?;
            PersonId::new(resident.id.uuid())
        }
    };
    let today = tx.today();
    let period = past_period(new.valid_from.unwrap_or(today), None, today);
    Ok(Membership {
        person,
        who,
        relation: new.relation,
        cares_for: new.cares_for.clone(),
        period: period.map_err(|error| error.at(&format!("{within}/valid_from")))?,
        end_reason: None,
    })
}

/// Without repetitions; everybody who is cared for is another member, and a resident.
fn check_cares(new: &mut Membership, members: &[Membership], within: &str) -> Result<()> {
    new.cares_for.sort_unstable();
    new.cares_for.dedup();
    let at_home = |cared: &ResidentId| {
        members
            .iter()
            .any(|one| one.who.resident() == Some(*cared) && one.person != new.person)
    };
    if new.cares_for.iter().all(at_home) {
        return Ok(());
    }
    Err(Error::field(
        format!("{within}/cares_for"),
        "cares_for.not_a_member",
        "other members of this household who are residents",
        "须为同一家庭中登记在册的其他成员",
    ))
}

fn too_many(pointer: &str) -> Error {
    Error::field(
        pointer,
        "members.count",
        format!("at most {MOST_MEMBERS}"),
        format!("最多 {MOST_MEMBERS} 人"),
    )
}

/// Opens a household with the resident in it, and whoever else is named.
pub fn open(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    id: ResidentId,
    new: &NewHousehold,
) -> Result<Recorded<Shown>> {
    let resident = residents::service::standing(tx, permit.scope(), id)?;
    if new.members.len() >= MOST_MEMBERS {
        return Err(too_many("/members"));
    }
    let first = NewMember {
        resident_id: Some(id),
        name: None,
        phone: None,
        relation: new.relation,
        cares_for: Vec::new(),
        valid_from: new.valid_from,
    };
    let forms: Vec<_> = std::iter::once((String::new(), &first))
        .chain(
            (0..)
                .map(|place| format!("/members/{place}"))
                .zip(&new.members),
        )
        .collect();
    let mut all = Vec::new();
    for (within, form) in &forms {
        all.push(membership(tx, permit, form, within)?);
    }
    let members = all.clone();
    for (one, (within, _)) in all.iter_mut().zip(&forms) {
        check_cares(one, &members, within)?;
    }
    let by = permit.origin().user;
    let household = store::insert(tx, id, by)?;
    let mut ids = Vec::new();
    for (one, (within, _)) in all.iter().zip(&forms) {
        let inserted = store::insert_member(tx, household.id, one, by);
        ids.push(inserted.map_err(|error| beneath(within, error))?);
    }
    for (member, one) in ids.into_iter().zip(&all) {
        store::insert_cares(tx, member, &one.cares_for)?;
    }
    let event = event(permit.origin(), "household.opened", &household, &resident)
        .change("members", all.len());
    finish(tx, permit, household, event)
}

/// The rule that a field of one of several forms broke, at its place.
fn beneath(within: &str, error: Error) -> Error {
    match error.field_errors() {
        [field] => {
            let pointer = format!("{within}{}", field.pointer);
            error.at(&pointer)
        }
        _ => error,
    }
}

/// As it now is.
fn finish(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    household: Household,
    event: Event,
) -> Result<Recorded<Shown>> {
    let now = residents::service::as_of(tx, None, None);
    let shown = shown(tx, permit.scope(), household, now)?;
    tx.record(event, shown)
}

/// The resident's household as it now is, seen as it is.
fn found(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    id: ResidentId,
    seen: IfMatch,
) -> Result<(Resident, Household, Vec<Member>)> {
    let resident = residents::service::standing(tx, permit.scope(), id)?;
    let now = residents::service::as_of(tx, None, None);
    let household = household_of(tx, permit, id, now)?;
    seen.check(household.version)?;
    let members = store::current(tx, household.id)?;
    Ok((resident, household, members))
}

fn memberships(members: &[Member]) -> Vec<Membership> {
    members.iter().map(|one| one.membership.clone()).collect()
}

/// Names one more member.
pub fn add(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    id: ResidentId,
    seen: IfMatch,
    new: &NewMember,
) -> Result<Recorded<Shown>> {
    let (resident, household, members) = found(tx, permit, id, seen)?;
    if members.len() >= MOST_MEMBERS {
        return Err(too_many(""));
    }
    let mut one = membership(tx, permit, new, "")?;
    check_cares(&mut one, &memberships(&members), "")?;
    let member = store::insert_member(tx, household.id, &one, permit.origin().user)?;
    store::insert_cares(tx, member, &one.cares_for)?;
    let household = store::update(tx, household)?;
    let event = event(
        permit.origin(),
        "household.member_added",
        &household,
        &resident,
    )
    .change("person_id", one.person)
    .change("relation", one.relation)
    .change("cares_for", one.cares_for);
    finish(tx, permit, household, event)
}

fn member(members: &[Member], person: PersonId) -> Result<&Member> {
    let found = members.iter().find(|one| one.membership.person == person);
    found.ok_or_else(|| Code::HouseholdMemberNotFound.into())
}

/// Says something else of a member from a day on.
fn replace(
    tx: &mut Tx<'_>,
    household: &Household,
    old: &Member,
    new: &Membership,
    by: Option<UserId>,
) -> Result<()> {
    store::cut(tx, household.id, old, new.period.from, None, by)?;
    let id = store::insert_member(tx, household.id, new, by)?;
    store::insert_cares(tx, id, &new.cares_for)
}

/// Changes what is known of a member, from a day on or from the beginning.
pub fn change(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    id: ResidentId,
    person: PersonId,
    seen: IfMatch,
    patch: &MemberPatch,
) -> Result<Recorded<Shown>> {
    let (resident, household, members) = found(tx, permit, id, seen)?;
    let old = member(&members, person)?;
    stands(tx, permit, old)?;
    let mut new = patch.applied(&old.membership)?;
    check_cares(&mut new, &memberships(&members), "")?;
    let today = tx.today();
    let from = patch.valid_from.unwrap_or(today);
    new.period = past_period(from.max(old.membership.period.from), None, today)?;
    replace(tx, &household, old, &new, permit.origin().user)?;
    let household = store::update(tx, household)?;
    let event = event(
        permit.origin(),
        "household.member_changed",
        &household,
        &resident,
    )
    .change("person_id", person)
    .change("relation", new.relation)
    .change("cares_for", new.cares_for);
    finish(tx, permit, household, event)
}

/// A membership of a record that was merged is left as it is.
fn stands(db: &mut Db, permit: &Permit<acts::ResidentWrite>, member: &Member) -> Result<()> {
    match member.membership.who.resident() {
        None => Ok(()),
        Some(id) => match residents::service::standing(db, permit.scope(), id) {
            Err(error) if error.code() == Code::ResidentMerged => Err(error),
            _ => Ok(()),
        },
    }
}

/// Ends a membership: nobody cares for who left, and the household is seen from who is still there.
pub fn end(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    id: ResidentId,
    person: PersonId,
    seen: IfMatch,
    new: &NewEnding,
) -> Result<Recorded<Shown>> {
    let (resident, household, members) = found(tx, permit, id, seen)?;
    let old = member(&members, person)?;
    stands(tx, permit, old)?;
    let reason = text::reason(&new.reason)?;
    let (today, by) = (tx.today(), permit.origin().user);
    let end = new.valid_to.unwrap_or(today);
    let began = old.membership.period.from;
    if end < began || end > today {
        return Err(Error::field(
            "/valid_to",
            "period.order",
            "from the day on which it began to today",
            "须在成员关系开始之日至今日之间",
        ));
    }
    store::cut(tx, household.id, old, end, Some(reason), by)?;
    let left = old.membership.who.resident();
    let staying: Vec<_> = members
        .iter()
        .filter(|one| one.membership.person != person)
        .collect();
    for carer in &staying {
        let mut without = carer.membership.clone();
        without.cares_for.retain(|cared| Some(*cared) != left);
        if without.cares_for != carer.membership.cares_for {
            without.period = Period::open(end.max(carer.membership.period.from));
            replace(tx, &household, carer, &without, by)?;
        }
    }
    let household = Household {
        resident: seen_from(tx, permit, &household, &staying)?,
        ..household
    };
    let household = store::update(tx, household)?;
    let event = event(
        permit.origin(),
        "household.member_ended",
        &household,
        &resident,
    )
    .reason(reason)
    .change("person_id", person)
    .change("valid_to", end);
    finish(tx, permit, household, event)
}

/// The member from whom a household is seen: as before, or the first who stays in sight.
fn seen_from(
    db: &mut Db,
    permit: &Permit<acts::ResidentWrite>,
    household: &Household,
    staying: &[&Member],
) -> Result<ResidentId> {
    let ids: Vec<_> = staying
        .iter()
        .filter_map(|one| one.membership.who.resident())
        .collect();
    if ids.contains(&household.resident) {
        return Ok(household.resident);
    }
    let in_sight = residents::service::several(db, permit.scope(), &ids)?;
    Ok(in_sight.first().map_or(household.resident, |one| one.id))
}
