//! Use cases of institutions.

use std::collections::HashMap;

use super::model::{
    Agreement, Institution, InstitutionAction, InstitutionState, NewAgreement, NewInstitution,
    NewInstitutionTransition, Occupancy, Turn,
};
use super::store::{self, NewTurn};
use crate::access::organizations::{self, Organization, OrganizationKind};
use crate::access::{Act, Permit, Role, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{InstitutionAgreementId, OrganizationId};
use crate::rehabilitation::plans;

pub use super::store::{Filter, next_place};

/// An institution with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub institution: Institution,
    pub organization: Organization,
    /// What holds today.
    pub agreement: Option<Agreement>,
    pub occupancy: Occupancy,
    pub allowed: Vec<InstitutionAction>,
    /// Left out of lists.
    pub told: Option<Told>,
}

/// What a look at one institution shows.
#[derive(Debug)]
pub struct Told {
    pub agreements: Vec<Agreement>,
    pub history: Vec<Turn>,
}

pub fn found(db: &mut Db, id: OrganizationId) -> Result<Institution> {
    store::find(db, id)?.ok_or_else(|| Code::InstitutionNotFound.into())
}

/// What was agreed with an institution and holds on a day.
pub fn agreement_on(
    db: &mut Db,
    id: OrganizationId,
    day: chrono::NaiveDate,
) -> Result<Option<Agreement>> {
    let mut all = store::agreements(db, &[id])?.into_iter();
    Ok(all.find(|one| one.holds_on(day)))
}

/// Where somebody works for an institution.
pub fn works_at<A>(permit: &Permit<A>) -> Vec<OrganizationId> {
    let held = permit.actor().grants.iter();
    held.filter(|held| held.role == Role::InstitutionWorker)
        .map(|held| held.organization)
        .collect()
}

fn listed<A: Act>(db: &mut Db, permit: &Permit<A>, all: Vec<Institution>) -> Result<Vec<Shown>> {
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let mut named: HashMap<_, _> = organizations::service::known(db, &ids)?
        .into_iter()
        .map(|one| (one.id, one))
        .collect();
    let today = db.today();
    let mut holding: HashMap<_, _> = store::agreements(db, &ids)?
        .into_iter()
        .filter(|one| one.holds_on(today))
        .map(|one| (one.institution, one))
        .collect();
    let occupied = plans::service::occupancies(db, &ids)?;
    let decides = permit.scope_for::<acts::InstitutionDecide>();
    let ours = works_at(permit);
    let show = |institution: Institution| {
        let organization = named.remove(&institution.id);
        let may = decides.sees(institution.division_code) && !ours.contains(&institution.id);
        let allowed = InstitutionAction::ASKED.into_iter();
        let allowed = allowed.filter(|action| may && action.check(institution.state).is_ok());
        Ok(Shown {
            organization: organization
                .ok_or_else(|| Error::internal("an institution is an organization"))?,
            agreement: holding.remove(&institution.id),
            occupancy: occupied.get(&institution.id).copied().unwrap_or_default(),
            allowed: allowed.collect(),
            told: None,
            institution,
        })
    };
    all.into_iter().map(show).collect()
}

fn shown<A: Act>(db: &mut Db, permit: &Permit<A>, institution: Institution) -> Result<Shown> {
    let id = institution.id;
    let told = Told {
        agreements: store::agreements(db, &[id])?,
        history: store::history(db, id)?,
    };
    let one = listed(db, permit, vec![institution])?.pop();
    let one = one.ok_or_else(|| Error::internal("one institution is shown as one"))?;
    Ok(Shown {
        told: Some(told),
        ..one
    })
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::InstitutionRead>,
    filter: &Filter,
    after: Option<OrganizationId>,
    count: i64,
) -> Result<Vec<Shown>> {
    let all = store::page(db, filter, after, count)?;
    listed(db, permit, all)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::InstitutionRead>,
    id: OrganizationId,
) -> Result<Shown> {
    let institution = found(db, id)?;
    shown(db, permit, institution)
}

/// An institution's own people speak for it alone, an office for those in its division; the others are not there.
fn speaks_for<A: Act>(permit: &Permit<A>, organization: &Organization) -> bool {
    let mut held = permit.actor().grants.iter();
    held.any(|held| {
        let own = held.role != Role::InstitutionWorker || held.organization == organization.id;
        A::ACTION.allows(held.role) && own && held.division.contains(organization.division_code)
    })
}

fn event(origin: &Origin, action: &'static str, institution: &Institution) -> Event {
    Event::new(origin, action)
        .on(&institution.id)
        .within(institution.division_code)
        .change("state", institution.state)
}

/// Applies for an organization to become a designated institution.
pub fn apply(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::InstitutionPropose>,
    mut new: NewInstitution,
) -> Result<Recorded<Shown>> {
    new.check()?;
    let known = organizations::service::known(tx, &[new.organization_id])?;
    let organization = known.into_iter().find(|one| speaks_for(permit, one));
    let organization = organization.ok_or(Code::OrganizationNotFound)?;
    if organization.kind != OrganizationKind::Institution {
        return Err(Error::field(
            "/organization_id",
            "organization.kind",
            "an organization of the kind institution",
            "须为定点机构类组织",
        ));
    }
    if store::find(tx, organization.id)?.is_some() {
        return Err(Code::InstitutionApplied.into());
    }
    let institution = Institution {
        id: organization.id,
        division_code: organization.division_code,
        service_types: new.service_types,
        address: new.address,
        contact: new.contact,
        licence_number: new.licence_number,
        state: InstitutionState::Applied,
        last_transition: 1,
        applied_by: permit.actor().user,
        applied_at: tx.now(),
    };
    store::insert(tx, &institution)?;
    let turn = NewTurn {
        action: InstitutionAction::Apply,
        from: None,
        agreement: None,
        actor: permit.actor().user,
        comment: None,
    };
    store::insert_transition(tx, &institution, &turn)?;
    let event = event(
        permit.origin(),
        InstitutionAction::Apply.recorded_as(),
        &institution,
    )
    .change("service_types", &institution.service_types);
    let shown = shown(tx, permit, institution)?;
    tx.record(event, shown)
}

/// Proposes what is to be agreed with an institution.
pub fn propose(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::InstitutionPropose>,
    id: OrganizationId,
    mut new: NewAgreement,
) -> Result<Recorded<Shown>> {
    let institution = found(tx, id)?;
    let known = organizations::service::known(tx, &[id])?;
    if !known.iter().any(|one| speaks_for(permit, one)) {
        return Err(Code::InstitutionNotFound.into());
    }
    new.check(&institution.service_types)?;
    if institution.state == InstitutionState::Terminated {
        return Err(Code::InstitutionTransition.into());
    }
    let party = divisions::service::current(tx, new.division_code, "/division_code")?.code;
    if !party.contains(institution.division_code) {
        return Err(Error::field(
            "/division_code",
            "division.elsewhere",
            "the county or city where the institution is",
            "须为机构所在的县或市",
        ));
    }
    let agreement = Agreement {
        id: tx.new_id(),
        institution: id,
        division_code: party,
        service_types: new.service_types,
        capacity: new.capacity,
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        proposed_by: permit.actor().user,
        proposed_at: tx.now(),
        signed_by: None,
        signed_at: None,
    };
    store::insert_agreement(tx, &agreement)?;
    let event = event(
        permit.origin(),
        "institution.agreement_proposed",
        &institution,
    )
    .change("agreement_id", agreement.id)
    .change("division_code", party)
    .change("capacity", agreement.capacity)
    .change("valid_from", agreement.valid_from)
    .change("valid_to", agreement.valid_to);
    let shown = shown(tx, permit, institution)?;
    tx.record(event, shown)
}

/// Signs what was proposed, by somebody who neither proposed nor applied, for the division that is the party.
fn sign(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::InstitutionDecide>,
    institution: &Institution,
    id: InstitutionAgreementId,
) -> Result<()> {
    let all = store::agreements(tx, &[institution.id])?;
    let agreement = all.iter().find(|one| one.id == id);
    let agreement = agreement.ok_or(Code::AgreementNotFound)?;
    let user = permit.actor().user;
    if !permit.scope().sees(agreement.division_code) {
        return Err(Code::PermissionDenied.into());
    }
    let own = works_at(permit).contains(&institution.id);
    if own || [agreement.proposed_by, institution.applied_by].contains(&user) {
        return Err(Code::InstitutionOwn.into());
    }
    if agreement.signed_by.is_some() {
        return Err(Code::AgreementSigned.into());
    }
    let overlaps = |one: &&Agreement| {
        one.signed_by.is_some()
            && one.valid_from < agreement.valid_to
            && agreement.valid_from < one.valid_to
    };
    if all.iter().any(|one| overlaps(&one)) {
        return Err(Code::AgreementOverlaps.into());
    }
    store::sign(tx, id, user)
}

/// Signs an agreement, suspends, resumes or ends.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::InstitutionDecide>,
    id: OrganizationId,
    seen: IfMatch,
    mut request: NewInstitutionTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, id)?;
    if !permit.scope().sees(old.division_code) {
        return Err(Code::InstitutionNotFound.into());
    }
    seen.check(old.last_transition)?;
    request.check()?;
    let state = request.action.check(old.state)?;
    if let Some(agreement) = request.agreement_id {
        sign(tx, permit, &old, agreement)?;
    }
    let moved = Institution {
        state,
        last_transition: old.last_transition + 1,
        ..old.clone()
    };
    store::update(tx, &moved, old.last_transition)?;
    let turn = NewTurn {
        action: request.action,
        from: Some(old.state),
        agreement: request.agreement_id,
        actor: permit.actor().user,
        comment: request.comment.as_deref(),
    };
    store::insert_transition(tx, &moved, &turn)?;
    let event = event(permit.origin(), request.action.recorded_as(), &moved)
        .change("agreement_id", request.agreement_id);
    let event = match &request.comment {
        Some(comment) => event.reason(comment),
        None => event,
    };
    let shown = shown(tx, permit, moved)?;
    tx.record(event, shown)
}
