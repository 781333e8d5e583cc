//! The citizen ID (公民身份号码, GB 11643): division at issue, birth date, sequence, check digit.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use super::sex::Sex;
use super::text;

const LENGTH: usize = 18;
/// Weights of ISO 7064 MOD 11-2 for the digits before the check digit.
const WEIGHTS: [u32; LENGTH - 1] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_DIGITS: &[u8; 11] = b"10X98765432";
/// Assigned to no province: the fictional people of demonstrations and tests live there.
const FICTIONAL_PROVINCE: &str = "99";

/// Nobody who is alive was born before it.
const OLDEST_YEAR: i32 = 1900;

/// A citizen ID that can exist. The first six digits are the division at issue and never change,
/// so they say nothing of where the person lives today.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CitizenId {
    text: String,
    birth_date: NaiveDate,
    sex: Sex,
}

/// Why a text is no citizen ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CitizenIdError {
    #[error("the citizen ID is missing")]
    Missing,
    #[error(
        "the citizen ID was kept as a number and has lost its last digits; enter it again as text"
    )]
    LostDigits,
    #[error("a citizen ID has 18 characters")]
    Length,
    #[error("a citizen ID has 17 digits and a last digit or X")]
    Characters,
    #[error("a citizen ID begins with the code of a province")]
    Province,
    #[error(
        "the citizen ID holds a birth date that does not exist, lies before 1900 or is still to come"
    )]
    BirthDate,
    #[error("the last digit does not fit the others: some digit of the citizen ID is mistyped")]
    Checksum,
}

impl CitizenIdError {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "id_number.missing",
            Self::LostDigits => "id_number.lost_digits",
            Self::Length => "id_number.length",
            Self::Characters => "id_number.characters",
            Self::Province => "id_number.province",
            Self::BirthDate => "id_number.birth_date",
            Self::Checksum => "id_number.checksum",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Missing => "身份证号为空",
            Self::LostDigits => "身份证号按数字保存，末尾几位已丢失，请以文本格式重新填写",
            Self::Length => "身份证号应为18位",
            Self::Characters => "身份证号应为17位数字加末位数字或X",
            Self::Province => "身份证号前两位不是省级代码",
            Self::BirthDate => "身份证号中的出生日期不存在、早于1900年或晚于今天",
            Self::Checksum => "身份证号校验位不符，可能有数字填错",
        }
    }
}

impl CitizenId {
    /// Reads an ID as people type it. `today` bounds the birth date; `fictional` admits the
    /// province 99 of demonstrations.
    pub fn parse(text: &str, today: NaiveDate, fictional: bool) -> Result<Self, CitizenIdError> {
        let text = text::compact(text).to_ascii_uppercase();
        if text.is_empty() {
            return Err(CitizenIdError::Missing);
        }
        if is_written_number(&text) {
            return Err(CitizenIdError::LostDigits);
        }
        if text.chars().count() != LENGTH {
            return Err(CitizenIdError::Length);
        }
        let digits = digits(&text).ok_or(CitizenIdError::Characters)?;
        if !text
            .get(..2)
            .is_some_and(|code| is_province(code, fictional))
        {
            return Err(CitizenIdError::Province);
        }
        let birth_date = text
            .get(6..14)
            .and_then(|date| NaiveDate::parse_from_str(date, "%Y%m%d").ok())
            .filter(|date| *date <= today && date.year() >= OLDEST_YEAR)
            .ok_or(CitizenIdError::BirthDate)?;
        if text.bytes().next_back() != check_digit(&digits) {
            return Err(CitizenIdError::Checksum);
        }
        let [.., sequence] = digits;
        let sex = if sequence % 2 == 1 {
            Sex::Male
        } else {
            Sex::Female
        };
        Ok(Self {
            text,
            birth_date,
            sex,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub const fn birth_date(&self) -> NaiveDate {
        self.birth_date
    }

    pub const fn sex(&self) -> Sex {
        self.sex
    }

    /// Age in completed years; none before birth.
    pub fn age_on(&self, date: NaiveDate) -> Option<u32> {
        date.years_since(self.birth_date)
    }

    /// Division at issue and the last four characters: `990102********0011`.
    pub fn masked(&self) -> String {
        mask(&self.text)
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenId({})", self.masked())
    }
}

/// Hides birth date and all that tells neighbors apart of 18 ASCII characters.
pub(super) fn mask(id: &str) -> String {
    let (head, tail) = (id.get(..6).unwrap_or(""), id.get(14..LENGTH).unwrap_or(""));
    format!("{head}********{tail}")
}

/// `9.90102E+17` and `990102199003070000.0`: what a spreadsheet makes of an ID it takes for a
/// number.
fn is_written_number(text: &str) -> bool {
    text.contains(['E', '.']) && text.parse::<f64>().is_ok()
}

fn digits(text: &str) -> Option<[u32; LENGTH - 1]> {
    let (check, body) = text.as_bytes().split_last()?;
    if !(check.is_ascii_digit() || *check == b'X') || !body.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let body: [u8; LENGTH - 1] = body.try_into().ok()?;
    Some(body.map(|digit| u32::from(digit - b'0')))
}

fn check_digit(digits: &[u32; LENGTH - 1]) -> Option<u8> {
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    CHECK_DIGITS.get(usize::try_from(sum % 11).ok()?).copied()
}

fn is_province(code: &str, fictional: bool) -> bool {
    match code {
        FICTIONAL_PROVINCE => fictional,
        "11" | "12" | "13" | "14" | "15" | "21" | "22" | "23" | "31" | "32" | "33" | "34"
        | "35" | "36" | "37" | "41" | "42" | "43" | "44" | "45" | "46" | "50" | "51" | "52"
        | "53" | "54" | "61" | "62" | "63" | "64" | "65" | "71" | "81" | "82" | "83" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn parse(text: &str) -> Result<CitizenId, CitizenIdError> {
        CitizenId::parse(text, date("2026-11-24"), true)
    }

    #[test]
    fn known_ids_are_valid_and_tell_the_sex() {
        let ids = [
            ("990102199003070011", Sex::Male),
            ("990103198512310046", Sex::Female),
            ("990121201602290031", Sex::Male),
            ("990122197806150177", Sex::Male),
            ("990123200001010186", Sex::Female),
            ("990124195408200267", Sex::Female),
            ("99010219630917002X", Sex::Female),
            ("990181201211050352", Sex::Male),
            ("990182199911300443", Sex::Female),
            ("990102200704180534", Sex::Male),
            ("11010519491231002X", Sex::Female),
        ];
        for (text, sex) in ids {
            let id = parse(text).unwrap();
            assert_eq!((id.as_str(), id.sex()), (text, sex));
        }
    }

    #[test]
    fn each_fault_has_its_own_name() {
        let faults = [
            ("", CitizenIdError::Missing),
            ("　 ", CitizenIdError::Missing),
            ("9.90102E+17", CitizenIdError::LostDigits),
            ("990102199003070000.0", CitizenIdError::LostDigits),
            ("9901021990030700", CitizenIdError::Length),
            ("99010219900307001A", CitizenIdError::Characters),
            ("9901021990030700X1", CitizenIdError::Characters),
            ("000102199003070011", CitizenIdError::Province),
            ("990102202302290019", CitizenIdError::BirthDate),
            ("990102202702280019", CitizenIdError::BirthDate),
            ("990121180001010014", CitizenIdError::BirthDate),
            ("990102199003070012", CitizenIdError::Checksum),
        ];
        for (text, fault) in faults {
            assert_eq!(parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn fictional_people_exist_only_where_they_are_allowed() {
        let parse = |text| CitizenId::parse(text, date("2026-11-24"), false);
        assert_eq!(parse("990102199003070011"), Err(CitizenIdError::Province));
        assert!(parse("11010519491231002X").is_ok());
    }

    #[test]
    fn typing_habits_are_forgiven() {
        for text in [
            "９９０１０２１９６３０９１７００２Ｘ",
            " 990102 19630917 002x ",
            "'99010219630917002x",
        ] {
            assert_eq!(parse(text).unwrap().as_str(), "99010219630917002X");
        }
    }

    #[test]
    fn age_counts_completed_years() {
        let id = parse("990121201602290031").unwrap();
        assert_eq!(id.birth_date(), date("2016-02-29"));
        assert_eq!(id.age_on(date("2023-02-28")), Some(6));
        assert_eq!(id.age_on(date("2023-03-01")), Some(7));
        assert_eq!(id.age_on(date("2016-02-28")), None);
    }

    #[test]
    fn neither_mask_nor_debug_shows_the_number() {
        let id = parse("990102199003070011").unwrap();
        assert_eq!(id.masked(), "990102********0011");
        assert_eq!(format!("{id:?}"), "CitizenId(990102********0011)");
    }

    proptest! {
        #[test]
        fn any_single_wrong_digit_is_caught(position in 0_usize..17, digit in b'0'..=b'9') {
            let mut text = "990102199003070011".as_bytes().to_vec();
            prop_assume!(text[position] != digit);
            text[position] = digit;
            prop_assert!(parse(std::str::from_utf8(&text).unwrap()).is_err());
        }

        #[test]
        fn any_two_neighbors_swapped_are_caught(position in 0_usize..16) {
            let mut text = "990181201211050352".as_bytes().to_vec();
            prop_assume!(text[position] != text[position + 1]);
            text.swap(position, position + 1);
            prop_assert!(parse(std::str::from_utf8(&text).unwrap()).is_err());
        }

        #[test]
        fn no_text_brings_the_parser_down(text in "\\PC{0,24}") {
            let _ = parse(&text);
        }
    }
}
