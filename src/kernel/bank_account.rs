//! Numbers of bank accounts of the mainland: cards, social-security cards among them, and passbooks.

use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::text::{self, is_invisible};

/// The number of a bank account, digits only.
#[derive(Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, example = "6200000000000012344")]
pub struct BankAccount(String);

/// A text that is no number of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BankAccountError {
    #[error("a bank account has 12 to 19 digits")]
    Format,
    #[error(
        "the bank account was kept as a number and has lost its last digits; enter it again as text"
    )]
    LostDigits,
    #[error("the check digit of the card number does not fit: a digit is mistyped")]
    CheckDigit,
}

impl BankAccountError {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format => "bank_account.format",
            Self::LostDigits => "bank_account.lost_digits",
            Self::CheckDigit => "bank_account.check_digit",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Format => "银行账号应为12至19位数字",
            Self::LostDigits => "银行账号按数字保存，末尾几位已丢失，请以文本格式重新填写",
            Self::CheckDigit => "银行卡号校验位不符，可能有数字填错",
        }
    }
}

/// Passbooks have 12 digits or more, a social-security card has 19.
const SHORTEST: usize = 12;
const LONGEST: usize = 19;
/// The shortest card number that begins as UnionPay's do.
const SHORTEST_CARD: usize = 16;
const UNION_PAY: &str = "62";
/// Digits that a mask leaves.
const SHOWN: usize = 4;

impl BankAccount {
    /// Under this name numbers are indexed wherever they are kept.
    pub const FIELD: &'static str = "bank_account";

    pub fn parse(text: &str) -> Result<Self, BankAccountError> {
        let digits: String = ComposingNormalizerBorrowed::new_nfkc()
            .normalize(text)
            .chars()
            .filter(|one| !one.is_whitespace() && !is_invisible(*one) && !is_dash(*one))
            .collect();
        if is_written_number(&digits) {
            return Err(BankAccountError::LostDigits);
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit())
            || !(SHORTEST..=LONGEST).contains(&digits.len())
        {
            return Err(BankAccountError::Format);
        }
        let is_card = digits.len() >= SHORTEST_CARD && digits.starts_with(UNION_PAY);
        if is_card && !luhn(&digits) {
            return Err(BankAccountError::CheckDigit);
        }
        Ok(Self(digits))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four digits: `****2344`.
    pub fn masked(&self) -> String {
        let hidden = self.0.len().saturating_sub(SHOWN);
        format!("****{}", self.0.get(hidden..).unwrap_or_default())
    }
}

const fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// `6.2E+18`: what a spreadsheet makes of an account it takes for a number.
fn is_written_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.contains(['E', 'e'])
        && text.parse::<f64>().is_ok()
}

/// The check digit of card numbers (ISO/IEC 7812-1, annex B): from the right every second digit counts twice.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|digit| digit.to_digit(10))
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10)
}

impl FromStr for BankAccount {
    type Err = BankAccountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BankAccount({})", self.masked())
    }
}

impl<'de> Deserialize<'de> for BankAccount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, digits) in [
            ("123456789012", "123456789012"),
            ("6200000000000012344", "6200000000000012344"),
            (" 6200 0000 0000 0012 344 ", "6200000000000012344"),
            (
                "６２００－００００－００００－００１２－３４４",
                "6200000000000012344",
            ),
            ("6200—0000–0000−0012\u{200B}344", "6200000000000012344"),
            // Begins otherwise, or is too short for a card: no check digit is asked for.
            ("9901210000000001", "9901210000000001"),
            ("620000000000001", "620000000000001"),
        ] {
            assert_eq!(BankAccount::parse(text).unwrap().as_str(), digits, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "12345678901",
            "12345678901234567890",
            "12345678901X",
            "1234567890.12",
            "一二三四五六七八九十一二",
            "١٢٣٤٥٦٧٨٩٠١٢",
        ] {
            assert_eq!(
                BankAccount::parse(text),
                Err(BankAccountError::Format),
                "{text}"
            );
        }
    }

    #[test]
    fn digits_that_a_spreadsheet_lost_are_missed() {
        for text in ["6.2E+18", "6.20000000000000E+18", "６．２Ｅ＋１８"] {
            let lost = Err(BankAccountError::LostDigits);
            assert_eq!(BankAccount::parse(text), lost, "{text}");
        }
    }

    #[test]
    fn a_mistyped_digit_of_a_card_is_noticed() {
        let right = "6200000000000012344";
        for place in 2..right.len() {
            for digit in '0'..='9' {
                let mut wrong: Vec<char> = right.chars().collect();
                wrong[place] = digit;
                let wrong: String = wrong.into_iter().collect();
                let parsed = BankAccount::parse(&wrong);
                assert_eq!(parsed.is_ok(), wrong == right, "{wrong}");
            }
        }
        for length in 16..=19 {
            let of_length = (0..10).map(|check| format!("62{:0>1$}", check, length - 2));
            let fit = of_length.filter(|number| BankAccount::parse(number).is_ok());
            assert_eq!(fit.count(), 1, "{length}");
        }
    }

    #[test]
    fn neither_mask_nor_debug_shows_the_number() {
        let account = BankAccount::parse("6200000000000012344").unwrap();
        assert_eq!(account.masked(), "****2344");
        assert_eq!(format!("{account:?}"), "BankAccount(****2344)");
    }

    #[test]
    fn json_says_what_is_wrong() {
        let error = serde_json::from_str::<BankAccount>("\"6200000000000012345\"").unwrap_err();
        assert_eq!(error.to_string(), BankAccountError::CheckDigit.to_string());
    }
}
