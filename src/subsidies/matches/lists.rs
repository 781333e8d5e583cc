//! Brings a list: finds whom of ours it names, a few hundred rows at a time.

use std::collections::{HashMap, HashSet};

use super::model::{
    Answered, BroughtList, Match, MatchState, MatchVerdict, Row, check_division, reaches, tally,
};
use super::store;
use crate::access::{Permit, Scope, acts, divisions};
use crate::audit::Event;
use crate::db::{Db, Recorded, Tx};
use crate::kernel::crypto::hex;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{EnrollmentId, MatchListId, ResidentId};
use crate::kernel::month::Month;
use crate::registry::residents;
use crate::subsidies::enrollments::{self, Enrollment};
use crate::subsidies::match_lists::{MatchList, MatchListKind, MatchRow};

/// Rows looked up together.
const TOGETHER: usize = 500;

/// So many rows that cannot be read are told one by one.
const TOLD: usize = 500;

/// Where a list may be brought for.
pub fn invite(
    db: &mut Db,
    permit: &Permit<acts::MatchImport>,
    division: DivisionCode,
) -> Result<Scope> {
    let scope = permit.scope_in(Some(division))?;
    check_division(division)?;
    divisions::service::current(db, division, "division_code")?;
    Ok(scope)
}

/// Suspects whomever of a division a list names whose benefits reach beyond what it says. What an earlier list
/// said is not suspected again.
pub fn import(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::MatchImport>,
    division: DivisionCode,
    sha256: &[u8],
    list: &MatchList,
) -> Result<Recorded<Answered>> {
    let scope = invite(tx, permit, division)?;
    if let Some(before) = store::imported_before(tx, list.kind, division, sha256)? {
        return Err(Error::new(Code::MatchListRead).member("match_list_id", before.to_string()));
    }
    let id = tx.new_id();
    let mut suspected = Vec::new();
    let mut rows = Vec::new();
    let mut told = HashSet::new();
    for some in list.rows.chunks(TOGETHER) {
        let known = Known::of(tx, &scope, list.kind, some)?;
        for row in some {
            let Some(hit) = known.hit(tx, id, list.kind, row)? else {
                continue;
            };
            let earlier = known.earlier.get(&(hit.resident_id, row.date)).copied();
            // Two numbers of one person, in one list.
            let fresh = earlier.is_none() && told.insert((hit.resident_id, row.date));
            rows.push(Row {
                line: row.line,
                verdict: if fresh {
                    MatchVerdict::Suspected
                } else {
                    MatchVerdict::Known
                },
                match_id: if fresh { Some(hit.id) } else { earlier },
                errors: Vec::new(),
            });
            if fresh {
                suspected.push(hit);
            }
        }
    }
    let tally = tally(&rows);
    let of = |verdict: MatchVerdict| tally.get(&verdict).copied().unwrap_or(0);
    let count = |length: usize| i32::try_from(length).map_err(Error::internal);
    let imported = BroughtList {
        id,
        kind: list.kind,
        division_code: division,
        sha256: hex(sha256),
        row_count: count(list.rows.len() + list.rejected.len())?,
        rejected_count: count(list.rejected.len())?,
        unmatched_count: count(list.rows.len() - rows.len())?,
        known_count: count(of(MatchVerdict::Known))?,
        suspected_count: count(of(MatchVerdict::Suspected))?,
        imported_by: permit.actor().user,
        imported_at: tx.now(),
    };
    rows.extend(list.rejected.iter().take(TOLD).map(Row::from));
    rows.sort_by_key(|row| row.line);
    store::insert_list(tx, &imported, sha256)?;
    store::insert(tx, &suspected)?;
    let event = Event::new(permit.origin(), "match_list.imported")
        .on(&imported.id)
        .within(division)
        .change("kind", imported.kind)
        .change("sha256", &imported.sha256)
        .change("rows", imported.row_count)
        .change("suspected", imported.suspected_count);
    let mut recorded = tx.record(event, ())?;
    for one in &suspected {
        let event = Event::new(permit.origin(), "match.suspected")
            .on(&one.id)
            .about(one.resident_id)
            .within(one.division_code)
            .change("kind", one.kind);
        let record = tx.record(event, ())?;
        recorded = recorded.and(record).map(drop);
    }
    Ok(recorded.map(|()| Answered {
        list: imported,
        rows,
    }))
}

/// What is known of the people whom some rows name.
struct Known {
    /// By number: the record that counts and the name on record.
    people: HashMap<String, (ResidentId, String)>,
    /// Where the records that count lie.
    places: HashMap<ResidentId, DivisionCode>,
    /// By the record that counts.
    benefits: HashMap<ResidentId, Vec<Enrollment>>,
    earlier: HashMap<(ResidentId, chrono::NaiveDate), crate::kernel::id::MatchId>,
}

impl Known {
    fn of(tx: &mut Tx<'_>, scope: &Scope, kind: MatchListKind, some: &[MatchRow]) -> Result<Self> {
        let numbers: Vec<_> = some.iter().map(|row| row.citizen_id.clone()).collect();
        let found = residents::service::numbered(tx, scope, &numbers)?;
        let counting: Vec<_> = found.iter().map(|(_, _, _, kept)| *kept).collect();
        let mut whose: HashMap<_, _> = counting.iter().map(|id| (*id, *id)).collect();
        whose.extend(residents::service::merged_into(tx, &counting)?);
        let records: Vec<_> = whose.keys().copied().collect();
        let mut benefits: HashMap<ResidentId, Vec<Enrollment>> = HashMap::new();
        for one in enrollments::service::of_people(tx, scope, &records)? {
            if let Some(person) = whose.get(&one.resident_id) {
                benefits.entry(*person).or_default().push(one);
            }
        }
        let places = residents::service::several(tx, scope, &counting)?;
        Ok(Self {
            people: found
                .into_iter()
                .map(|(number, _, name, kept)| (number.as_str().to_owned(), (kept, name)))
                .collect(),
            places: places
                .into_iter()
                .map(|one| (one.id, one.division_code))
                .collect(),
            benefits,
            earlier: store::known(tx, kind, &counting)?,
        })
    }

    /// Whom a row names, if anybody has a benefit whose months reach beyond what it says.
    fn hit(
        &self,
        tx: &Tx<'_>,
        list: MatchListId,
        kind: MatchListKind,
        row: &MatchRow,
    ) -> Result<Option<Match>> {
        let Some((resident, name)) = self.people.get(row.citizen_id.as_str()) else {
            return Ok(None);
        };
        let Some(division) = self.places.get(resident) else {
            return Ok(None);
        };
        let event = Month::of(row.date);
        let benefits = self.benefits.get(resident).map_or(&[][..], Vec::as_slice);
        let named: Vec<EnrollmentId> = benefits
            .iter()
            .filter(|one| reaches(one, event))
            .map(|one| one.id)
            .collect();
        if named.is_empty() {
            return Ok(None);
        }
        Ok(Some(Match {
            id: tx.new_id(),
            list_id: list,
            line: i32::try_from(row.line).map_err(Error::internal)?,
            kind,
            resident_id: *resident,
            division_code: *division,
            event_date: row.date,
            name_differs: row.name.as_str() != name,
            enrollment_ids: named,
            state: MatchState::Suspected,
            outcome: None,
            effective_month: None,
            comment: None,
            decided_by: None,
            decided_at: None,
            version: 1,
        }))
    }
}
