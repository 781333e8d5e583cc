//! Use cases of residents.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::model::{
    CheckedResident, Filter, Mark, NewResident, Registrar, Resident, ResidentPatch, parse_name,
    parse_phone,
};
use super::store;
use crate::access::{Permit, Scope, acts, divisions, organizations};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::ResidentId;
use crate::kernel::patch::Patch;
use crate::kernel::text;
use crate::kernel::time::Timestamp;
use crate::registry::bank_accounts;
use crate::registry::facts::{self, AsOf, Period, Snapshot};

pub use super::model::{Needle, Query, Secret};
pub use super::store::{
    SEALED_COLUMNS, kept_for_each, merged_into, names, numbered, registered, several, versions,
};

/// A resident in sight, or 404.
pub fn find(db: &mut Db, scope: &Scope, id: ResidentId) -> Result<Resident> {
    store::find(db, scope, id)?.ok_or_else(|| Code::ResidentNotFound.into())
}

/// Who is named to somebody who need not have them in sight, and what is believed of them; what is told of
/// it is the caller's care.
pub fn named(db: &mut Db, ids: &[ResidentId]) -> Result<HashMap<ResidentId, (Resident, Snapshot)>> {
    let now = as_of(db, None, None);
    let all = store::named(db, ids, now)?.into_iter();
    Ok(all.map(|known| (known.0.id, known)).collect())
}

/// Some residents wherever they are, for jobs; merged records, too.
pub fn anywhere(db: &mut Db, ids: &[ResidentId]) -> Result<HashMap<ResidentId, Resident>> {
    let all = store::anywhere(db, ids)?.into_iter();
    Ok(all.map(|one| (one.id, one)).collect())
}

/// As [`find`], of a record that was not merged into another: to be added to.
pub fn standing(db: &mut Db, scope: &Scope, id: ResidentId) -> Result<Resident> {
    let found = find(db, scope, id)?;
    match found.merged_into {
        None => Ok(found),
        Some(kept) => {
            Err(Error::new(Code::ResidentMerged).member("merged_into_id", kept.to_string()))
        }
    }
}

/// A resident in sight, or the record that is kept in their place.
pub fn counting(db: &mut Db, scope: &Scope, id: ResidentId) -> Result<Resident> {
    let found = find(db, scope, id)?;
    match found.merged_into {
        None => Ok(found),
        Some(kept) => find(db, scope, kept),
    }
}

/// The record that is kept of a person, wherever they are; what is told of it is the caller's care.
pub fn kept(db: &mut Db, id: ResidentId) -> Result<Option<Resident>> {
    let kept = store::kept_for(db, id)?.unwrap_or(id);
    Ok(store::anywhere(db, &[kept])?.pop())
}

/// All records of some persons: these, and those that were merged into them.
pub fn records(db: &mut Db, of: &[ResidentId]) -> Result<Vec<ResidentId>> {
    let merged = merged_into(db, of)?.into_iter().map(|(record, _)| record);
    Ok(of.iter().copied().chain(merged).collect())
}

/// All records of the person one of whose records this is.
pub fn person(db: &mut Db, id: ResidentId) -> Result<Vec<ResidentId>> {
    let kept = store::kept_for(db, id)?.unwrap_or(id);
    records(db, &[kept])
}

/// Counts a change that was made to the resident's facts.
pub fn touch(tx: &mut Tx<'_>, resident: Resident) -> Result<Resident> {
    let changed = Resident {
        updated_at: tx.now(),
        ..resident
    };
    let version = store::update(tx, &changed)?;
    Ok(Resident { version, ..changed })
}

/// The day and the knowledge asked about: today and now, unless said otherwise.
pub fn as_of(db: &Db, valid_at: Option<NaiveDate>, known_at: Option<Timestamp>) -> AsOf {
    AsOf {
        valid_at: valid_at.unwrap_or_else(|| db.today()),
        known_at,
    }
}

/// A resident with what is believed of them: the look itself is recorded.
pub fn view(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    id: ResidentId,
    at: AsOf,
) -> Result<Looked<(Resident, Snapshot)>> {
    let resident = find(db, permit.scope(), id)?;
    let snapshot = facts::service::snapshot(db, id, at)?;
    let event = Event::new(permit.origin(), "resident.viewed")
        .on(&id)
        .about(id)
        .within(resident.division_code);
    db.looked(event, (resident, snapshot))
}

pub type Page = Vec<(Resident, Snapshot)>;

/// Where in a list a page lies.
#[derive(Debug)]
pub struct Window {
    pub division: Option<DivisionCode>,
    pub after: Option<ResidentId>,
    pub count: i64,
}

pub fn list(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    filter: &Filter,
    window: &Window,
) -> Result<Looked<Page>> {
    let scope = permit.scope_in(window.division)?;
    let residents = store::page(db, &scope, filter, window.after, window.count)?;
    let event = Event::new(permit.origin(), "resident.listed").change("filter", filter);
    show(db, event.within_first(scope.divisions()), residents)
}

pub fn search(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    needle: &Needle,
) -> Result<Looked<Page>> {
    let residents = store::search(db, permit.scope(), needle)?;
    let event = Event::new(permit.origin(), "resident.searched").change("by", needle.field());
    show(
        db,
        event.within_first(permit.scope().divisions()),
        residents,
    )
}

/// Adds what is believed of each, and records whom the caller got to see.
fn show(db: &mut Db, event: Event, residents: Vec<Resident>) -> Result<Looked<Page>> {
    let ids: Vec<_> = residents.iter().map(|resident| resident.id).collect();
    let now = as_of(db, None, None);
    let mut snapshots = facts::service::snapshots(db, &ids, now)?;
    let page = residents
        .into_iter()
        .map(|resident| {
            let snapshot = snapshots.remove(&resident.id).unwrap_or_default();
            (resident, snapshot)
        })
        .collect();
    db.looked(event.change("resident_ids", ids), page)
}

/// Residents read together on a walk, and on one walk at the most.
const CHUNK: i64 = 500;
const MOST: usize = 10_000;

/// Goes through residents village by village until enough are kept, or enough were looked at; with where
/// to go on, unless it went through all. `look` says of each, in their order, what is kept.
pub fn walk<T>(
    db: &mut Db,
    scope: &Scope,
    mut after: Option<Mark>,
    enough: usize,
    mut look: impl FnMut(&mut Db, Vec<Resident>) -> Result<Vec<Option<T>>>,
) -> Result<(Vec<T>, Option<Mark>)> {
    let (mut kept, mut looked_at) = (Vec::new(), 0);
    loop {
        let chunk = store::by_village(db, scope, after, CHUNK)?;
        let last = chunk.len() < usize::try_from(CHUNK).unwrap_or(0);
        let marks: Vec<_> = chunk.iter().map(Mark::of).collect();
        for (mark, found) in marks.into_iter().zip(look(db, chunk)?) {
            looked_at += 1;
            after = Some(mark);
            kept.extend(found);
            if kept.len() >= enough || looked_at >= MOST {
                return Ok((kept, after));
            }
        }
        if last {
            return Ok((kept, None));
        }
    }
}

/// Registers a person, once in the whole city.
pub fn register(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    registrar: Registrar,
    new: NewResident,
) -> Result<Recorded<Resident>> {
    let checked = new.check(registrar, tx.today())?;
    if !permit.scope().sees(checked.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    let division = divisions::service::current(tx, checked.division_code, "/division_code")?;
    if !matches!(
        division.level,
        DivisionLevel::Township | DivisionLevel::Village
    ) {
        return Err(Error::field(
            "/division_code",
            "division.level",
            "a village or a township",
            "须为村（社区）或乡镇（街道）",
        ));
    }
    divisions::service::current(tx, checked.hukou_division_code, "/hukou_division_code")?;
    if let Some((id, elsewhere)) = store::registered(tx, &checked.id_number)? {
        return Err(already_registered(tx, permit.scope(), id, elsewhere)?);
    }
    let inserted = tx.attempt(|tx| insert(tx, permit.origin(), &checked, "resident.created"));
    let created = match inserted {
        // Somebody registered the person in this very moment.
        Err(error) if error.code() == Code::ResidentDuplicate => {
            let (id, place) = store::registered(tx, &checked.id_number)?.ok_or(error)?;
            return Err(already_registered(tx, permit.scope(), id, place)?);
        }
        other => other?,
    };
    let resident = find(tx, permit.scope(), *created.value())?;
    Ok(created.map(|_| resident))
}

/// Within sight the caller is told which resident it is; elsewhere only whom to ask.
fn already_registered(
    db: &mut Db,
    scope: &Scope,
    id: ResidentId,
    division: DivisionCode,
) -> Result<Error> {
    if scope.sees(division) {
        return Ok(Error::new(Code::ResidentDuplicate).member("resident_id", id.to_string()));
    }
    let county = division.county().unwrap_or(division);
    let name = match organizations::service::federation_of(db, county)? {
        Some(name) => name,
        None => divisions::service::known(db, county)?.name,
    };
    let office = serde_json::json!({"name": name, "division_code": county});
    Ok(Error::new(Code::ResidentElsewhere)
        .detail(format!("ask {name}"), format!("请与{name}联系"))
        .member("office", office))
}

/// Writes a new resident with certificate and circumstances. Whoever calls has checked the place.
pub fn insert(
    tx: &mut Tx<'_>,
    origin: &Origin,
    new: &CheckedResident,
    action: &'static str,
) -> Result<Recorded<ResidentId>> {
    let id = store::insert(tx, new, origin.user)?;
    if let Some(certificate) = &new.certificate {
        let period = Period::open(certificate.valid_from);
        facts::service::insert_certificate(tx, id, certificate, period, origin.user)?;
    }
    for fact in &new.facts {
        facts::service::insert_fact(tx, id, fact, origin.user)?;
    }
    let kinds: Vec<_> = new.facts.iter().map(|fact| fact.kind).collect();
    let event = Event::new(origin, action)
        .on(&id)
        .about(id)
        .within(new.division_code)
        .change("name", new.name.masked())
        .change("certificate", new.certificate.is_some())
        .change("circumstances", kinds);
    tx.record(event, id)
}

pub fn change(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ResidentWrite>,
    id: ResidentId,
    seen: IfMatch,
    change: ResidentPatch,
) -> Result<Recorded<Resident>> {
    let old = standing(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let mut new = old.clone();
    let mut event = Event::new(permit.origin(), "resident.updated")
        .on(&id)
        .about(id);
    if let Some(name) = change.name {
        new.name = parse_name(&name).map_err(|error| Error::fields(vec![error]))?;
        event = event.change("name", [old.name.masked(), new.name.masked()]);
    }
    if change.phone != Patch::Keep {
        new.phone = match &change.phone {
            Patch::Set(phone) => {
                Some(parse_phone(phone).map_err(|error| Error::fields(vec![error]))?)
            }
            Patch::Keep | Patch::Clear => None,
        };
        event = event.change("phone", "changed");
    }
    if let Some(code) = change.division_code {
        let division = divisions::service::current(tx, code, "/division_code")?;
        if !permit.scope().sees(code) || code.county() != old.division_code.county() {
            let (en, zh) = (
                "a move to another county is a transfer",
                "迁往其他县（市、区）须办理移交",
            );
            return Err(Error::field(
                "/division_code",
                "division.out_of_scope",
                en,
                zh,
            ));
        }
        new.division_code = code;
        new.division_name = division.name;
        event = event.change("division_code", [old.division_code, code]);
    }
    if let Some(code) = change.hukou_division_code {
        divisions::service::current(tx, code, "/hukou_division_code")?;
        new.hukou_division_code = code;
        event = event.change("hukou_division_code", [old.hukou_division_code, code]);
    }
    let changed = touch(tx, new)?;
    let here = tx.record(event.within(changed.division_code), changed)?;
    if here.value().division_code == old.division_code {
        return Ok(here);
    }
    let there = moved_away(tx, permit.origin(), here.value(), old.division_code)?;
    Ok(here.and(there).map(|(changed, ())| changed))
}

/// Tells the division that a resident has left: whoever sees no more than that would not hear of it.
pub fn moved_away(
    tx: &mut Tx<'_>,
    origin: &Origin,
    resident: &Resident,
    from: DivisionCode,
) -> Result<Recorded<()>> {
    let event = Event::new(origin, "resident.moved_away")
        .on(&resident.id)
        .about(resident.id)
        .within(from)
        .change("division_code", [from, resident.division_code]);
    tx.record(event, ())
}

/// What was asked for, as far as it is known.
#[derive(Debug)]
pub struct Disclosed {
    pub id_number: Option<String>,
    pub phone: Option<String>,
    pub certificate_number: Option<String>,
    pub bank_account: Option<String>,
}

/// Shows masked fields in clear. Who, what and why are on record before the answer leaves.
pub fn disclose(
    db: &mut Db,
    permit: &Permit<acts::ResidentDisclose>,
    id: ResidentId,
    fields: &[Secret],
    reason: &str,
) -> Result<Looked<Disclosed>> {
    let reason = text::reason(reason)?;
    if fields.is_empty() {
        return Err(Error::field(
            "/fields",
            "fields.empty",
            "at least one field",
            "至少一项",
        ));
    }
    let resident = find(db, permit.scope(), id)?;
    let asked = |secret| fields.contains(&secret);
    let now = as_of(db, None, None);
    let snapshot = facts::service::snapshot(db, id, now)?;
    let certificate = snapshot
        .certificate
        .filter(|_| asked(Secret::CertificateNumber));
    let account = if asked(Secret::BankAccount) {
        bank_accounts::service::in_force(db, id, now)?
    } else {
        None
    };
    let disclosed = Disclosed {
        id_number: asked(Secret::IdNumber).then(|| resident.id_number.as_str().to_owned()),
        phone: resident
            .phone
            .filter(|_| asked(Secret::Phone))
            .map(|phone| phone.as_str().to_owned()),
        certificate_number: certificate.map(|certificate| certificate.number.as_str().to_owned()),
        bank_account: account.map(|account| account.number.as_str().to_owned()),
    };
    let event = Event::new(permit.origin(), "resident.disclosed")
        .on(&id)
        .about(id)
        .within(resident.division_code)
        .reason(reason)
        .change("fields", fields);
    db.looked(event, disclosed)
}
