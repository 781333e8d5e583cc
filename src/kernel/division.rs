//! Administrative divisions (GB/T 2260 and the statistical codes beneath it): 2 + 2 + 2 + 3 + 3
//! digits, each level the prefix of those under it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::text;
use super::vocabulary::vocabulary;

const LENGTH: usize = 12;

vocabulary! {
    /// Level of a division (区划级别), the highest first.
    pub enum DivisionLevel {
        Province = "province", "省";
        City = "city", "市";
        County = "county", "县";
        Township = "township", "乡镇";
        Village = "village", "村";
    }
}

impl DivisionLevel {
    /// How many digits of a code belong to this level and those above.
    const fn digits(self) -> usize {
        match self {
            Self::Province => 2,
            Self::City => 4,
            Self::County => 6,
            Self::Township => 9,
            Self::Village => LENGTH,
        }
    }
}

/// The 12-digit code of a division. Codes sort so that a division stands right before all that
/// lies beneath it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, example = "990121000000")]
pub struct DivisionCode([u8; LENGTH]);

/// A text that is no division code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a division code has 2, 4, 6, 9 or 12 digits and does not begin with 00")]
pub struct DivisionCodeError;

impl DivisionCodeError {
    pub const fn code(self) -> &'static str {
        "division.format"
    }

    pub const fn zh(self) -> &'static str {
        "区划代码应为2、4、6、9或12位数字，且不以00开头"
    }
}

impl DivisionCode {
    /// Reads a code; one of a higher level may leave out the zeros at its end.
    pub fn parse(text: &str) -> Result<Self, DivisionCodeError> {
        let digits = text.as_bytes();
        let known_length = DivisionLevel::ALL
            .iter()
            .any(|level| level.digits() == digits.len());
        if !known_length || !digits.iter().all(u8::is_ascii_digit) || digits.starts_with(b"00") {
            return Err(DivisionCodeError);
        }
        Ok(Self::filled(digits, b'0'))
    }

    fn filled(digits: &[u8], fill: u8) -> Self {
        let mut code = [fill; LENGTH];
        for (place, digit) in code.iter_mut().zip(digits) {
            *place = *digit;
        }
        Self(code)
    }

    fn prefix(&self, level: DivisionLevel) -> &[u8] {
        self.0.get(..level.digits()).unwrap_or(&self.0)
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub fn level(self) -> DivisionLevel {
        DivisionLevel::ALL
            .iter()
            .copied()
            .find(|level| Self::filled(self.prefix(*level), b'0') == self)
            .unwrap_or(DivisionLevel::Village)
    }

    /// The division this one lies in; none above a province.
    pub fn parent(self) -> Option<Self> {
        let level = self.level();
        let above = DivisionLevel::ALL
            .iter()
            .rev()
            .find(|above| **above < level)?;
        Some(Self::filled(self.prefix(*above), b'0'))
    }

    /// The county it lies in or is. A city without counties stands for its own.
    pub fn county(self) -> Option<Self> {
        (self.level() >= DivisionLevel::County)
            .then(|| Self::filled(self.prefix(DivisionLevel::County), b'0'))
    }

    /// The beginning of all codes in it, as a pattern of SQL.
    pub fn prefix_pattern(self) -> String {
        let digits: String = self.as_str().chars().take(self.level().digits()).collect();
        digits + "%"
    }

    /// The six digits of its county.
    pub fn county_digits(self) -> String {
        self.as_str()
            .chars()
            .take(DivisionLevel::County.digits())
            .collect()
    }

    /// A range that holds no code.
    pub const NOWHERE: (Self, Self) = (Self([b'9'; LENGTH]), Self([b'0'; LENGTH]));

    /// The lowest and the highest code of the division and all beneath it.
    pub fn range(self) -> (Self, Self) {
        (self, Self::filled(self.prefix(self.level()), b'9'))
    }

    /// Whether `other` is this division or lies in it.
    pub fn contains(self, other: Self) -> bool {
        let (lowest, highest) = self.range();
        (lowest..=highest).contains(&other)
    }
}

impl FromStr for DivisionCode {
    type Err = DivisionCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DivisionCode({self})")
    }
}

impl Serialize for DivisionCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DivisionCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> DivisionCode {
        text.parse().unwrap()
    }

    #[test]
    fn short_codes_are_padded() {
        assert_eq!(code("990121").as_str(), "990121000000");
        assert_eq!(code("99"), code("990000000000"));
        for text in [
            "",
            "9",
            "99012",
            "99012100000",
            "9901210000000",
            "9901２1",
            "99012x",
            "000000",
        ] {
            assert_eq!(DivisionCode::parse(text), Err(DivisionCodeError), "{text}");
        }
    }

    #[test]
    fn a_village_leads_up_to_its_province() {
        let chain: Vec<_> = std::iter::successors(Some(code("990121003007")), |at| at.parent())
            .map(|at| (at.level(), at.to_string()))
            .collect();
        let expected = [
            (DivisionLevel::Village, "990121003007"),
            (DivisionLevel::Township, "990121003000"),
            (DivisionLevel::County, "990121000000"),
            (DivisionLevel::City, "990100000000"),
            (DivisionLevel::Province, "990000000000"),
        ];
        assert_eq!(
            chain,
            expected.map(|(level, text)| (level, text.to_owned()))
        );
    }

    #[test]
    fn the_range_of_a_county_ends_before_the_next() {
        assert_eq!(
            code("990121").range(),
            (code("990121000000"), code("990121999999"))
        );
        assert_eq!(
            code("990121003007").range(),
            (code("990121003007"), code("990121003007"))
        );
        assert!(code("990121").contains(code("990121003007")));
        assert!(!code("990121").contains(code("990122000000")));
        assert!(!code("990121003").contains(code("990121")));
    }

    #[test]
    fn only_what_lies_in_a_county_has_one() {
        assert_eq!(code("990121003007").county(), Some(code("990121")));
        assert_eq!(code("990121").county(), Some(code("990121")));
        assert_eq!(code("9901").county(), None);
    }

    proptest! {
        #[test]
        fn every_division_lies_in_its_parent(text in "[1-9][0-9]{11}") {
            let division = code(&text);
            if let Some(parent) = division.parent() {
                prop_assert!(parent.contains(division));
                prop_assert!(parent.level() < division.level());
                prop_assert!(!division.contains(parent));
            }
        }

        #[test]
        fn text_and_code_are_one(text in "[1-9][0-9]{11}") {
            prop_assert_eq!(code(&text).to_string(), text);
        }
    }
}
