//! People as columns: a number for each fact and person. The components of a disability are six
//! columns, one an impairment, with its level, or 0 for none.

use chrono::{Datelike, NaiveDate};

use super::column::{Column, Kept, Values};
use super::schema::{FACTS, Fact, FactId, OLDEST, Source};
use crate::kernel::impairment::{Component, ImpairmentType};
use crate::programs::model::Claimed;
use crate::registry::Resident;
use crate::registry::facts::{CertificateState, Snapshot};

/// Impairments that may be part of a multiple disability.
pub const COMPONENTS: usize = 6;
/// In the place of a level: no such component.
pub const NO_COMPONENT: u8 = 0;

/// What is known of people at one time; every value is within its fact's range, or says that it is not known.
#[derive(Debug, Clone)]
pub struct People {
    count: usize,
    facts: Vec<Column>,
    components: [Vec<u8>; COMPONENTS],
}

impl People {
    /// So many, of whom nothing is known.
    pub fn unknown(count: usize) -> Self {
        Self {
            count,
            facts: FACTS
                .iter()
                .map(|fact| Column::unknown(&fact.kind, count))
                .collect(),
            components: std::array::from_fn(|_| vec![u8::UNKNOWN; count]),
        }
    }

    /// One person, as the registry has them on a day.
    pub fn one(resident: &Resident, snapshot: &Snapshot, day: NaiveDate) -> Self {
        let mut people = Self::unknown(1);
        for (fact, place) in FACTS.iter().zip(0..) {
            people.set(place, 0, value(fact, resident, snapshot, day));
        }
        if let Some(certificate) = &snapshot.certificate {
            people.set_components(0, &certificate.components);
        }
        people
    }

    /// What one person's application says beyond that.
    pub fn claim(&mut self, person: usize, claimed: &Claimed) {
        for (fact, place) in FACTS.iter().zip(0..) {
            let said = match fact.source {
                Source::ClaimContribution => i32::try_from(claimed.contribution_fen.get()).ok(),
                Source::ClaimMonths => Some(claimed.months),
                _ => continue,
            };
            self.set(place, person, said);
        }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// A fact of the people from `from` on.
    pub fn values(&self, fact: FactId, from: usize, count: usize) -> Option<Values<'_>> {
        self.facts.get(fact)?.part(from, count)
    }

    /// The levels of one of the impairments, of the people from `from` on.
    pub fn levels(&self, impairment: usize, from: usize, count: usize) -> Option<&[u8]> {
        self.components.get(impairment)?.get(from..from + count)
    }

    /// A fact of one person, where it is known.
    pub fn value(&self, fact: FactId, person: usize) -> Option<i64> {
        self.facts.get(fact)?.get(person)
    }

    /// The level of one person's impairment, where the components are known.
    pub fn level(&self, impairment: usize, person: usize) -> Option<u8> {
        let level = *self.components.get(impairment)?.get(person)?;
        (level != u8::UNKNOWN).then_some(level)
    }

    pub fn set(&mut self, fact: FactId, person: usize, value: Option<i32>) {
        if let Some(column) = self.facts.get_mut(fact) {
            column.set(person, value.map(i64::from));
        }
    }

    pub fn set_components(&mut self, person: usize, components: &[Component]) {
        for (column, impairment) in self.components.iter_mut().zip(ImpairmentType::ALL) {
            let part = components
                .iter()
                .find(|part| part.impairment_type == *impairment);
            if let Some(kept) = column.get_mut(person) {
                *kept = part.map_or(NO_COMPONENT, |part| part.severity_level.number());
            }
        }
    }

    pub fn forget_components(&mut self, person: usize) {
        for column in &mut self.components {
            if let Some(kept) = column.get_mut(person) {
                *kept = u8::UNKNOWN;
            }
        }
    }
}

/// Completed years.
pub fn age(born: NaiveDate, day: NaiveDate) -> i32 {
    let before_birthday = (day.month(), day.day()) < (born.month(), born.day());
    day.year() - born.year() - i32::from(before_birthday)
}

fn value(fact: &Fact, resident: &Resident, snapshot: &Snapshot, day: NaiveDate) -> Option<i32> {
    let certificate = snapshot.certificate.as_ref();
    let word = |name: &str| fact.kind.place_of(name);
    match fact.source {
        Source::Age => Some(age(resident.birth_date, day).clamp(0, OLDEST)),
        Source::Sex => word(resident.sex.as_str()),
        // Without a certificate there is none that is valid.
        Source::CertificateValid => {
            Some(i32::from(certificate.is_some_and(|held| {
                held.state_on(day) == CertificateState::Valid
            })))
        }
        Source::ImpairmentType => word(certificate?.impairment_type.as_str()),
        Source::SeverityLevel => Some(certificate?.severity_level.number().into()),
        Source::Circumstance(kind) => fact.kind.keep(snapshot.get(kind)?),
        // What an application says is nothing that is known of the person.
        Source::ClaimContribution | Source::ClaimMonths => None,
    }
}
