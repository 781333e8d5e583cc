//! Use cases of organizations.

use super::model::{NewOrganization, Organization, OrganizationKind};
use super::store;
use crate::access::{Permit, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::OrganizationId;

pub use super::store::{find, known, named, page};

/// Longest name of an organization or account.
const LONGEST: usize = 100;

pub fn create(
    tx: &mut Tx<'_>,
    origin: &Origin,
    new: &NewOrganization,
) -> Result<Recorded<Organization>> {
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST {
        return Err(Error::field(
            "/name",
            "name.length",
            format!("1 to {LONGEST} characters"),
            format!("1 至 {LONGEST} 个字"),
        ));
    }
    let division = divisions::service::current(tx, new.division_code, "/division_code")?;
    let organization = Organization {
        id: tx.new_id(),
        name,
        kind: new.kind,
        division_code: division.code,
        created_at: tx.now(),
    };
    store::insert(tx, &organization)?;
    let event = Event::new(origin, "organization.created")
        .on(&organization.id)
        .within(organization.division_code)
        .change("name", &organization.name)
        .change("kind", organization.kind);
    tx.record(event, organization)
}

pub fn get(
    db: &mut Db,
    permit: &Permit<acts::OrganizationRead>,
    id: OrganizationId,
) -> Result<Organization> {
    store::find(db, permit.scope(), id)?.ok_or_else(|| Code::OrganizationNotFound.into())
}

/// What an office is called.
pub fn name(db: &mut Db, id: OrganizationId) -> Result<String> {
    store::called(db, id)
}

/// The office of a division that people turn to: its federation, or its township.
pub fn office_at(db: &mut Db, division: DivisionCode) -> Result<Option<Organization>> {
    store::office_at(db, division)
}

/// The federation that answers for a county.
pub fn federation_of(db: &mut Db, county: DivisionCode) -> Result<Option<String>> {
    store::name_of(db, county, OrganizationKind::Federation)
}
