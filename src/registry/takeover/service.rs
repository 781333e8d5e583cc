//! Use cases of lists from elsewhere. Whoever calls answers for the list and its places.

use super::model::{Changes, Difference};
use crate::access::Scope;
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::registry::facts::{self, Period};
use crate::registry::residents::{self, CheckedResident, Resident};

/// What the list says that is not known yet. Changes nothing.
pub fn compare(db: &mut Db, scope: &Scope, said: &CheckedResident) -> Result<Difference> {
    let Some((id, _)) = residents::service::registered(db, &said.id_number)? else {
        return Ok(Difference::New);
    };
    let known = residents::service::find(db, scope, id)?;
    let now = residents::service::as_of(db, None, None);
    let believed = facts::service::snapshot(db, id, now)?;
    let changes = Changes::between(&known, &believed, said);
    Ok(if changes.is_empty() {
        Difference::Same
    } else {
        Difference::Changed(Box::new((known, changes)))
    })
}

/// Registers somebody who was found to be new.
pub fn register(
    tx: &mut Tx<'_>,
    origin: &Origin,
    said: &CheckedResident,
) -> Result<Recorded<ResidentId>> {
    residents::service::insert(tx, origin, said, "resident.imported")
}

/// Changes what was found to differ.
pub fn update(
    tx: &mut Tx<'_>,
    origin: &Origin,
    known: Resident,
    changes: Changes,
) -> Result<Recorded<ResidentId>> {
    let Changes {
        name,
        phone,
        division_code,
        certificate,
        facts,
    } = changes;
    let mut event = Event::new(origin, "resident.updated_by_import")
        .on(&known.id)
        .about(known.id);
    let from = known.division_code;
    let mut new = known;
    if let Some(name) = name {
        event = event.change("name", [new.name.masked(), name.masked()]);
        new.name = name;
    }
    if let Some(phone) = phone {
        event = event.change("phone", "changed");
        new.phone = Some(phone);
    }
    if let Some(code) = division_code {
        event = event.change("division_code", [new.division_code, code]);
        if new.hukou_division_code == new.division_code {
            new.hukou_division_code = code;
        }
        new.division_code = code;
    }
    if let Some(certificate) = certificate {
        let period = Period::open(certificate.valid_from);
        facts::service::replace_certificate(tx, new.id, &certificate, period, origin.user)?;
        event = event.change("certificate", "changed");
    }
    for fact in &facts {
        facts::service::replace_fact(tx, new.id, fact, origin.user)?;
        event = event.change(fact.kind.as_str(), &fact.value);
    }
    let changed = residents::service::touch(tx, new)?;
    let here = tx.record(event.within(changed.division_code), changed.id)?;
    if changed.division_code == from {
        return Ok(here);
    }
    let there = residents::service::moved_away(tx, origin, &changed, from)?;
    Ok(here.and(there).map(|(id, ())| id))
}
