//! Use cases of public lists.

use super::file::Sheet;
use super::model::{NewPublicList, PublicList, PublicListEntry, digest};
use super::store;
use crate::access::{Act, Permit, acts, divisions};
use crate::audit::Event;
use crate::casework::public_notices::is_minor;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::crypto::hex;
use crate::kernel::division::DivisionLevel;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::PublicListId;
use crate::kernel::money::Fen;
use crate::programs;
use crate::registry::residents;

pub use super::store::page;

/// People looked up together.
const TOGETHER: usize = 500;

/// Publishes what reached people in some months, village by village.
pub fn publish(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PublicListPublish>,
    asked: &NewPublicList,
) -> Result<Recorded<PublicList>> {
    let today = tx.today();
    let months = asked.check(today)?;
    let division = divisions::service::known(tx, asked.division_code)?;
    if !permit.scope().sees(division.code) {
        return Err(Code::DivisionNotFound.into());
    }
    if matches!(
        division.level,
        DivisionLevel::Province | DivisionLevel::City
    ) {
        return Err(Error::field(
            "/division_code",
            "public_list.division",
            "a county, a township or a village",
            "须为县、乡镇或村",
        ));
    }
    programs::service::find(tx, &asked.program_code)?;
    let scope = permit.scope_in(Some(division.code))?;
    let paid = store::paid(tx, &scope, &asked.program_code, months)?;
    if paid.is_empty() {
        return Err(Code::PublicListEmpty.into());
    }
    let total = Fen::sum(paid.iter().map(|one| one.amount));
    let persons = i32::try_from(paid.len()).map_err(Error::internal)?;
    let (entries, minors) = named(tx, &paid)?;
    let digest = digest(&entries);
    let list = PublicList {
        id: tx.new_id(),
        division_code: division.code,
        program_code: asked.program_code.clone(),
        first_month: months.0,
        last_month: months.1,
        revision: store::last_revision(tx, &asked.program_code, division.code, months)? + 1,
        to_date: asked.to_date,
        phone: asked.phone.trim().to_owned(),
        person_count: persons,
        minor_count: minors,
        total_fen: total.ok_or_else(|| Error::internal("payments beyond counting"))?,
        digest: hex(&digest),
        published_by: permit.actor().user,
        published_at: tx.now(),
    };
    store::insert(tx, &list, digest, &entries)?;
    let event = Event::new(permit.origin(), "public_list.published")
        .on(&list.id)
        .within(list.division_code)
        .change("program_code", &list.program_code)
        .change("months", months)
        .change("revision", list.revision)
        .change("person_count", list.person_count)
        .change("total_fen", list.total_fen)
        .change("digest", &list.digest);
    tx.record(event, list)
}

/// Who may be named, village by village, and how many may not.
fn named(tx: &mut Tx<'_>, paid: &[store::Paid]) -> Result<(Vec<PublicListEntry>, i32)> {
    let today = tx.today();
    let (mut entries, mut minors) = (Vec::new(), 0);
    for some in paid.chunks(TOGETHER) {
        let ids: Vec<_> = some.iter().map(|one| one.resident).collect();
        // Whoever was paid here may have moved to another office since.
        let people = tx.in_every_office(|db| residents::service::anywhere(db, &ids))?;
        for one in some {
            let person = people.get(&one.resident);
            let person = person.ok_or_else(|| Error::internal("a payment is a resident's"))?;
            if is_minor(person.birth_date, today) {
                minors += 1;
                continue;
            }
            entries.push(PublicListEntry {
                place: 0,
                name_masked: person.name.masked(),
                division_code: one.division,
                division_name: String::new(),
                months: one.months,
                amount_fen: one.amount,
                resident_id: one.resident,
            });
        }
    }
    entries.sort_unstable_by_key(|entry| (entry.division_code, entry.resident_id));
    let names = divisions::service::all(tx)?;
    for (entry, place) in entries.iter_mut().zip(1..) {
        entry.place = place;
        let village = names.get(&entry.division_code);
        let township = entry
            .division_code
            .parent()
            .and_then(|code| names.get(&code));
        entry.division_name = [township, village]
            .into_iter()
            .flatten()
            .map(|one| one.name.as_str())
            .collect();
    }
    Ok((entries, minors))
}

pub fn get<A: Act>(db: &mut Db, permit: &Permit<A>, id: PublicListId) -> Result<PublicList> {
    store::find(db, permit.scope(), id)?.ok_or_else(|| Code::PublicListNotFound.into())
}

/// Who is on a list, from a place on. It says who was paid, and that is on record.
pub fn entries(
    db: &mut Db,
    permit: &Permit<acts::PaymentRead>,
    id: PublicListId,
    after: i32,
    count: i64,
) -> Result<Looked<Vec<PublicListEntry>>> {
    let list = get(db, permit, id)?;
    let entries = store::entries(db, id, after, count)?;
    let residents: Vec<_> = entries.iter().map(|entry| entry.resident_id).collect();
    let event = Event::new(permit.origin(), "public_list.entries_listed")
        .on(&list.id)
        .within(list.division_code)
        .change("resident_ids", residents);
    db.looked(event, entries)
}

/// A list with all that is on it, as it is put up.
pub fn sheet(
    db: &mut Db,
    permit: &Permit<acts::PaymentRead>,
    id: PublicListId,
) -> Result<Looked<Sheet>> {
    let list = get(db, permit, id)?;
    let entries = store::entries(db, id, 0, i64::from(list.person_count))?;
    let program = programs::service::find(db, &list.program_code)?;
    let place = divisions::service::known(db, list.division_code)?;
    let event = Event::new(permit.origin(), "public_list.viewed")
        .on(&list.id)
        .within(list.division_code);
    let sheet = Sheet {
        list,
        entries,
        place: place.name,
        program: program.name_zh,
    };
    db.looked(event, sheet)
}
