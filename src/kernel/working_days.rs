//! Working days: weekdays without public holidays, and the weekends worked in exchange.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};

use super::vocabulary::vocabulary;

vocabulary! {
    /// Why a day is not what its weekday says (节假日安排).
    pub enum DayKind {
        Holiday = "holiday", "放假";
        MakeupWorkday = "makeup_workday", "调休上班";
    }
}

/// The office's calendar, made of the days that differ from the weekly rule.
#[derive(Debug, Clone, Default)]
pub struct WorkingDays {
    exceptions: BTreeMap<NaiveDate, DayKind>,
    years: BTreeSet<i32>,
}

impl FromIterator<(NaiveDate, DayKind)> for WorkingDays {
    fn from_iter<I: IntoIterator<Item = (NaiveDate, DayKind)>>(days: I) -> Self {
        let exceptions = BTreeMap::from_iter(days);
        let years = exceptions.keys().map(Datelike::year).collect();
        Self { exceptions, years }
    }
}

impl WorkingDays {
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        match self.exceptions.get(&date) {
            Some(DayKind::Holiday) => false,
            Some(DayKind::MakeupWorkday) => true,
            None => !matches!(date.weekday(), Weekday::Sat | Weekday::Sun),
        }
    }

    /// Whether the holidays of that year are known; otherwise only weekends are.
    pub fn covers(&self, date: NaiveDate) -> bool {
        self.years.contains(&date.year())
    }

    /// The `count`-th working day after `date`; `date` itself for none.
    pub fn after(&self, date: NaiveDate, count: usize) -> NaiveDate {
        let Some(earlier) = count.checked_sub(1) else {
            return date;
        };
        date.iter_days()
            .skip(1)
            .filter(|day| self.is_working_day(*day))
            .nth(earlier)
            .unwrap_or(NaiveDate::MAX)
    }

    /// How many working days have passed after `date` by the end of `until`.
    pub fn passed(&self, date: NaiveDate, until: NaiveDate) -> usize {
        date.iter_days()
            .skip(1)
            .take_while(|day| *day <= until)
            .filter(|day| self.is_working_day(*day))
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn calendar() -> WorkingDays {
        include_str!("../../data/calendar-days.csv")
            .lines()
            .skip(1)
            .map(|line| {
                let mut fields = line.split(',');
                let date = date(fields.next().unwrap());
                (date, fields.next().unwrap().parse().unwrap())
            })
            .collect()
    }

    #[test]
    fn national_day_is_rest_and_the_weekend_before_is_work() {
        let calendar = calendar();
        assert!(!calendar.is_working_day(date("2022-10-03")));
        assert!(calendar.is_working_day(date("2022-10-08")));
        assert!(!calendar.is_working_day(date("2022-10-15")));
        assert!(calendar.is_working_day(date("2022-10-14")));
    }

    #[test]
    fn limits_run_over_holidays() {
        let calendar = calendar();
        assert_eq!(calendar.after(date("2022-09-30"), 1), date("2022-10-08"));
        assert_eq!(calendar.after(date("2022-09-30"), 3), date("2022-10-10"));
        assert_eq!(calendar.after(date("2022-10-01"), 0), date("2022-10-01"));
    }

    #[test]
    fn what_passed_is_what_comes_after_turned_round() {
        let calendar = calendar();
        let (friday, saturday) = (date("2022-09-30"), date("2022-10-08"));
        assert_eq!(calendar.passed(friday, friday), 0);
        assert_eq!(calendar.passed(friday, date("2022-10-07")), 0);
        assert_eq!(calendar.passed(friday, saturday), 1);
        assert_eq!(calendar.passed(friday, date("2022-10-10")), 3);
        assert_eq!(calendar.passed(saturday, friday), 0);
    }

    #[test]
    fn a_year_without_rows_is_not_covered() {
        let calendar = calendar();
        assert!(calendar.covers(date("2016-07-01")));
        assert!(!calendar.covers(date("2015-12-31")));
        assert_eq!(
            WorkingDays::default().after(date("2015-07-03"), 1),
            date("2015-07-06")
        );
    }
}
