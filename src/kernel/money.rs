//! Money in whole fen (分, a hundredth of a yuan). All arithmetic is checked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const FEN_PER_YUAN: u64 = 100;

/// An amount in fen.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = i64, example = 12500)]
pub struct Fen(i64);

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

    proptest! {
        #[test]
        fn yuan_keeps_every_fen(fen: i64) {
            let digits: String =
                Fen::new(fen).yuan().chars().filter(|c| !matches!(c, ',' | '.')).collect();
            prop_assert_eq!(digits.parse::<i64>().unwrap(), fen);
        }
    }
}
