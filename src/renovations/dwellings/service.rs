//! Use cases of dwellings.

use super::model::{ElderlyRenovation, NewElderlyRenovation, NewElderlyWithdrawal};
use super::store;
use crate::access::{Permit, Scope, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::address::Address;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::ElderlyRenovationId;
use crate::kernel::text::reason;

pub use super::store::SEALED_COLUMNS;

/// Under this name dwellings are indexed.
const FIELD: &str = "dwelling";

/// The same for a dwelling however its address is written: an address means one within its county.
pub fn dwelling_index(db: &Db, division: DivisionCode, address: &Address) -> Vec<u8> {
    let county = division.county_digits();
    let text = format!("{county}|{}", address.normalised());
    db.keys().blind_index(FIELD, &text)
}

/// Whether the program for the elderly renovated a dwelling, whichever office knows.
pub fn is_elderly_friendly(db: &mut Db, dwelling: &[u8]) -> Result<bool> {
    store::stands(db, dwelling)
}

fn event(origin: &Origin, action: &'static str, one: &ElderlyRenovation) -> Event {
    Event::new(origin, action)
        .on(&one.id)
        .within(one.division_code)
        .change("completed_date", one.completed_date)
        .change("source", &one.source)
}

/// Takes down that a dwelling was renovated by the other program.
pub fn record(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ElderlyRenovationWrite>,
    mut new: NewElderlyRenovation,
) -> Result<Recorded<ElderlyRenovation>> {
    if !permit.scope().sees(new.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    let division = divisions::service::current(tx, new.division_code, "/division_code")?.code;
    new.check(tx.today())?;
    let dwelling = dwelling_index(tx, division, &new.address);
    let one = ElderlyRenovation {
        id: tx.new_id(),
        division_code: division,
        address: new.address,
        completed_date: new.completed_date,
        source: new.source,
        recorded_by: permit.actor().user,
        recorded_at: tx.now(),
        withdrawal: None,
    };
    store::insert(tx, &one, &dwelling)?;
    tx.record(
        event(permit.origin(), "elderly_renovation.recorded", &one),
        one,
    )
}

/// It was not so; it stays, and says why.
pub fn withdraw(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ElderlyRenovationWrite>,
    id: ElderlyRenovationId,
    asked: &NewElderlyWithdrawal,
) -> Result<Recorded<ElderlyRenovation>> {
    let found = store::page(tx, permit.scope(), Some(id), None, 1)?.pop();
    let found = found.ok_or(Code::ElderlyRenovationNotFound)?;
    let reason = reason(&asked.reason)?;
    if found.withdrawal.is_some() {
        return Err(Code::ElderlyRenovationKnown.into());
    }
    let by = permit.actor().user;
    store::withdraw(tx, id, by, reason)?;
    let withdrawn = ElderlyRenovation {
        withdrawal: Some((by, tx.now(), reason.to_owned())),
        ..found
    };
    let action = "elderly_renovation.withdrawn";
    let event = event(permit.origin(), action, &withdrawn).reason(reason);
    tx.record(event, withdrawn)
}

/// Newest first: addresses are shown, and that is on record.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::RenovationRead>,
    scope: &Scope,
    after: Option<ElderlyRenovationId>,
    count: i64,
) -> Result<Looked<Vec<ElderlyRenovation>>> {
    let all = store::page(db, scope, None, after, count)?;
    let event =
        Event::new(permit.origin(), "elderly_renovation.listed").within_first(scope.divisions());
    db.looked(event, all)
}
