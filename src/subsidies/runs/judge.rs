//! What is due for the months of some enrollments, by the versions and facts of those months.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::higher;
use super::model::{falls_due, months};
use super::standing::{People, Slot, Standing};
use crate::casework::cases;
use crate::db::Db;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::ProgramVersionId;
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::programs::{self, Claimed, Outcome, ProgramVersion, rules};
use crate::registry::Resident;
use crate::registry::facts::{self, AsOf, CircumstanceKind, Snapshot};
use crate::subsidies::enrollments::{
    Enrollment, EnrollmentState, EnrollmentTransition, rate_in, status_in,
};
use crate::subsidies::entitlements::{self, Entitlement, Reason};

/// The day whose facts a month is paid by: the last before the month, for what ends is paid to the end of its
/// month; that of the application for the month it was made in, and for what it claimed of earlier ones.
pub fn day_of(month: Month, enrollment: &Enrollment, submitted: Option<NaiveDate>) -> NaiveDate {
    let before = month.previous().last_day();
    let Some(day) = submitted else {
        return before;
    };
    if enrollment.claim.is_some() && month <= Month::of(day) {
        day
    } else if month == enrollment.start_month && day >= month.first_day() {
        day.min(month.last_day())
    } else {
        before
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
    pub fn held(reason: Reason, version: Option<ProgramVersionId>) -> Self {
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
    /// The day of its facts.
    day: NaiveDate,
    /// The day of its version.
    in_force_on: NaiveDate,
}

/// What all the questions about some enrollments come to.
#[derive(Debug, Default)]
pub struct Judged<'a> {
    pub found: Vec<(Question<'a>, Verdict)>,
    /// Held, or due and not paid, for months that are not paid for any more.
    pub over: Vec<Entitlement>,
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
            let Slot::Open(stands) = standing.take(&key, enrollment, one) else {
                continue;
            };
            if status == EnrollmentState::Stopped {
                judged.over.extend(stands.map(|one| *one));
                continue;
            }
            questions.push(Question {
                enrollment,
                month: one,
                stands: stands.map(|one| *one),
                suspended: status == EnrollmentState::Suspended,
                day: one.previous().last_day(),
                in_force_on: one.first_day(),
            });
        }
    }
    date(db, &mut questions)?;
    judged.found = answer(db, &people, questions)?;
    higher::settle(db, &people, &standing, &mut judged)?;
    Ok(judged)
}

/// The months in which people applied are judged by the day they did. What was claimed for a time that was over
/// by then is judged by that day, too, and all of a claim by the version of that day.
fn date(db: &mut Db, questions: &mut [Question<'_>]) -> Result<()> {
    let asks = |one: &Question<'_>| {
        one.month == one.enrollment.start_month || one.enrollment.claim.is_some()
    };
    let cases: Vec<_> = questions
        .iter()
        .filter(|one| asks(one))
        .map(|one| one.enrollment.case_id)
        .collect();
    if cases.is_empty() {
        return Ok(());
    }
    let submitted = cases::service::submitted_at(db, &cases)?;
    for one in questions.iter_mut().filter(|one| asks(one)) {
        let day = submitted.get(&one.enrollment.case_id);
        let day = day.map(|at| at.office_date());
        one.day = day_of(one.month, one.enrollment, day);
        one.in_force_on = match day {
            Some(day) if one.enrollment.claim.is_some() => day,
            _ => one.month.first_day().max(one.day),
        };
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
            let in_force = versions
                .get(&enrollment.program_code)
                .and_then(|all| in_force(all, enrollment.division_code, question.in_force_on));
            let period = in_force.map(|version| version.terms.period);
            let by_month = period.filter(|_| enrollment.claim.is_none());
            if by_month
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
    if let Some((claimed, share)) = claimed(question) {
        return of_claim(question, version, (resident, known), (claimed, share));
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

/// What an application claimed, and the share of it that was granted for a month.
fn claimed(question: &Question<'_>) -> Option<(Claimed, Fen)> {
    let claimed = question.enrollment.claimed()?;
    Some((claimed, rate_in(question.enrollment, question.month)?))
}

/// What was granted stays; whether somebody may have it is asked of each month.
fn of_claim(
    question: &Question<'_>,
    version: &ProgramVersion,
    who: (&Resident, &Snapshot),
    (claimed, share): (Claimed, Fen),
) -> Result<Verdict> {
    let compiled = rules::of_version(version)?;
    let decision = rules::decide_claim(version, &compiled, who, question.day, Some(&claimed));
    if decision.outcome == Outcome::Eligible && share > Fen::ZERO {
        return Ok(Verdict::Due {
            amount: share,
            version: version.id,
            facts: entitlements::fingerprint(decision.facts),
        });
    }
    Ok(Verdict::Held {
        reasons: Reason::of(&decision),
        version: Some(version.id),
    })
}
