//! Columns of facts. Nearly every fact is a truth, a word or a small number, and is kept in a byte: a
//! processor compares sixteen of those and more at once, and four times as many are in its cache.

use super::schema::Kind;

/// A value as a column keeps it.
pub trait Kept: Copy + PartialOrd {
    const UNKNOWN: Self;

    /// None where columns of this kind have no such value.
    fn of(value: i64) -> Option<Self>;

    fn number(self) -> i64;

    fn known(self) -> Option<i64> {
        (self != Self::UNKNOWN).then(|| self.number())
    }
}

impl Kept for u8 {
    const UNKNOWN: Self = Self::MAX;

    fn of(value: i64) -> Option<Self> {
        Self::try_from(value)
            .ok()
            .filter(|value| *value != Self::UNKNOWN)
    }

    fn number(self) -> i64 {
        self.into()
    }
}

impl Kept for i32 {
    const UNKNOWN: Self = Self::MIN;

    fn of(value: i64) -> Option<Self> {
        Self::try_from(value)
            .ok()
            .filter(|value| *value != Self::UNKNOWN)
    }

    fn number(self) -> i64 {
        self.into()
    }
}

/// One fact of all people.
#[derive(Debug, Clone)]
pub enum Column {
    Narrow(Vec<u8>),
    Wide(Vec<i32>),
}

/// A part of a column.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    Narrow(&'a [u8]),
    Wide(&'a [i32]),
}

/// Does the same with values of either width.
macro_rules! of_either_width {
    ($values:expr, $name:ident => $done:expr) => {
        match $values {
            $crate::programs::rules::column::Values::Narrow($name) => $done,
            $crate::programs::rules::column::Values::Wide($name) => $done,
        }
    };
}
pub(super) use of_either_width;

impl Column {
    /// For so many people, of whom nothing is known.
    pub fn unknown(kind: &Kind, count: usize) -> Self {
        let (lowest, highest) = kind.range();
        match (u8::of(lowest), u8::of(highest)) {
            (Some(_), Some(_)) => Self::Narrow(vec![u8::UNKNOWN; count]),
            _ => Self::Wide(vec![i32::UNKNOWN; count]),
        }
    }

    pub fn set(&mut self, person: usize, value: Option<i64>) {
        fn set<K: Kept>(column: &mut [K], person: usize, value: Option<i64>) {
            if let Some(kept) = column.get_mut(person) {
                *kept = value.and_then(K::of).unwrap_or(K::UNKNOWN);
            }
        }
        match self {
            Self::Narrow(column) => set(column, person, value),
            Self::Wide(column) => set(column, person, value),
        }
    }

    pub fn get(&self, person: usize) -> Option<i64> {
        match self {
            Self::Narrow(column) => column.get(person).copied().and_then(Kept::known),
            Self::Wide(column) => column.get(person).copied().and_then(Kept::known),
        }
    }

    pub fn part(&self, from: usize, count: usize) -> Option<Values<'_>> {
        Some(match self {
            Self::Narrow(column) => Values::Narrow(column.get(from..from + count)?),
            Self::Wide(column) => Values::Wide(column.get(from..from + count)?),
        })
    }
}
