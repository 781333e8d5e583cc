//! What is due for the months of some enrollments, by the versions and facts of those months.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use super::model::{falls_due, months};
use crate::casework::cases;
use crate::db::Db;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{EntitlementId, ProgramVersionId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::programs::{self, ProgramVersion, rules};
use crate::registry::Resident;
use crate::registry::facts::{self, AsOf, CircumstanceKind, Snapshot};
use crate::registry::residents;
use crate::subsidies::enrollments::{Enrollment, EnrollmentState, EnrollmentTransition, status_in};
use crate::subsidies::entitlements::{self, Entitlement, EntitlementState, Reason};

/// Of so many months before the one that is run all that stands is read; of older ones only whether any is
/// missing.
const RECENT_MONTHS: i32 = 12;

/// The day whose facts a month is paid by: the last before the month, for what ends is paid to the end of its
/// month; and that of the application for the month it was made in.
pub fn day_of(month: Month, start: Month, submitted: Option<NaiveDate>) -> NaiveDate {
    match submitted {
        Some(day) if month == start && day >= month.first_day() => day.min(month.last_day()),
        _ => month.previous().last_day(),
    }
}

/// What a month comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Due {
        amount: Fen,
        version: ProgramVersionId,
        facts: Vec<u8>,
    },
    Held {
        reasons: Vec<Reason>,
        version: Option<ProgramVersionId>,
    },
}

impl Verdict {
    fn held(reason: Reason, version: Option<ProgramVersionId>) -> Self {
        Self::Held {
            reasons: vec![reason],
            version,
        }
    }
}

/// A month of an enrollment that is to be looked at, and what stands for it.
#[derive(Debug)]
pub struct Question<'a> {
    pub enrollment: &'a Enrollment,
    pub month: Month,
    /// What an earlier run found, held or due and not paid; nothing where the month is new.
    pub stands: Option<Entitlement>,
    suspended: bool,
    day: NaiveDate,
}

/// What all the questions about some enrollments come to.
#[derive(Debug, Default)]
pub struct Judged<'a> {
    pub found: Vec<(Question<'a>, Verdict)>,
    /// Held, or due and not paid, for months that are not paid for any more.
    pub over: Vec<Entitlement>,
}

/// The people of some enrollments, by the record that counts.
struct People {
    counting: HashMap<ResidentId, Resident>,
    /// The record that counts, of every record.
    kept: HashMap<ResidentId, ResidentId>,
}

impl People {
    fn of(db: &mut Db, all: &[WithHistory]) -> Result<Self> {
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

    fn records(&self) -> Vec<ResidentId> {
        self.kept.keys().copied().collect()
    }

    fn counts_for(&self, record: ResidentId) -> ResidentId {
        self.kept.get(&record).copied().unwrap_or(record)
    }

    fn key(&self, enrollment: &Enrollment) -> Key {
        (
            self.counts_for(enrollment.resident_id),
            enrollment.program_code.clone(),
        )
    }

    /// Whose facts count, at the place where the enrollment is.
    fn of_enrollment(&self, enrollment: &Enrollment) -> Result<Resident> {
        let person = self.counting.get(&self.counts_for(enrollment.resident_id));
        let person = person.ok_or_else(|| Error::internal("an enrollment is of a resident"))?;
        Ok(Resident {
            division_code: enrollment.division_code,
            ..person.clone()
        })
    }
}

/// A person, by the record that counts, and a program.
type Key = (ResidentId, String);

/// What stands of some people already.
struct Standing {
    by_month: HashMap<Key, BTreeMap<Month, Entitlement>>,
    /// Older months for which something is due, where not all are.
    older: HashMap<Key, HashSet<Month>>,
    since: Month,
    complete: HashSet<Key>,
    /// Of what is due, what no payment has taken up.
    unpaid: HashSet<EntitlementId>,
}

impl Standing {
    fn of(db: &mut Db, people: &People, all: &[WithHistory], month: Month) -> Result<Self> {
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
    fn first_missing(&self, key: &Key, enrollment: &Enrollment) -> Month {
        if self.complete.contains(key) {
            enrollment.start_month.max(self.since)
        } else {
            enrollment.start_month
        }
    }

    /// The months of an enrollment up to one for which something stands that may still change.
    fn open(&self, key: &Key, enrollment: &Enrollment, month: Month) -> Vec<Month> {
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

    /// What stands for a month, if it may still change; nothing at all where it may not.
    fn take(
        &mut self,
        key: &Key,
        enrollment: &Enrollment,
        month: Month,
    ) -> Option<Option<Entitlement>> {
        let Some(one) = self.by_month.get(key).and_then(|all| all.get(&month)) else {
            let older = self.older.get(key);
            return (!older.is_some_and(|older| older.contains(&month))).then_some(None);
        };
        if !self.is_open(one, enrollment) {
            return None;
        }
        Some(self.by_month.get_mut(key)?.remove(&month))
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

/// An enrollment, and what was done to it.
pub type WithHistory = (Enrollment, Vec<EnrollmentTransition>);

/// Of some enrollments all months up to one for which nothing is due yet, and what they come to now.
pub fn judge<'a>(db: &mut Db, all: &'a [WithHistory], month: Month) -> Result<Judged<'a>> {
    let people = People::of(db, all)?;
    let mut standing = Standing::of(db, &people, all, month)?;
    let mut judged = Judged::default();
    let mut questions = Vec::new();
    for (enrollment, history) in all {
        let key = people.key(enrollment);
        let last = enrollment.stop_month.map_or(month, |stop| stop.min(month));
        let from = standing.first_missing(&key, enrollment);
        let open = standing.open(&key, enrollment, month);
        let before = open.iter().copied().filter(|one| *one < from);
        let after = open.iter().copied().filter(|one| *one > last);
        for one in before.chain(months(from, last)).chain(after) {
            let status = status_in(history, one);
            let Some(stands) = standing.take(&key, enrollment, one) else {
                continue;
            };
            if status == EnrollmentState::Stopped {
                judged.over.extend(stands);
                continue;
            }
            questions.push(Question {
                enrollment,
                month: one,
                stands,
                suspended: status == EnrollmentState::Suspended,
                day: one.previous().last_day(),
            });
        }
    }
    date(db, &mut questions)?;
    judged.found = answer(db, &people, questions)?;
    Ok(judged)
}

/// The months in which people applied are judged by the day they did.
fn date(db: &mut Db, questions: &mut [Question<'_>]) -> Result<()> {
    let first = |one: &Question<'_>| one.month == one.enrollment.start_month;
    let cases: Vec<_> = questions
        .iter()
        .filter(|one| first(one))
        .map(|one| one.enrollment.case_id)
        .collect();
    if cases.is_empty() {
        return Ok(());
    }
    let submitted = cases::service::submitted_at(db, &cases)?;
    for one in questions.iter_mut().filter(|one| first(one)) {
        let day = submitted
            .get(&one.enrollment.case_id)
            .map(|at| at.office_date());
        one.day = day_of(one.month, one.enrollment.start_month, day);
    }
    Ok(())
}

fn answer<'a>(
    db: &mut Db,
    people: &People,
    questions: Vec<Question<'a>>,
) -> Result<Vec<(Question<'a>, Verdict)>> {
    let mut versions: HashMap<String, Vec<ProgramVersion>> = HashMap::new();
    let mut by_day: BTreeMap<NaiveDate, Vec<Question<'a>>> = BTreeMap::new();
    for question in questions {
        let code = &question.enrollment.program_code;
        if !versions.contains_key(code) {
            versions.insert(code.clone(), programs::service::versions(db, code, None)?);
        }
        by_day.entry(question.day).or_default().push(question);
    }
    let mut answered = Vec::new();
    for (day, questions) in by_day {
        let mut ids: Vec<_> = questions
            .iter()
            .map(|one| people.counts_for(one.enrollment.resident_id))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let at = AsOf {
            valid_at: day,
            known_at: None,
        };
        let snapshots = facts::service::snapshots(db, &ids, at)?;
        let nothing = Snapshot::default();
        for question in questions {
            let enrollment = question.enrollment;
            let in_force = versions.get(&enrollment.program_code).and_then(|all| {
                in_force(
                    all,
                    enrollment.division_code,
                    day.max(question.month.first_day()),
                )
            });
            let period = in_force.map(|version| version.terms.period);
            if period
                .is_some_and(|period| !falls_due(period, enrollment.start_month, question.month))
            {
                continue;
            }
            let known = snapshots
                .get(&people.counts_for(enrollment.resident_id))
                .unwrap_or(&nothing);
            let resident = people.of_enrollment(enrollment)?;
            let verdict = verdict(&question, in_force, (&resident, known))?;
            answered.push((question, verdict));
        }
    }
    Ok(answered)
}

/// A county's own version before the city's.
fn in_force(
    all: &[ProgramVersion],
    division: DivisionCode,
    day: NaiveDate,
) -> Option<&ProgramVersion> {
    all.iter()
        .filter(|version| {
            let terms = &version.terms;
            terms.division_code.contains(division)
                && terms.effective_from <= day
                && terms.effective_to.is_none_or(|end| day < end)
        })
        .max_by_key(|version| version.terms.division_code.level())
}

fn verdict(
    question: &Question<'_>,
    version: Option<&ProgramVersion>,
    (resident, known): (&Resident, &Snapshot),
) -> Result<Verdict> {
    let Some(version) = version else {
        let none = Reason::new(
            "no_program_version",
            "当月没有生效的项目版本",
            "no version of the program is in force in that month",
        );
        return Ok(Verdict::held(none, None));
    };
    if question.suspended {
        let suspended = Reason::new(
            "enrollment_suspended",
            "已停发",
            "the enrollment is suspended",
        );
        return Ok(Verdict::held(suspended, Some(version.id)));
    }
    if known.get(CircumstanceKind::Death).is_some() {
        let died = Reason::new("resident_died", "当事人已死亡", "the resident has died");
        return Ok(Verdict::held(died, Some(version.id)));
    }
    let compiled = rules::of_version(version)?;
    match rules::due(&compiled, (resident, known), question.day) {
        Some(amount) if amount > Fen::ZERO => Ok(Verdict::Due {
            amount,
            version: version.id,
            facts: entitlements::fingerprint(rules::facts(resident, known, question.day)),
        }),
        Some(_) => {
            let nothing = Reason::new(
                "nothing_due",
                "当月金额为零",
                "the amount of the month is nothing",
            );
            Ok(Verdict::held(nothing, Some(version.id)))
        }
        None => {
            let decision = rules::decide(version, &compiled, (resident, known), question.day);
            Ok(Verdict::Held {
                reasons: Reason::of(&decision),
                version: Some(version.id),
            })
        }
    }
}
