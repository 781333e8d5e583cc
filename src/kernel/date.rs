//! Calendar dates as clients write them: chrono reads more than the documented form, and years that no
//! office has to do with, which SQLite would put before all others.

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, de};

use super::error::{self, Error};
use super::patch::Patch;

const YEARS: RangeInclusive<i32> = 1900..=2199;

/// A text that is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date is written as 2022-07-05, its year from 1900 to 2199")]
pub struct DateError;

impl DateError {
    pub const fn zh(self) -> &'static str {
        "日期格式应为2022-07-05，年份为1900至2199"
    }
}

pub fn parse(text: &str) -> Result<NaiveDate, DateError> {
    let well_formed = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    text.parse()
        .ok()
        .filter(|date: &NaiveDate| well_formed && YEARS.contains(&date.year()))
        .ok_or(DateError)
}

struct Written(NaiveDate);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        parse(&text).map(Self).map_err(de::Error::custom)
    }
}

/// For `#[serde(deserialize_with)]` of every date in a request.
pub fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    Written::deserialize(deserializer).map(|date| date.0)
}

/// As [`written`], where null says that there is none.
pub fn maybe<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let date = Option::<Written>::deserialize(deserializer)?;
    Ok(date.map(|date| date.0))
}

/// As [`written`], where a date can be left out but not taken away: null is refused.
pub fn stated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    written(deserializer).map(Some)
}

/// As [`written`], of a merge patch.
pub fn patched<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Patch<NaiveDate>, D::Error> {
    Ok(maybe(deserializer)?.map_or(Patch::Clear, Patch::Set))
}

/// A query's last day does not lie before its first; each with its parameter's name.
pub fn in_order(
    (first_name, first): (&str, impl Into<Option<NaiveDate>>),
    (last_name, last): (&str, impl Into<Option<NaiveDate>>),
) -> error::Result<()> {
    match (first.into(), last.into()) {
        (Some(first), Some(last)) if last < first => Err(Error::parameter(
            last_name,
            "period.order",
            format!("not before {first_name}"),
            format!("不得早于 {first_name}"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_given_in_order() {
        let day = |day| NaiveDate::from_ymd_opt(2022, 7, day);
        for (first, last) in [(1, 1), (1, 2)] {
            assert!(in_order(("from", day(first)), ("to", day(last))).is_ok());
        }
        assert!(in_order(("from", None::<NaiveDate>), ("to", day(1))).is_ok());
        assert!(in_order(("from", day(1)), ("to", None::<NaiveDate>)).is_ok());
        assert!(in_order(("from", day(2)), ("to", day(1))).is_err());
    }

    #[test]
    fn a_date_is_written_in_one_way() {
        assert_eq!(
            parse("2022-07-05"),
            Ok(NaiveDate::from_ymd_opt(2022, 7, 5).unwrap())
        );
        for other in [
            "2022-7-5",
            " 2022-07-05",
            "2022-07-05 ",
            "+12022-01-01",
            "-2022-01-01",
            "0001-01-01",
            "1899-12-31",
            "2200-01-01",
            "2022-02-30",
            "２０２２-07-05",
            "",
        ] {
            assert_eq!(parse(other), Err(DateError), "{other}");
        }
    }
}
