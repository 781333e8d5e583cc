//! Addresses as people write them, and what is the same of two that differ in spaces and marks only.

use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::text::{self, is_invisible};

/// Where somebody lives, in the office's words.
#[derive(Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, example = "丙岭三号镇一号村12号")]
pub struct Address(String);

/// A text that is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address has 1 to 200 characters, letters or digits among them")]
pub struct AddressError;

impl AddressError {
    pub const fn code(self) -> &'static str {
        "address.format"
    }

    pub const fn zh(self) -> &'static str {
        "地址应为1至200个字，且含文字或数字"
    }
}

const LONGEST: usize = 200;
/// Characters that a mask leaves.
const SHOWN: usize = 3;

impl Address {
    /// Under this name addresses are indexed wherever they are kept.
    pub const FIELD: &'static str = "address";

    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let visible: String = text.chars().filter(|one| !is_invisible(*one)).collect();
        let address = Self(visible.trim().to_owned());
        if address.0.chars().count() > LONGEST || address.normalised().is_empty() {
            return Err(AddressError);
        }
        Ok(address)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compatibility forms made one (NFKC), without spaces and punctuation, in lower case.
    pub fn normalised(&self) -> String {
        ComposingNormalizerBorrowed::new_nfkc()
            .normalize(&self.0)
            .chars()
            .filter(|one| one.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    }

    /// The first three characters: `丙岭三****`.
    pub fn masked(&self) -> String {
        let head: String = self.0.chars().take(SHOWN).collect();
        format!("{head}****")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.masked())
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_is_the_same_however_it_is_written() {
        let same = Address::parse("丙岭三号镇一号村12号A座").unwrap();
        for written in [
            " 丙岭三号镇　一号村１２号Ａ座",
            "丙岭三号镇，一号村 12 号（a座）",
            "丙岭三号镇-一号村-12号\u{200B}A座",
        ] {
            let other = Address::parse(written).unwrap();
            assert_eq!(other.normalised(), same.normalised(), "{written}");
        }
        let next_door = Address::parse("丙岭三号镇一号村13号A座").unwrap();
        assert_ne!(next_door.normalised(), same.normalised());
    }

    #[test]
    fn other_texts_are_refused_and_none_is_shown() {
        for text in ["", "  ", "（—）", &"长".repeat(201)] {
            assert_eq!(Address::parse(text), Err(AddressError), "{text}");
        }
        let address = Address::parse("丙岭三号镇一号村12号").unwrap();
        assert_eq!(format!("{address:?}"), "Address(丙岭三****)");
    }
}
