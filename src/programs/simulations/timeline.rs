//! People month by month: their columns are filled once, and only what changes from one month to the next
//! is written again.

use chrono::{Datelike, NaiveDate};

use crate::kernel::impairment::Component;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::programs::rules::schema::{FACTS, FactId, OLDEST, Source, fact_of};
use crate::programs::rules::{People, age};
use crate::registry::facts::CertificateState;
use crate::registry::roll::{Held, Roll, Term};

/// When the rules are asked: on a month's first day, with what is known at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub month: Month,
    pub known_at: Timestamp,
}

/// A column's new value.
#[derive(Debug, Clone)]
enum Change {
    Fact(FactId, i32),
    Forget(FactId),
    Components(Vec<Component>),
    ForgetComponents,
}

/// What is true of people, moment by moment.
#[derive(Debug)]
pub struct Timeline {
    moments: Vec<Moment>,
    people: People,
    births: Vec<NaiveDate>,
    /// By moment: what ends, then what begins.
    ends: Vec<Vec<(usize, Change)>>,
    begins: Vec<Vec<(usize, Change)>>,
    places: Places,
}

/// Where facts stand that are read from more than one column.
#[derive(Debug, Clone, Copy)]
struct Places {
    age: FactId,
    valid: FactId,
    impairment_type: FactId,
    severity_level: FactId,
}

fn place(source: Source) -> FactId {
    let found = FACTS.iter().position(|fact| fact.source == source);
    found.unwrap_or(usize::MAX)
}

impl Timeline {
    /// Moments are in the order of time, and so is what is known at them.
    pub fn new(roll: Roll, moments: Vec<Moment>) -> Self {
        let mut people = People::unknown(roll.people.len());
        let places = Places {
            age: place(Source::Age),
            valid: place(Source::CertificateValid),
            impairment_type: place(Source::ImpairmentType),
            severity_level: place(Source::SeverityLevel),
        };
        let sex = place(Source::Sex);
        let sexes = FACTS.get(sex).map(|fact| &fact.kind);
        for (person, enrolled) in roll.people.iter().enumerate() {
            let kept = sexes.and_then(|kind| kind.place_of(enrolled.sex.as_str()));
            people.set(sex, person, kept);
            // Without a certificate there is none that is valid.
            people.set(places.valid, person, Some(0));
        }
        let mut timeline = Self {
            births: roll.people.iter().map(|one| one.birth_date).collect(),
            ends: vec![Vec::new(); moments.len() + 1],
            begins: vec![Vec::new(); moments.len() + 1],
            people,
            moments,
            places,
        };
        for (person, term, held) in roll.facts {
            timeline.place(person, term, held);
        }
        timeline
    }

    /// At which moments something counts: from one until before another.
    fn span(&self, term: Term, ends_on: Option<NaiveDate>) -> (usize, usize) {
        let until_day = |day: NaiveDate| {
            self.moments
                .partition_point(|moment| moment.month.first_day() < day)
        };
        let until_known = |instant: Timestamp| {
            self.moments
                .partition_point(|moment| moment.known_at < instant)
        };
        let last = self.moments.len();
        let begin = until_day(term.valid_from).max(until_known(term.recorded_at));
        let end = [
            term.valid_to.map_or(last, until_day),
            ends_on.map_or(last, until_day),
            term.superseded_at.map_or(last, until_known),
        ];
        (begin, end.into_iter().min().unwrap_or(last))
    }

    fn write(&mut self, person: usize, (begin, end): (usize, usize), on: Change, off: Change) {
        if begin >= end {
            return;
        }
        if let Some(changes) = self.begins.get_mut(begin) {
            changes.push((person, on));
        }
        if let Some(changes) = self.ends.get_mut(end) {
            changes.push((person, off));
        }
    }

    fn place(&mut self, person: usize, term: Term, held: Held) {
        let places = self.places;
        match held {
            Held::Circumstance { kind, value } => {
                let Some(place) = fact_of(kind) else {
                    return;
                };
                let kept = FACTS.get(place).and_then(|fact| fact.kind.keep(&value));
                if let Some(kept) = kept {
                    let span = self.span(term, None);
                    self.write(
                        person,
                        span,
                        Change::Fact(place, kept),
                        Change::Forget(place),
                    );
                }
            }
            Held::Certificate {
                impairment_type,
                severity_level,
                components,
                state,
                expires_date,
            } => {
                let span = self.span(term, None);
                let word = FACTS
                    .get(places.impairment_type)
                    .and_then(|fact| fact.kind.place_of(impairment_type.as_str()));
                for (place, kept) in [
                    (places.impairment_type, word),
                    (
                        places.severity_level,
                        Some(i32::from(severity_level.number())),
                    ),
                ] {
                    if let Some(kept) = kept {
                        let (on, off) = (Change::Fact(place, kept), Change::Forget(place));
                        self.write(person, span, on, off);
                    }
                }
                let (on, off) = (Change::Components(components), Change::ForgetComponents);
                self.write(person, span, on, off);
                if state == CertificateState::Valid {
                    let span = self.span(term, Some(expires_date));
                    let (on, off) = (Change::Fact(places.valid, 1), Change::Fact(places.valid, 0));
                    self.write(person, span, on, off);
                }
            }
        }
    }

    /// Goes through all moments with the people as they are then.
    pub fn walk(mut self, mut each: impl FnMut(Moment, &People)) {
        for (number, moment) in self.moments.clone().into_iter().enumerate() {
            for changes in [&mut self.ends, &mut self.begins] {
                let changes = changes.get_mut(number).map(std::mem::take);
                for (person, change) in changes.unwrap_or_default() {
                    apply(&mut self.people, person, change);
                }
            }
            let day = moment.month.first_day();
            for (person, born) in self.births.iter().enumerate() {
                let years = age(*born, day);
                // Who is born later is not there yet.
                let known = (day.year() >= born.year() && years >= 0).then(|| years.min(OLDEST));
                self.people.set(self.places.age, person, known);
            }
            each(moment, &self.people);
        }
    }
}

fn apply(people: &mut People, person: usize, change: Change) {
    match change {
        Change::Fact(place, kept) => people.set(place, person, Some(kept)),
        Change::Forget(place) => people.set(place, person, None),
        Change::Components(components) => people.set_components(person, &components),
        Change::ForgetComponents => people.forget_components(person),
    }
}
