//! Instants are UTC microseconds, the precision both databases keep; business dates are calendar
//! dates in Asia/Shanghai, which has kept UTC+8 without daylight saving since 1991.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant, in whole microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const OFFICE_OFFSET_SECONDS: i32 = 8 * 3600;

impl Timestamp {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn micros(self) -> i64 {
        self.0
    }

    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// The date on the office's wall at this instant.
    pub fn office_date(self) -> NaiveDate {
        FixedOffset::east_opt(OFFICE_OFFSET_SECONDS).map_or_else(
            || self.utc().date_naive(),
            |zone| self.utc().with_timezone(&zone).date_naive(),
        )
    }

    /// Midnight of an office date.
    pub fn start_of(date: NaiveDate) -> Self {
        let utc_midnight = Utc.from_utc_datetime(&date.and_time(chrono::NaiveTime::MIN));
        Self(utc_midnight.timestamp_micros() - i64::from(OFFICE_OFFSET_SECONDS) * 1_000_000)
    }

    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp_micros())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_office_day_begins_at_sixteen_hours_utc() {
        let date = NaiveDate::from_ymd_opt(2022, 7, 1).unwrap();
        let midnight = Timestamp::start_of(date);
        assert_eq!(midnight.to_string(), "2022-06-30T16:00:00.000000Z");
        assert_eq!(midnight.office_date(), date);
        assert_eq!(
            Timestamp::from_micros(midnight.micros() - 1).office_date(),
            date.pred_opt().unwrap()
        );
    }
}
