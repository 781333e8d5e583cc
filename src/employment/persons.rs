//! The person behind a record, where two were merged.

use chrono::NaiveDate;

use crate::db::{Db, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CertificateId, ResidentId};
use crate::registry::Resident;
use crate::registry::facts::{self, AsOf, CertificateState};
use crate::registry::residents;

/// The record that is kept of a person, wherever it lies.
fn kept(db: &mut Db, id: ResidentId) -> Result<Option<Resident>> {
    db.in_every_office(|db| residents::service::kept(db, id))
}

/// As [`kept`], if it lies in the county of a division: what is there is written on, and nothing elsewhere.
pub fn kept_at(db: &mut Db, id: ResidentId, place: DivisionCode) -> Result<Option<Resident>> {
    let kept = kept(db, id)?;
    Ok(kept.filter(|one| one.division_code.county() == place.county()))
}

/// All records of a person, wherever they lie.
pub fn records(db: &mut Db, of: ResidentId) -> Result<Vec<ResidentId>> {
    db.in_every_office(|db| residents::service::person(db, of))
}

/// Writes on what lies in the writer's county, whichever of its divisions it is in.
pub fn write_at<T>(
    tx: &mut Tx<'_>,
    place: DivisionCode,
    write: impl FnOnce(&mut Tx<'_>) -> Result<T>,
) -> Result<T> {
    tx.reaching(&[place], write)
}

/// What is found by all records of a person, wherever it lies; what is told of it is the caller's care.
pub fn of_all_records<T>(
    db: &mut Db,
    of: ResidentId,
    find: impl FnOnce(&mut Db, &[ResidentId]) -> Result<T>,
) -> Result<T> {
    db.in_every_office(|db| {
        let records = residents::service::person(db, of)?;
        find(db, &records)
    })
}

/// The certificate somebody had on a day, if it was valid then, by what is known now; wherever it lies.
pub fn certificate(db: &mut Db, of: ResidentId, day: NaiveDate) -> Result<Option<CertificateId>> {
    let Some(person) = kept(db, of)? else {
        return Ok(None);
    };
    db.in_every_office(|db| {
        let at = AsOf {
            valid_at: day,
            known_at: None,
        };
        let held = facts::service::snapshot(db, person.id, at)?.certificate;
        Ok(held
            .filter(|held| held.state_on(day) == CertificateState::Valid)
            .map(|held| held.id))
    })
}
