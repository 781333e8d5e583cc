//! People as columns: a number for each fact and person. The components of a disability are six
//! columns, one an impairment, with its level, or 0 for none.

use chrono::{Datelike, NaiveDate};

use super::expression::NO_FACT;
use super::schema::{FACTS, Fact, FactId, OLDEST, Source};
use crate::kernel::impairment::{Component, ImpairmentType};
use crate::registry::Resident;
use crate::registry::facts::{CertificateState, Snapshot};

/// Impairments that may be part of a multiple disability.
pub const COMPONENTS: usize = 6;
/// In the place of a level: no such component.
pub const NO_COMPONENT: i32 = 0;

/// What is known of people at one time; every value is within its fact's range, or says that it is not known.
#[derive(Debug, Clone)]
pub struct People {
    count: usize,
    facts: Vec<Vec<i32>>,
    components: [Vec<i32>; COMPONENTS],
}

impl People {
    /// So many, of whom nothing is known.
    pub fn unknown(count: usize) -> Self {
        Self {
            count,
            facts: vec![vec![NO_FACT; count]; FACTS.len()],
            components: std::array::from_fn(|_| vec![NO_FACT; count]),
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

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn fact(&self, fact: FactId) -> Option<&[i32]> {
        self.facts.get(fact).map(Vec::as_slice)
    }

    /// The levels of one of the impairments.
    pub fn component(&self, impairment: usize) -> Option<&[i32]> {
        self.components.get(impairment).map(Vec::as_slice)
    }

    pub fn set(&mut self, fact: FactId, person: usize, value: Option<i32>) {
        let place = self.facts.get_mut(fact);
        if let Some(kept) = place.and_then(|column| column.get_mut(person)) {
            *kept = value.unwrap_or(NO_FACT);
        }
    }

    pub fn set_components(&mut self, person: usize, components: &[Component]) {
        for (column, impairment) in self.components.iter_mut().zip(ImpairmentType::ALL) {
            let part = components
                .iter()
                .find(|part| part.impairment_type == *impairment);
            if let Some(kept) = column.get_mut(person) {
                *kept = part.map_or(NO_COMPONENT, |part| part.severity_level.number().into());
            }
        }
    }

    pub fn forget_components(&mut self, person: usize) {
        for column in &mut self.components {
            if let Some(kept) = column.get_mut(person) {
                *kept = NO_FACT;
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
    }
}
