//! Money in whole fen (分, a hundredth of a yuan). All arithmetic is checked.

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;

use super::text;

const FEN_PER_YUAN: u64 = 100;

/// A text that is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FenError {
    #[error("an amount is written in yuan, such as 1,234.50")]
    Format,
    #[error("an amount has no parts of a fen")]
    PartsOfFen,
    #[error("an amount is at most a trillion yuan")]
    TooLarge,
}

impl FenError {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format => "amount.format",
            Self::PartsOfFen => "amount.parts_of_fen",
            Self::TooLarge => "amount.too_large",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Format => "金额应以元填写，如1,234.50",
            Self::PartsOfFen => "金额最多保留两位小数",
            Self::TooLarge => "金额不得超过一万亿元",
        }
    }
}

/// An amount in fen.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = i64, example = 12500)]
pub struct Fen(i64);

/// A trillion yuan: nobody writes down more, and thousands of such amounts can still be added up.
const MOST_WRITTEN: u64 = 100_000_000_000_000;

impl<'de> Deserialize<'de> for Fen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fen = i64::deserialize(deserializer)?;
        if fen.unsigned_abs() > MOST_WRITTEN {
            return Err(de::Error::custom(FenError::TooLarge));
        }
        Ok(Self(fen))
    }
}

impl Fen {
    pub const ZERO: Self = Self(0);

    pub const fn new(fen: i64) -> Self {
        Self(fen)
    }

    pub const fn get(self) -> i64 {
        self.0
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }

    /// The sum of all, unless it is more than can be counted.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// Reads yuan as people and banks write them: `1234.5`, `1,234.50`, `¥1,234.50`, `1234.50元`.
    /// Zeros after the fen are nothing; anything else there is refused.
    pub fn parse_yuan(text: &str) -> Result<Self, FenError> {
        let text = text::compact(text);
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", text.as_str()),
        };
        let text = text.strip_prefix(['¥', '￥']).unwrap_or(text);
        let text = text.strip_suffix('元').unwrap_or(text);
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let whole = without_commas(whole).ok_or(FenError::Format)?;
        if !is_digits(&whole) || !is_digits(part) {
            return Err(FenError::Format);
        }
        let fen = match part.trim_end_matches('0') {
            part if part.len() > 2 => return Err(FenError::PartsOfFen),
            part => format!("{sign}{whole}{part:0<2}"),
        };
        // Digits alone: what does not fit is too much.
        fen.parse()
            .map(Self)
            .map_err(|_too_many| FenError::TooLarge)
    }

    /// For machines: `1234.50`.
    pub fn decimal(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", fen / FEN_PER_YUAN, fen % FEN_PER_YUAN)
    }

    /// For people: `1,234.50`.
    pub fn yuan(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        let yuan = (fen / FEN_PER_YUAN).to_string();
        let mut grouped = String::with_capacity(yuan.len() + yuan.len() / 3);
        for (place, digit) in yuan.char_indices() {
            if place > 0 && (yuan.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        format!("{sign}{grouped}.{:02}", fen % FEN_PER_YUAN)
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Commas stand before three digits each, or nowhere.
fn without_commas(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let grouped = first.len() < whole.len();
    let fits = !grouped || (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    fits.then(|| whole.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yuan_is_grouped_and_has_two_decimals() {
        for (fen, yuan) in [
            (0, "0.00"),
            (5, "0.05"),
            (-5, "-0.05"),
            (123_450, "1,234.50"),
            (246_730_000, "2,467,300.00"),
            (99_999, "999.99"),
            (i64::MIN, "-92,233,720,368,547,758.08"),
        ] {
            assert_eq!(Fen::new(fen).yuan(), yuan);
        }
    }

    #[test]
    fn nothing_overflows_in_silence() {
        let most = Fen::new(i64::MAX);
        assert_eq!(most.checked_add(Fen::new(1)), None);
        assert_eq!(Fen::new(i64::MIN).checked_sub(Fen::new(1)), None);
        assert_eq!(most.checked_mul(2), None);
        assert_eq!(Fen::sum([most, Fen::new(1)]), None);
        assert_eq!(Fen::sum([Fen::new(1), Fen::new(2)]), Some(Fen::new(3)));
    }

    #[test]
    fn yuan_are_read_as_they_are_written() {
        for (text, fen) in [
            ("0", 0),
            ("1234.5", 123_450),
            ("1,234.50", 123_450),
            (" ￥1,234.50 ", 123_450),
            ("¥80元", 8_000),
            ("１２３．４５", 12_345),
            ("80.5000", 8_050),
            ("-0.05", -5),
        ] {
            assert_eq!(Fen::parse_yuan(text), Ok(Fen::new(fen)), "{text}");
        }
        for text in [
            "", ".", "1.", ".5", "+1", "--1", "1e3", "12,34", "1,2345", ",123", "1 元 2", "八十",
            "1.2.3", "0x1", "NaN", "1.,2",
        ] {
            assert_eq!(Fen::parse_yuan(text), Err(FenError::Format), "{text}");
        }
        assert_eq!(Fen::parse_yuan("12.345"), Err(FenError::PartsOfFen));
        let beyond = "92233720368547758.08";
        assert_eq!(Fen::parse_yuan(beyond), Err(FenError::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(fen: i64) {
            let amount = Fen::new(fen);
            prop_assert_eq!(Fen::parse_yuan(&amount.yuan()), Ok(amount));
            prop_assert_eq!(Fen::parse_yuan(&amount.decimal()), Ok(amount));
        }

        #[test]
        fn yuan_keeps_every_fen(fen: i64) {
            let digits: String =
                Fen::new(fen).yuan().chars().filter(|c| !matches!(c, ',' | '.')).collect();
            prop_assert_eq!(digits.parse::<i64>().unwrap(), fen);
        }
    }
}
