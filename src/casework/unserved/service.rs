//! The search for the unserved, village by village.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};

use super::model::{Sought, Unserved};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::db::{Db, Looked};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::kernel::time::Timestamp;
use crate::programs::service::{self as programs, Offers};
use crate::registry::Resident;
use crate::registry::facts::{self, AsOf};
use crate::registry::residents::{self, Mark};

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

/// For how long what was delivered counts as help.
const YEAR: Days = Days::new(365);

/// Those of some residents who are helped on a day: something goes on for them, or was delivered within the year before.
pub fn helped(
    db: &mut Db,
    residents: &[ResidentId],
    day: NaiveDate,
) -> Result<HashSet<ResidentId>> {
    let since = Timestamp::start_of(day.checked_sub_days(YEAR).unwrap_or(day));
    store::helped(db, residents, since)
}

pub fn search(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    search: &Search,
) -> Result<Looked<(Vec<Unserved>, Option<Mark>)>> {
    let scope = permit.scope_in(search.division)?;
    let today = db.today();
    let offers = match &search.program {
        Some(code) => Offers::of(db, code, today)?,
        None => Offers::on(db, today)?,
    };
    let look = |db: &mut Db, chunk| unserved(db, &offers, search.sought, chunk);
    let (found, next) = residents::service::walk(db, &scope, search.after, search.count, look)?;
    let ids: Vec<_> = found.iter().map(|one| one.resident.id).collect();
    let event = Event::new(permit.origin(), "resident.unserved_listed")
        .within_first(scope.divisions())
        .change("program_code", &search.program)
        .change("resident_ids", ids);
    db.looked(event, (found, next))
}

/// Each with what they lack, in the order they came in; nothing of who lacks nothing.
fn unserved(
    db: &mut Db,
    offers: &Offers,
    sought: Sought,
    residents: Vec<Resident>,
) -> Result<Vec<Option<Unserved>>> {
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
            let lacks = !programs.is_empty();
            Ok(lacks.then_some(Unserved { resident, programs }))
        })
        .collect()
}
