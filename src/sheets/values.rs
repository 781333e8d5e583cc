//! What stands in a cell, as whoever filled it in meant it. What a spreadsheet has spoiled is told
//! apart from what was mistyped.

use chrono::{Days, NaiveDate};

use super::read::Cell;
use crate::kernel::bank_account::{BankAccount, BankAccountError};
use crate::kernel::citizen_id::{CitizenId, CitizenIdError};
use crate::kernel::money::{Fen, FenError};
use crate::kernel::text;

/// A number cell holds 15 digits; what follows in a longer one is lost.
const FIRST_INEXACT: f64 = 1e15;
/// Yuan of which a number cell does not hold every fen.
const FIRST_INEXACT_YUAN: f64 = 1e13;
/// Days since the last of 1899 that may be meant as a date: 1954 to 2119. No year is among them.
const SERIALS: std::ops::RangeInclusive<u64> = 20_000..=80_000;
const SERIAL_ZERO: Option<NaiveDate> = NaiveDate::from_ymd_opt(1899, 12, 30);

pub fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.trim().to_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Date(date) => date.to_string(),
    }
}

/// The text, unless it says that there is none.
pub fn optional(cell: &Cell) -> Option<String> {
    let text = text(cell);
    (!matches!(text.as_str(), "" | "无" | "/" | "-" | "—")).then_some(text)
}

/// Whether a cell held more digits than a number keeps.
pub fn has_lost_digits(cell: &Cell) -> bool {
    matches!(cell, Cell::Number(number) if number.abs() >= FIRST_INEXACT)
}

/// `today` bounds the birth date; `fictional` admits the people of demonstrations.
pub fn citizen_id(
    cell: &Cell,
    today: NaiveDate,
    fictional: bool,
) -> Result<CitizenId, CitizenIdError> {
    if has_lost_digits(cell) {
        return Err(CitizenIdError::LostDigits);
    }
    CitizenId::parse(&text(cell), today, fictional)
}

pub fn bank_account(cell: &Cell) -> Result<BankAccount, BankAccountError> {
    if has_lost_digits(cell) {
        return Err(BankAccountError::LostDigits);
    }
    let text = text(cell);
    BankAccount::parse(text.strip_prefix('\'').unwrap_or(&text))
}

/// Yuan. A number is taken to the 15 digits that a spreadsheet shows of it.
pub fn amount(cell: &Cell) -> Result<Fen, FenError> {
    match cell {
        Cell::Number(number) if number.abs() >= FIRST_INEXACT_YUAN => Err(FenError::TooLarge),
        Cell::Number(number) => {
            let shown: f64 = format!("{number:.14e}").parse().unwrap_or(*number);
            Fen::parse_yuan(&shown.to_string())
        }
        _ => Fen::parse_yuan(&text(cell)),
    }
}

/// A date, however a spreadsheet keeps it: as one, as text, as `20220703`, as the number of a day.
pub fn date(cell: &Cell) -> Option<NaiveDate> {
    if let Cell::Date(date) = cell {
        return Some(*date);
    }
    let text = match cell {
        // With a time of day behind the point.
        Cell::Number(number) => number.trunc().to_string(),
        _ => text(cell),
    };
    parse_date(&text).or_else(|| parse_serial(&text))
}

fn parse_serial(text: &str) -> Option<NaiveDate> {
    let days = text::compact(text).parse().ok()?;
    let serial = SERIALS.contains(&days).then_some(days)?;
    SERIAL_ZERO?.checked_add_days(Days::new(serial))
}

/// Reads `2011.1.20`, `2018年2月8日`, `2020-11-21`, `2020/11/21 00:00`, `20201121`.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let text: String = text.chars().map(text::half_width).collect();
    let numbers: Vec<&str> = text
        .split(|character: char| !character.is_ascii_digit())
        .filter(|number| !number.is_empty())
        .collect();
    let (year, month, day) = match numbers.as_slice() {
        [year, month, day, ..] if year.len() == 4 => (*year, *month, *day),
        [date] if date.len() == 8 => (date.get(..4)?, date.get(4..6)?, date.get(6..)?),
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn dates_are_read_as_offices_write_them() {
        let expected = NaiveDate::from_ymd_opt(2018, 2, 8);
        for text in [
            "2018.2.8",
            "2018年2月8日",
            "2018-02-08",
            "2018/2/8",
            "２０１８．２．８",
            "20180208",
            "2018-02-08 00:00:00",
        ] {
            assert_eq!(parse_date(text), expected, "{text}");
            assert_eq!(date(&cell(text)), expected, "{text}");
        }
        for text in ["", "2018", "2018年2月", "18.2.8", "2018-02-30", "not yet"] {
            assert_eq!(parse_date(text), None, "{text}");
            assert_eq!(date(&cell(text)), None, "{text}");
        }
    }

    #[test]
    fn a_spreadsheets_days_are_dates_and_years_are_not() {
        let expected = NaiveDate::from_ymd_opt(2022, 7, 3);
        for number in [44_745.0, 44_745.75, 20_220_703.0] {
            assert_eq!(date(&Cell::Number(number)), expected, "{number}");
        }
        assert_eq!(date(&cell("44745")), expected);
        for number in [2022.0, 202_207.0, 0.0, -44_745.0, 1e300, f64::NAN] {
            assert_eq!(date(&Cell::Number(number)), None, "{number}");
        }
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        for (number, fen) in [
            (0.3, 30),
            (0.1 + 0.2, 30),
            (1_234.56, 123_456),
            (9_999_999_999_999.98, 999_999_999_999_998),
            (-0.05, -5),
        ] {
            assert_eq!(amount(&Cell::Number(number)), Ok(Fen::new(fen)), "{number}");
        }
        for number in [12.345, 0.001, 1e-7] {
            let parts = Err(FenError::PartsOfFen);
            assert_eq!(amount(&Cell::Number(number)), parts, "{number}");
        }
        for number in [1e13, -1e300, f64::INFINITY] {
            assert_eq!(amount(&Cell::Number(number)), Err(FenError::TooLarge));
        }
        assert_eq!(amount(&Cell::Number(f64::NAN)), Err(FenError::Format));
        assert_eq!(amount(&cell("1,234.50")), Ok(Fen::new(123_450)));
        assert_eq!(amount(&Cell::Empty), Err(FenError::Format));
    }

    #[test]
    fn digits_that_were_lost_are_not_taken_for_the_whole() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let number = Cell::Number(990_102_199_003_070_011.0);
        let lost = Err(CitizenIdError::LostDigits);
        assert_eq!(citizen_id(&number, today, true), lost);
        assert_eq!(bank_account(&number), Err(BankAccountError::LostDigits));
        let short = Cell::Number(123_456_789_012.0);
        assert_eq!(bank_account(&short).unwrap().as_str(), "123456789012");
        let apostrophe = cell("'6200000000000012344");
        assert!(bank_account(&apostrophe).is_ok());
    }
}
