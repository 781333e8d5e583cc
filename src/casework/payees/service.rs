//! Use cases of organizations' accounts.

use std::collections::HashMap;

use super::model::{
    AccountDecision, NewAccountDecision, NewOrganizationAccount, OrganizationAccount,
    OrganizationAccountState,
};
use super::store;
use crate::access::organizations::{self, Organization, OrganizationKind};
use crate::access::{Act, Permit, acts};
use crate::audit::Event;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{OrganizationAccountId, OrganizationId};

pub use super::store::SEALED_COLUMNS;

fn organization<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    id: OrganizationId,
) -> Result<Organization> {
    organizations::service::find(db, permit.scope(), id)?
        .ok_or_else(|| Code::OrganizationNotFound.into())
}

fn event<A: Act>(
    permit: &Permit<A>,
    action: &'static str,
    organization: &Organization,
    account: &OrganizationAccount,
) -> Event {
    Event::new(permit.origin(), action)
        .on(&account.id)
        .within(organization.division_code)
        .change("organization_id", organization.id)
        .change("valid_from", account.valid_from)
}

pub fn propose(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PayeePropose>,
    id: OrganizationId,
    new: &NewOrganizationAccount,
) -> Result<Recorded<OrganizationAccount>> {
    let organization = organization(tx, permit, id)?;
    if organization.kind != OrganizationKind::Institution {
        return Err(Code::OrganizationNotPaid.into());
    }
    let (bank_name, valid_from) = new.check(tx.today())?;
    let account = OrganizationAccount {
        id: tx.new_id(),
        organization_id: organization.id,
        number: new.bank_account.clone(),
        bank_name,
        valid_from,
        state: OrganizationAccountState::Proposed,
        proposed_by: permit.actor().user,
        proposed_at: tx.now(),
        decided_by: None,
        decided_at: None,
        reason: None,
    };
    store::insert(tx, &account)?;
    let event = event(
        permit,
        "organization_account.proposed",
        &organization,
        &account,
    );
    tx.record(event, account)
}

pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PayeeDecide>,
    id: OrganizationId,
    account: OrganizationAccountId,
    new: &NewAccountDecision,
) -> Result<Recorded<OrganizationAccount>> {
    let organization = organization(tx, permit, id)?;
    let found = store::find(tx, organization.id, account)?;
    let found = found.ok_or(Code::OrganizationAccountNotFound)?;
    let reason = new.reason()?;
    let user = permit.actor().user;
    if found.state != OrganizationAccountState::Proposed {
        return Err(Code::OrganizationAccountDecided.into());
    }
    if found.proposed_by == user {
        return Err(Code::OrganizationAccountOwn.into());
    }
    let (state, action) = match new.decision {
        AccountDecision::Confirm => (
            OrganizationAccountState::Confirmed,
            "organization_account.confirmed",
        ),
        AccountDecision::Reject => (
            OrganizationAccountState::Rejected,
            "organization_account.rejected",
        ),
    };
    store::decide(tx, account, state, user, reason)?;
    let decided = store::find(tx, organization.id, account)?;
    let decided = decided.ok_or_else(|| Error::internal("what was decided is there"))?;
    let event = event(permit, action, &organization, &decided);
    tx.record(event, decided)
}

/// Newest first.
pub fn list(
    db: &mut Db,
    permit: &Permit<acts::PayeeRead>,
    id: OrganizationId,
) -> Result<Looked<Vec<OrganizationAccount>>> {
    let organization = organization(db, permit, id)?;
    let all = store::of(db, organization.id)?;
    let event = Event::new(permit.origin(), "organization_account.listed")
        .within(organization.division_code)
        .change("organization_id", organization.id);
    db.looked(event, all)
}

/// Where each of some organizations is paid today, and under which name.
pub fn in_force(
    db: &mut Db,
    of: &[OrganizationId],
) -> Result<HashMap<OrganizationId, (String, OrganizationAccount)>> {
    let today = db.today();
    let mut accounts = store::in_force(db, of, today)?;
    let known = organizations::service::known(db, of)?;
    Ok(known
        .into_iter()
        .filter_map(|one| Some((one.id, (one.name, accounts.remove(&one.id)?))))
        .collect())
}
