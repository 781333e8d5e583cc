//! Use cases of estimates.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::model::{EmployedMonths, LevyEstimate, LevySource, NewLevyEstimate, reckon};
use super::store;
use crate::access::{Permit, Scope, acts};
use crate::audit::Event;
use crate::db::{Db, Recorded, Tx};
use crate::employment::employers;
use crate::employment::placements::{self, Placement};
use crate::employment::standards::{self, StandardKind};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{EmployerId, LevyEstimateId, ResidentId};
use crate::kernel::month::Month;
use crate::registry::facts::{self, AsOf, Certificate, CertificateState};
use crate::registry::residents;

pub use super::store::page;

pub fn found(db: &mut Db, scope: &Scope, id: LevyEstimateId) -> Result<LevyEstimate> {
    store::find(db, scope, id)?.ok_or_else(|| Code::LevyEstimateNotFound.into())
}

/// The months of a year at whose end somebody worked.
fn months_of(placement: &Placement, year: i32) -> impl Iterator<Item = u32> {
    let worked = move |month: &u32| {
        let first = NaiveDate::from_ymd_opt(year, *month, 1);
        first.is_some_and(|first| {
            let last = Month::of(first).last_day();
            placement.start_date <= last && placement.end_date.is_none_or(|end| end >= last)
        })
    };
    (1..=12).filter(worked)
}

/// What the verified placements at an employer come to, wherever the people live; nothing is told of who they are.
/// A person counts once a month, whatever records they have, with a certificate that is valid at the end of the year or
/// today, and is as disabled as it says.
fn employed(db: &mut Db, at: EmployerId, year: i32) -> Result<EmployedMonths> {
    let day = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    let bounds = day(1, 1).zip(day(12, 31));
    let (first, last) = bounds.ok_or_else(|| Error::internal("a year has days"))?;
    let at_end = AsOf {
        valid_at: last.min(db.today()),
        known_at: None,
    };
    db.in_every_office(|db| {
        let all = placements::service::at_employer(db, at, first, last)?;
        let people: Vec<_> = all.iter().map(|one| one.resident_id).collect();
        let kept: HashMap<_, _> = residents::service::kept_for_each(db, &people)?
            .into_iter()
            .collect();
        let person = |id| kept.get(&id).copied().unwrap_or(id);
        let mut worked: BTreeMap<ResidentId, BTreeSet<u32>> = BTreeMap::new();
        for one in &all {
            let months = worked.entry(person(one.resident_id)).or_default();
            months.extend(months_of(one, year));
        }
        let people: Vec<_> = worked.keys().copied().collect();
        let believed = facts::service::snapshots(db, &people, at_end)?;
        let mut sum = EmployedMonths {
            months: 0,
            severe_months: 0,
        };
        for (person, months) in &worked {
            let snapshot = believed.get(person);
            let certificate = snapshot.and_then(|known| known.certificate.as_ref());
            let valid =
                |one: &&Certificate| one.state_on(at_end.valid_at) == CertificateState::Valid;
            let Some(certificate) = certificate.filter(valid) else {
                continue;
            };
            let months = i32::try_from(months.len()).map_err(Error::internal)?;
            if certificate.severity_level.is_severe() {
                sum.severe_months += months;
            } else {
                sum.months += months;
            }
        }
        Ok(sum)
    })
}

/// Reckons what an employer of one's own divisions would owe, and keeps it.
pub fn estimate(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::LevyEstimate>,
    new: &NewLevyEstimate,
) -> Result<Recorded<LevyEstimate>> {
    let employer = employers::service::own(tx, permit.scope(), new.employer_id)?;
    new.check()?;
    let place = employer.division_code;
    let last = NaiveDate::from_ymd_opt(new.year, 12, 31);
    let last = last.ok_or_else(|| Error::internal("a year has a last day"))?;
    let standard = standards::service::required(tx, StandardKind::QuotaLevy, place, last)?;
    let terms = standard
        .quota_levy
        .ok_or_else(|| Error::internal("a levy has terms"))?;
    let local = standards::service::in_force(tx, StandardKind::AverageWage, place, last)?;
    let local_wage = local.as_ref().and_then(|standard| standard.amount_fen);
    let (months, source) = match new.employed {
        Some(given) => (given, LevySource::Given),
        None => (employed(tx, employer.id, new.year)?, LevySource::Placements),
    };
    let reckoned = reckon(
        &terms,
        new.staff_count,
        new.average_wage_fen,
        local_wage,
        months,
    );
    let reckoned = reckoned.ok_or_else(|| Error::internal("more than can be counted"))?;
    let estimate = LevyEstimate {
        id: tx.new_id(),
        employer_id: employer.id,
        division_code: place,
        year: new.year,
        staff_count: new.staff_count,
        average_wage_fen: new.average_wage_fen,
        employed: months,
        source,
        standard_id: standard.id,
        cap_standard_id: local.map(|standard| standard.id),
        counted_wage_fen: reckoned.counted_wage,
        percent: reckoned.percent,
        full_fen: reckoned.full,
        levy_fen: reckoned.levy,
        estimated_by: permit.actor().user,
        estimated_at: tx.now(),
    };
    store::insert(tx, &estimate)?;
    let event = Event::new(permit.origin(), "levy_estimate.made")
        .on(&estimate.id)
        .within(place)
        .change("employer_id", estimate.employer_id)
        .change("year", estimate.year)
        .change("levy_fen", estimate.levy_fen);
    tx.record(event, estimate)
}
