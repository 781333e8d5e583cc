//! Facts with two dates, and what remains of an older belief when a newer one comes.

mod certificate;
mod circumstance;

use std::collections::BTreeMap;

use chrono::NaiveDate;

pub use self::certificate::{Certificate, CertificateState, CheckedCertificate, NewCertificate};
pub use self::circumstance::{
    Belief, CareNeed, CircumstanceKind, EmploymentForm, NewCircumstance, NewFact,
};
use crate::kernel::error::{Error, Result};
use crate::kernel::time::Timestamp;

/// From a day until before another, or on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

impl Period {
    pub const fn open(from: NaiveDate) -> Self {
        Self { from, to: None }
    }

    /// What of `self` lies before and after `newer`: up to two pieces that are still believed.
    pub fn without(self, newer: Self) -> Vec<Self> {
        let before = (self.from < newer.from).then_some(Self {
            from: self.from,
            to: Some(newer.from),
        });
        let after = newer
            .to
            .filter(|end| self.to.is_none_or(|own| *end < own))
            .map(|end| Self {
                from: end,
                to: self.to,
            });
        before.into_iter().chain(after).collect()
    }

    pub fn overlaps(self, other: Self) -> bool {
        self.to.is_none_or(|end| end > other.from) && other.to.is_none_or(|end| end > self.from)
    }
}

/// Which day is asked about, and as known when: now, where no instant is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    pub valid_at: NaiveDate,
    pub known_at: Option<Timestamp>,
}

/// A circumstance that holds, with where the office has it from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub value: String,
    pub source: String,
    pub valid_from: NaiveDate,
    pub recorded_at: Timestamp,
}

/// All that is believed of a resident on one day.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub certificate: Option<Certificate>,
    pub circumstances: BTreeMap<CircumstanceKind, Held>,
}

impl Snapshot {
    pub fn get(&self, kind: CircumstanceKind) -> Option<&str> {
        self.circumstances
            .get(&kind)
            .map(|held| held.value.as_str())
    }
}

/// Checks that a period's end lies after its beginning.
pub fn period(from: NaiveDate, to: Option<NaiveDate>) -> Result<Period> {
    if to.is_some_and(|end| end <= from) {
        return Err(Error::field(
            "/valid_to",
            "period.order",
            "valid_to lies after valid_from",
            "valid_to 须晚于 valid_from",
        ));
    }
    Ok(Period { from, to })
}

/// As `period`, of what has come about: what ties staff to residents is what holds now, so where people
/// live and with whom is not told ahead.
pub fn past_period(from: NaiveDate, to: Option<NaiveDate>, today: NaiveDate) -> Result<Period> {
    for (pointer, day) in [("/valid_from", Some(from)), ("/valid_to", to)] {
        if day.is_some_and(|day| day > today) {
            return Err(Error::field(
                pointer,
                "period.future",
                "not a day to come",
                "不得为今后的日期",
            ));
        }
    }
    period(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn span(from: &str, to: Option<&str>) -> Period {
        Period {
            from: day(from),
            to: to.map(day),
        }
    }

    #[test]
    fn a_newer_fact_leaves_what_it_does_not_cover() {
        let open = span("2022-01-01", None);
        assert_eq!(
            open.without(span("2022-06-01", None)),
            [span("2022-01-01", Some("2022-06-01"))]
        );
        assert_eq!(
            open.without(span("2022-03-01", Some("2022-04-01"))),
            [
                span("2022-01-01", Some("2022-03-01")),
                span("2022-04-01", None)
            ]
        );
        assert_eq!(open.without(span("2021-01-01", None)), []);
        let closed = span("2022-01-01", Some("2022-03-01"));
        assert_eq!(
            closed.without(span("2021-12-01", Some("2022-02-01"))),
            [span("2022-02-01", Some("2022-03-01"))]
        );
    }
}
