//! Use cases of employers.

use super::model::{Employer, EmployerPatch, NewEmployer};
use super::store;
use crate::access::{Permit, Scope, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::EmployerId;

pub use super::store::{Filter, SEALED_COLUMNS, names, page};

pub fn found(db: &mut Db, id: EmployerId) -> Result<Employer> {
    store::find(db, id)?.ok_or_else(|| Code::EmployerNotFound.into())
}

/// As [`found`], of one's own divisions: to be changed.
pub fn own(db: &mut Db, scope: &Scope, id: EmployerId) -> Result<Employer> {
    let found = found(db, id)?;
    if scope.sees(found.division_code) {
        Ok(found)
    } else {
        Err(Code::EmployerNotFound.into())
    }
}

fn event(origin: &Origin, action: &'static str, of: &Employer) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .within(of.division_code)
}

/// An employer with whom to call there: that is a person, too.
pub fn view(
    db: &mut Db,
    permit: &Permit<acts::VacancyRead>,
    id: EmployerId,
) -> Result<Looked<Employer>> {
    let found = found(db, id)?;
    db.looked(event(permit.origin(), "employer.viewed", &found), found)
}

pub fn register(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::VacancyWrite>,
    new: &NewEmployer,
) -> Result<Recorded<Employer>> {
    let (name, credit_code, contact) = new.check()?;
    if !permit.scope().sees(new.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    divisions::service::current(tx, new.division_code, "/division_code")?;
    let employer = Employer {
        id: tx.new_id(),
        name,
        credit_code,
        employer_type: new.employer_type,
        division_code: new.division_code,
        staff_count: new.staff_count,
        contact,
        created_by: permit.actor().user,
        created_at: tx.now(),
        version: 1,
    };
    store::insert(tx, &employer)?;
    let event = event(permit.origin(), "employer.registered", &employer)
        .change("name", &employer.name)
        .change("employer_type", employer.employer_type);
    tx.record(event, employer)
}

pub fn change(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::VacancyWrite>,
    id: EmployerId,
    seen: IfMatch,
    change: &EmployerPatch,
) -> Result<Recorded<Employer>> {
    let old = own(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let mut new = change.apply(&old)?;
    if new.division_code != old.division_code {
        if !permit.scope().sees(new.division_code) {
            return Err(Code::DivisionNotFound.into());
        }
        divisions::service::current(tx, new.division_code, "/division_code")?;
    }
    new.version = old.version + 1;
    store::update(tx, &new, old.version)?;
    let event = event(permit.origin(), "employer.updated", &new)
        .change("name", &new.name)
        .change("staff_count", new.staff_count)
        .change("division_code", new.division_code);
    tx.record(event, new)
}
