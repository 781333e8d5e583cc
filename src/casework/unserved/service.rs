//! The search for the unserved, village by village.

use super::model::{Found, Mark, Sought, Unserved};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::db::{Db, Looked};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::programs::service::{self as programs, Offers};
use crate::registry::facts::{self, AsOf};
use crate::registry::{Resident, residents};

/// Residents looked at together.
const CHUNK: i64 = 500;
/// Residents looked at in one request: an answer may be short, and its cursor goes on.
const MOST: usize = 10_000;

/// Whom to look for, and where.
#[derive(Debug)]
pub struct Search {
    /// One program, or all.
    pub program: Option<String>,
    pub division: Option<DivisionCode>,
    pub sought: Sought,
    pub after: Option<Mark>,
    pub count: usize,
}

pub fn search(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    search: &Search,
) -> Result<Looked<Found>> {
    let scope = permit.scope_in(search.division)?;
    let today = db.today();
    let offers = match &search.program {
        Some(code) => Offers::of(db, code, today)?,
        None => Offers::on(db, today)?,
    };
    let mut found = Found::default();
    let mut after = search.after;
    let mut looked_at = 0;
    'all: loop {
        let chunk = residents::service::by_village(
            db,
            &scope,
            after.map(|mark| (mark.division_code, mark.id)),
            CHUNK,
        )?;
        let last = chunk.len() < usize::try_from(CHUNK).unwrap_or(0);
        for person in unserved(db, &offers, search.sought, chunk)? {
            looked_at += 1;
            let mark = Mark {
                division_code: person.resident.division_code,
                id: person.resident.id,
            };
            if !person.programs.is_empty() {
                found.people.push(person);
            }
            after = Some(mark);
            if found.people.len() >= search.count || looked_at >= MOST {
                found.next = after;
                break 'all;
            }
        }
        if last {
            break;
        }
    }
    let ids: Vec<_> = found.people.iter().map(|one| one.resident.id).collect();
    let event = Event::new(permit.origin(), "resident.unserved_listed")
        .change("program_code", &search.program)
        .change("resident_ids", ids);
    db.looked(residents::service::within_first(event, &scope), found)
}

/// Each with what they lack, in the order they came in.
fn unserved(
    db: &mut Db,
    offers: &Offers,
    sought: Sought,
    residents: Vec<Resident>,
) -> Result<Vec<Unserved>> {
    let ids: Vec<_> = residents.iter().map(|resident| resident.id).collect();
    let today = db.today();
    let at = AsOf {
        valid_at: today,
        known_at: None,
    };
    let mut snapshots = facts::service::snapshots(db, &ids, at)?;
    let served = store::served(db, &ids)?;
    residents
        .into_iter()
        .map(|resident| {
            let snapshot = snapshots.remove(&resident.id).unwrap_or_default();
            let lacking = offers
                .there(resident.division_code)
                .filter(|(program, _)| !served.contains(&(resident.id, program.code.clone())));
            let mut programs = Vec::new();
            for (program, version) in lacking {
                let decision = programs::judge(version, &resident, &snapshot, today)?;
                if sought.takes(&decision) {
                    programs.push((program.clone(), decision));
                }
            }
            Ok(Unserved { resident, programs })
        })
        .collect()
}
