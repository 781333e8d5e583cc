//! Whose months are looked at, and what stands for them already.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::judge::WithHistory;
use crate::db::Db;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{EntitlementId, ResidentId};
use crate::kernel::month::Month;
use crate::registry::{Resident, residents};
use crate::subsidies::enrollments::Enrollment;
use crate::subsidies::entitlements::{self, Entitlement, EntitlementState};

/// Of so many months before the one that is run all that stands is read; of older ones only whether any is
/// missing.
const RECENT_MONTHS: i32 = 12;

/// The people of some enrollments, by the record that counts.
pub struct People {
    counting: HashMap<ResidentId, Resident>,
    /// The record that counts, of every record.
    kept: HashMap<ResidentId, ResidentId>,
}

impl People {
    pub fn of(db: &mut Db, all: &[WithHistory]) -> Result<Self> {
        let mut ids: Vec<_> = all.iter().map(|(one, _)| one.resident_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut counting = residents::service::anywhere(db, &ids)?;
        let mut kept: HashMap<_, _> = counting
            .values()
            .map(|one| (one.id, one.merged_into.unwrap_or(one.id)))
            .collect();
        let others: Vec<_> = kept
            .values()
            .copied()
            .filter(|id| !counting.contains_key(id))
            .collect();
        counting.extend(residents::service::anywhere(db, &others)?);
        let all: Vec<_> = kept.values().copied().collect();
        kept.extend(residents::service::merged_into(db, &all)?);
        kept.extend(all.into_iter().map(|id| (id, id)));
        Ok(Self { counting, kept })
    }

    pub fn records(&self) -> Vec<ResidentId> {
        self.kept.keys().copied().collect()
    }

    pub fn counts_for(&self, record: ResidentId) -> ResidentId {
        self.kept.get(&record).copied().unwrap_or(record)
    }

    pub fn key(&self, enrollment: &Enrollment) -> Key {
        (
            self.counts_for(enrollment.resident_id),
            enrollment.program_code.clone(),
        )
    }

    /// Whose facts count, at the place where the enrollment is.
    pub fn of_enrollment(&self, enrollment: &Enrollment) -> Result<Resident> {
        let person = self.counting.get(&self.counts_for(enrollment.resident_id));
        let person = person.ok_or_else(|| Error::internal("an enrollment is of a resident"))?;
        Ok(Resident {
            division_code: enrollment.division_code,
            ..person.clone()
        })
    }
}

/// A person, by the record that counts, and a program.
pub type Key = (ResidentId, String);

/// A month of an enrollment.
pub enum Slot {
    /// With what was found before, if anything was.
    Open(Option<Box<Entitlement>>),
    /// It is paid, somebody else's, or long due.
    Settled,
}

/// What stands of some people already.
pub struct Standing {
    by_month: HashMap<Key, BTreeMap<Month, Entitlement>>,
    /// Older months for which something is due, where not all are.
    older: HashMap<Key, HashSet<Month>>,
    since: Month,
    complete: HashSet<Key>,
    /// Of what is due, what no payment has taken up.
    unpaid: HashSet<EntitlementId>,
}

impl Standing {
    pub fn of(db: &mut Db, people: &People, all: &[WithHistory], month: Month) -> Result<Self> {
        let since = Month::from_index(month.index() - RECENT_MONTHS + 1).unwrap_or(month);
        let records = people.records();
        let mut by_month: HashMap<_, BTreeMap<_, _>> = HashMap::new();
        for one in entitlements::service::standing(db, &records, since)? {
            let key = (people.counts_for(one.resident_id), one.program_code.clone());
            by_month.entry(key).or_default().insert(one.month, one);
        }
        let mut standing = Self {
            by_month,
            older: HashMap::new(),
            since,
            complete: HashSet::new(),
            unpaid: entitlements::service::unpaid(db, &records, since)?
                .into_iter()
                .collect(),
        };
        if all.iter().any(|(one, _)| one.start_month < since) {
            standing.count_older(db, people, all)?;
        }
        Ok(standing)
    }

    /// The first month of an enrollment that may be missing.
    pub fn first_missing(&self, key: &Key, enrollment: &Enrollment) -> Month {
        if self.complete.contains(key) {
            enrollment.start_month.max(self.since)
        } else {
            enrollment.start_month
        }
    }

    /// The months of an enrollment up to one for which something stands that may still change.
    pub fn open(&self, key: &Key, enrollment: &Enrollment, month: Month) -> Vec<Month> {
        let Some(stands) = self.by_month.get(key) else {
            return Vec::new();
        };
        let open = stands
            .range(..=month)
            .filter(|(_, one)| self.is_open(one, enrollment));
        open.map(|(month, _)| *month).collect()
    }

    fn is_open(&self, one: &Entitlement, enrollment: &Enrollment) -> bool {
        one.enrollment_id == enrollment.id
            && (one.state == EntitlementState::Held || self.unpaid.contains(&one.id))
    }

    /// What stands for a month, if it may still change.
    pub fn take(&mut self, key: &Key, enrollment: &Enrollment, month: Month) -> Slot {
        let Some(one) = self.by_month.get(key).and_then(|all| all.get(&month)) else {
            let older = self.older.get(key);
            return if older.is_some_and(|older| older.contains(&month)) {
                Slot::Settled
            } else {
                Slot::Open(None)
            };
        };
        if !self.is_open(one, enrollment) {
            return Slot::Settled;
        }
        let stands = self.by_month.get_mut(key);
        Slot::Open(stands.and_then(|all| all.remove(&month)).map(Box::new))
    }

    /// What is due to somebody for a month of other programs, and whether it may still change.
    pub fn rivals<'s>(
        &'s self,
        person: ResidentId,
        month: Month,
        programs: &'s [String],
    ) -> impl Iterator<Item = (&'s Entitlement, bool)> {
        programs.iter().filter_map(move |program| {
            let all = self.by_month.get(&(person, program.clone()))?;
            let one = all.get(&month)?;
            (one.state == EntitlementState::Due).then(|| (one, self.unpaid.contains(&one.id)))
        })
    }

    /// Most people miss none of the older months, which their number tells.
    fn count_older(&mut self, db: &mut Db, people: &People, all: &[WithHistory]) -> Result<()> {
        let since = self.since;
        let mut counts: HashMap<Key, i64> = HashMap::new();
        for (record, program, count) in
            entitlements::service::count_before(db, &people.records(), since)?
        {
            *counts
                .entry((people.counts_for(record), program))
                .or_default() += count;
        }
        let mut expected: HashMap<Key, i64> = HashMap::new();
        for (one, _) in all.iter().filter(|(one, _)| one.start_month < since) {
            let last = one
                .stop_month
                .map_or(since.previous(), |stop| stop.min(since.previous()));
            let key = people.key(one);
            *expected.entry(key).or_default() +=
                i64::from((last.index() - one.start_month.index() + 1).max(0));
        }
        let mut missing = Vec::new();
        for (key, months) in expected {
            let held = self
                .by_month
                .get(&key)
                .map_or(0, |all| all.range(..since).count());
            let there = counts.get(&key).copied().unwrap_or(0) + i64::try_from(held).unwrap_or(0);
            if there >= months {
                self.complete.insert(key);
            } else {
                missing.push(key.0);
            }
        }
        let records: Vec<_> = people
            .records()
            .into_iter()
            .filter(|record| missing.contains(&people.counts_for(*record)))
            .collect();
        for (record, program, month) in entitlements::service::months_before(db, &records, since)? {
            let key = (people.counts_for(record), program);
            self.older.entry(key).or_default().insert(month);
        }
        Ok(())
    }
}
