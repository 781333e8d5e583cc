//! What is disclosed, and for which periods.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::error::{Error, Result};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// How long a period is.
    pub enum PeriodLength {
        Month = "month", "月";
        Year = "year", "年";
    }
}

/// A program's money in one period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "program_code": "nursing_subsidy", "program_name_zh": "重度残疾人护理补贴", "program_name_en": "Nursing subsidy",
    "period": "2022", "from_date": "2022-01-01", "to_date": "2022-12-31", "budget_fen": 90000, "due_fen": 66000, "released_fen": 60500,
    "returned_fen": 0, "persons": 12, "offset_fen": 5500, "overpaid_fen": 5500, "refunded_fen": 0, "written_off_fen": 0,
    "entries": "/v1/ledger-entries?program_code=nursing_subsidy&from_date=2022-01-01&to_date=2022-12-31"
}))]
pub struct FinancialDisclosure {
    pub program_code: String,
    pub program_name_zh: String,
    pub program_name_en: String,
    /// `2022` or `2022-07`.
    pub period: String,
    pub from_date: NaiveDate,
    pub to_date: NaiveDate,
    /// Of a year: what may be spent, of all its counties; null for a month.
    pub budget_fen: Option<Fen>,
    /// What became due, less what was reversed.
    pub due_fen: Fen,
    /// What was sent to the bank.
    pub released_fen: Fen,
    /// What the bank sent back.
    pub returned_fen: Fen,
    /// To how many money was released.
    pub persons: i64,
    /// Of overpayments: kept back of what was due, less what was given back with returned payments.
    pub offset_fen: Fen,
    /// What was found to have been paid too much, less what was found to be right after all.
    pub overpaid_fen: Fen,
    pub refunded_fen: Fen,
    pub written_off_fen: Fen,
    /// Where the entries are that these figures sum.
    pub entries: String,
}

/// Periods of one answer.
const MOST: usize = 36;

/// One period: its name, its first and its last day.
pub type Period = (String, NaiveDate, NaiveDate);

/// The periods between two months, both included.
pub fn periods(length: PeriodLength, first: Month, last: Month) -> Result<Vec<Period>> {
    let all: Vec<_> = std::iter::successors(Some(first), |month| Some(month.next()))
        .take_while(|month| *month <= last)
        .take(MOST * 12 + 1)
        .collect();
    let mut periods: Vec<Period> = Vec::new();
    for month in all {
        let name = match length {
            PeriodLength::Month => month.to_string(),
            PeriodLength::Year => month.year().to_string(),
        };
        match periods.last_mut() {
            Some((known, _, end)) if *known == name => *end = month.last_day(),
            _ => periods.push((name, month.first_day(), month.last_day())),
        }
    }
    if periods.is_empty() || periods.len() > MOST {
        return Err(Error::parameter(
            "to_month",
            "financial_disclosure.months",
            "1 to 36 periods, from_month first",
            "1 至 36 个期间，且不早于 from_month",
        ));
    }
    Ok(periods)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn years_are_cut_where_the_months_begin_and_end() {
        let named = |length, first, last| {
            let all = periods(length, month(first), month(last)).unwrap();
            let said = |(name, from, to): Period| format!("{name} {from} {to}");
            all.into_iter().map(said).collect::<Vec<_>>()
        };
        assert_eq!(
            named(PeriodLength::Year, "2022-11", "2023-02"),
            ["2022 2022-11-01 2022-12-31", "2023 2023-01-01 2023-02-28"]
        );
        assert_eq!(
            named(PeriodLength::Month, "2022-12", "2023-01"),
            [
                "2022-12 2022-12-01 2022-12-31",
                "2023-01 2023-01-01 2023-01-31"
            ]
        );
        assert!(periods(PeriodLength::Month, month("2022-02"), month("2022-01")).is_err());
        assert!(periods(PeriodLength::Month, month("2019-01"), month("2022-01")).is_err());
        assert!(periods(PeriodLength::Year, month("1900-01"), month("2199-01")).is_err());
    }
}
