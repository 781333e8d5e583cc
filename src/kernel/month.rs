//! Calendar months, the rhythm of benefits.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::{date, text};

const MONTHS_PER_YEAR: i32 = 12;

/// A calendar month; kept as its first day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = r"^\d{4}-(0[1-9]|1[0-2])$", example = "2022-07")]
pub struct Month(NaiveDate);

/// A text that is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a month is written as 2022-07, its year from 1900 to 2199")]
pub struct MonthError;

impl MonthError {
    pub const fn code(self) -> &'static str {
        "month.format"
    }

    pub const fn zh(self) -> &'static str {
        "月份格式应为2022-07，年份为1900至2199"
    }
}

impl Month {
    pub fn of(date: NaiveDate) -> Self {
        Self(date - Days::new(date.day0().into()))
    }

    pub fn parse(text: &str) -> Result<Self, MonthError> {
        date::parse(&format!("{text}-01"))
            .map(Self)
            .map_err(|_not_a_date| MonthError)
    }

    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// 1 to 12.
    pub fn month(self) -> u32 {
        self.0.month()
    }

    pub const fn first_day(self) -> NaiveDate {
        self.0
    }

    pub fn last_day(self) -> NaiveDate {
        self.0 + Days::new(u64::from(self.0.num_days_in_month()) - 1)
    }

    pub fn contains(self, date: NaiveDate) -> bool {
        Self::of(date) == self
    }

    /// The month after; the last one chrono knows is its own.
    #[must_use]
    pub fn next(self) -> Self {
        self.0.checked_add_months(Months::new(1)).map_or(self, Self)
    }

    /// The month before; the first one chrono knows is its own.
    #[must_use]
    pub fn previous(self) -> Self {
        self.0.checked_sub_months(Months::new(1)).map_or(self, Self)
    }

    /// Months since January of the year 0, for storage and counting.
    pub fn index(self) -> i32 {
        self.year() * MONTHS_PER_YEAR + self.0.month0().cast_signed()
    }

    pub fn from_index(index: i32) -> Option<Self> {
        let month = index.rem_euclid(MONTHS_PER_YEAR).cast_unsigned() + 1;
        NaiveDate::from_ymd_opt(index.div_euclid(MONTHS_PER_YEAR), month, 1).map(Self)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Month({self})")
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_knows_its_days() {
        let february = month("2024-02");
        assert_eq!(february.first_day().to_string(), "2024-02-01");
        assert_eq!(february.last_day().to_string(), "2024-02-29");
        assert_eq!(Month::of(february.last_day()), february);
        assert!(!february.contains("2024-03-01".parse().unwrap()));
    }

    #[test]
    fn months_pass_over_the_turn_of_the_year() {
        assert_eq!(month("2022-12").next(), month("2023-01"));
        assert_eq!(month("2023-01").previous(), month("2022-12"));
        assert_eq!(month("2022-07").index(), 2022 * 12 + 6);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2022",
            "2022-7",
            "2022-13",
            "2022-00",
            "2022/07",
            "+022-07",
            "2022-07-01",
        ] {
            assert_eq!(Month::parse(text), Err(MonthError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn index_and_text_lead_back(index in 22_800..26_399) {
            let month = Month::from_index(index).unwrap();
            prop_assert_eq!(month.index(), index);
            prop_assert_eq!(Month::parse(&month.to_string()), Ok(month));
            prop_assert_eq!(month.next().index(), index + 1);
            prop_assert_eq!(month.next().previous(), month);
        }
    }
}
