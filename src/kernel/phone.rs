//! Telephone numbers of the mainland: mobile, or landline with its area code.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::text;

/// A telephone number, digits only, as dialled within the country.
#[derive(Clone, PartialEq, Eq, Hash, ToSchema)]
#[schema(value_type = String, example = "12000001234")]
pub struct Phone(String);

/// A text that is no telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a phone number is a mobile number of 11 digits or a landline with its area code")]
pub struct PhoneError;

impl PhoneError {
    pub const fn code(self) -> &'static str {
        "phone.format"
    }

    pub const fn zh(self) -> &'static str {
        "电话应为11位手机号或带区号的固定电话"
    }
}

impl Phone {
    /// Under this name numbers are indexed wherever they are kept, so that the same one is found to be
    /// the same.
    pub const FIELD: &'static str = "phone";

    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let text = text::compact(text);
        let (national, international) = match text.strip_prefix("+86") {
            Some(rest) => (rest, true),
            None => (text.as_str(), false),
        };
        let digits: String = national
            .chars()
            .filter(|character| !matches!(character, '-' | '(' | ')' | '—' | '–'))
            .collect();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PhoneError);
        }
        if is_mobile(&digits) || is_landline(&digits) {
            return Ok(Self(digits));
        }
        let with_trunk_prefix = format!("0{digits}");
        if international && is_landline(&with_trunk_prefix) {
            return Ok(Self(with_trunk_prefix));
        }
        Err(PhoneError)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first three and the last four digits: `120****1234`.
    pub fn masked(&self) -> String {
        let hidden = self.0.len().saturating_sub(7);
        let head = self.0.get(..3).unwrap_or_default();
        let tail = self.0.get(3 + hidden..).unwrap_or_default();
        format!("{head}{}{tail}", "*".repeat(hidden))
    }
}

fn is_mobile(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1')
}

/// `010` and `02x` are the area codes of three digits, all others have four. A local number has
/// seven or eight digits and begins with 2 to 9.
fn is_landline(digits: &str) -> bool {
    let area = match digits.as_bytes() {
        [b'0', b'1' | b'2', ..] => 3,
        [b'0', b'3'..=b'9', ..] => 4,
        _ => return false,
    };
    digits.get(area..).is_some_and(|local| {
        matches!(local.len(), 7 | 8) && local.starts_with(|first| ('2'..='9').contains(&first))
    })
}

impl FromStr for Phone {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

impl<'de> Deserialize<'de> for Phone {
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
            ("12000001234", "12000001234"),
            ("+86 120 0000 1234", "12000001234"),
            ("１２０００００１２３４", "12000001234"),
            ("0570-3021234", "05703021234"),
            ("（010）65001234", "01065001234"),
            ("+86 10 6500 1234", "01065001234"),
            ("+86 0571-87001234", "057187001234"),
        ] {
            assert_eq!(Phone::parse(text).unwrap().as_str(), digits, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "120000021",
            "3021234",
            "0570-0021234",
            "1200000123a",
            "220000012345",
        ] {
            assert_eq!(Phone::parse(text), Err(PhoneError), "{text}");
        }
    }

    #[test]
    fn neither_mask_nor_debug_shows_the_number() {
        let phone = Phone::parse("12000001234").unwrap();
        assert_eq!(phone.masked(), "120****1234");
        assert_eq!(format!("{phone:?}"), "Phone(120****1234)");
        assert_eq!(
            Phone::parse("010-65001234").unwrap().masked(),
            "010****1234"
        );
    }

    #[test]
    fn json_says_what_is_wrong() {
        let error = serde_json::from_str::<Phone>("\"123\"").unwrap_err();
        assert_eq!(error.to_string(), PhoneError.to_string());
    }
}
