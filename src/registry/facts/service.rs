//! Use cases of facts.

use super::model::{
    AsOf, Belief, Certificate, CircumstanceKind, NewCertificate, NewCircumstance, NewFact, Period,
    Snapshot, period,
};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::ResidentId;
use crate::kernel::time::Timestamp;
use crate::registry::residents::{self, Resident};

pub use super::model::CheckedCertificate;
pub use super::store::{
    NUMBER_FIELD, SEALED_COLUMNS, beliefs, ending, insert_certificate, insert_fact,
    replace_certificate, replace_fact, snapshots,
};

/// What is believed of one resident now, on a day.
pub fn snapshot(db: &mut Db, resident: ResidentId, at: AsOf) -> Result<Snapshot> {
    Ok(store::snapshots(db, &[resident], at)?
        .remove(&resident)
        .unwrap_or_default())
}

const LONGEST_SOURCE: usize = 100;

/// Records a circumstance; what was believed for part of its period is superseded.
pub fn state(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    resident: ResidentId,
    seen: IfMatch,
    statement: &NewCircumstance,
) -> Result<Recorded<Resident>> {
    let found = residents::service::standing(tx, permit.scope(), resident)?;
    seen.check(found.version)?;
    let source = statement.source.as_deref().map_or("caseworker", str::trim);
    if source.is_empty() || source.chars().count() > LONGEST_SOURCE {
        return Err(Error::field(
            "/source",
            "source.length",
            "1 to 100 characters",
            "1 至 100 个字",
        ));
    }
    let kind = statement.kind;
    let given = [
        ("/valid_from", statement.valid_from),
        ("/valid_to", statement.valid_to),
    ];
    if let Some((pointer, _)) = given
        .iter()
        .find(|(_, day)| kind.is_once() && day.is_some())
    {
        return Err(Error::field(
            *pointer,
            "period.once",
            "a death holds from its own day on",
            "死亡自其当日起一直有效，不填写此项",
        ));
    }
    let from = statement.valid_from.unwrap_or_else(|| tx.today());
    if from < found.birth_date {
        return Err(Error::field(
            "/valid_from",
            "period.before_birth",
            "not before the person was born",
            "不得早于出生日期",
        ));
    }
    let period = period(from, statement.valid_to)?;
    if statement.value.is_null() {
        return take_back(tx, permit.origin(), found, kind, period);
    }
    let value = (kind.parse(&statement.value))
        .and_then(|value| kind.came_about(value, found.birth_date, tx.today()))
        .map_err(|mut error| {
            "/value".clone_into(&mut error.pointer);
            Error::fields(vec![error])
        })?;
    let fact = NewFact {
        kind,
        period: kind.period(&value, period),
        value,
        source: source.to_owned(),
    };
    learn(tx, permit.origin(), found, &fact)
}

/// Believes nothing any more of a kind for a period.
fn take_back(
    tx: &mut Tx<'_>,
    origin: &Origin,
    of: Resident,
    kind: CircumstanceKind,
    period: Period,
) -> Result<Recorded<Resident>> {
    let (resident, division) = (of.id, of.division_code);
    store::supersede_facts(tx, resident, kind, period, origin.user)?;
    let changed = residents::service::touch(tx, of)?;
    let event = Event::new(origin, "resident.circumstance_taken_back")
        .on(&resident)
        .about(resident)
        .within(division)
        .change("kind", kind)
        .change("valid_from", period.from)
        .change("valid_to", period.to);
    tx.record(event, changed)
}

/// Writes down what is believed of somebody, by whoever may say so.
pub fn learn(
    tx: &mut Tx<'_>,
    origin: &Origin,
    of: Resident,
    fact: &NewFact,
) -> Result<Recorded<Resident>> {
    let (resident, division) = (of.id, of.division_code);
    store::replace_fact(tx, resident, fact, origin.user)?;
    let changed = residents::service::touch(tx, of)?;
    let event = Event::new(origin, "resident.circumstance_recorded")
        .on(&resident)
        .about(resident)
        .within(division)
        .change("kind", fact.kind)
        .change("value", &fact.value)
        .change("valid_from", fact.period.from)
        .change("valid_to", fact.period.to);
    tx.record(event, changed)
}

/// Records a certificate, from the day it was issued or another.
pub fn certify(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    resident: ResidentId,
    seen: IfMatch,
    new: &NewCertificate,
) -> Result<Recorded<Resident>> {
    let found = residents::service::standing(tx, permit.scope(), resident)?;
    seen.check(found.version)?;
    let checked = new
        .check(found.id_number.as_str(), found.birth_date, tx.today(), "")
        .map_err(Error::fields)?;
    store::replace_certificate(
        tx,
        resident,
        &checked,
        Period::open(checked.valid_from),
        permit.origin().user,
    )?;
    let division = found.division_code;
    let changed = residents::service::touch(tx, found)?;
    let event = Event::new(permit.origin(), "resident.certificate_recorded")
        .on(&resident)
        .about(resident)
        .within(division)
        .change("impairment_type", checked.number.impairment_type())
        .change("severity_level", checked.number.severity_level())
        .change("state", checked.state)
        .change("valid_from", checked.valid_from);
    tx.record(event, changed)
}

pub fn certificates(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    resident: ResidentId,
    known_at: Option<Timestamp>,
) -> Result<Looked<Vec<Certificate>>> {
    let found = residents::service::find(db, permit.scope(), resident)?;
    let all = store::certificates_of(db, resident, known_at)?;
    let event = Event::new(permit.origin(), "resident.certificates_viewed")
        .on(&resident)
        .about(resident)
        .within(found.division_code);
    db.looked(event, all)
}

pub fn circumstances(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    resident: ResidentId,
    known_at: Option<Timestamp>,
) -> Result<Looked<Vec<Belief>>> {
    let found = residents::service::find(db, permit.scope(), resident)?;
    let all = store::beliefs(db, resident, known_at)?;
    let event = Event::new(permit.origin(), "resident.circumstances_viewed")
        .on(&resident)
        .about(resident)
        .within(found.division_code);
    db.looked(event, all)
}
