//! Parameters: amounts and limits that change by division and date while the rule that names them
//! stays. A table has a value for each word of each key; a rule runs over the tables in force.

use super::expression::{NO_FACT, NO_NUMBER};
use super::schema::{FACTS, FactId, Kind};

/// The largest value of a parameter, in fen or whatever it counts.
pub const LARGEST: i64 = 10_000_000_000;

/// A parameter as rules name it: `params.<name>[fact]…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    /// The facts whose values choose a row: words and small numbers only.
    pub keys: Vec<FactId>,
}

/// For each parameter its values, row by row; the last key counts fastest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables(Vec<Vec<i64>>);

/// What a key adds to a row.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    lowest: i64,
    size: usize,
}

/// Beyond every table.
pub const NO_ROW: usize = usize::MAX;

impl Span {
    /// The values a fact may have, where they are few enough to be a key.
    pub fn of(fact: FactId) -> Option<Self> {
        let kind = &FACTS.get(fact)?.kind;
        if !matches!(kind, Kind::Word(_) | Kind::Number { .. }) {
            return None;
        }
        let (lowest, highest) = kind.range();
        let size = usize::try_from(highest - lowest + 1).ok()?;
        Some(Self { lowest, size })
    }

    pub fn row(self, row: usize, kept: i32) -> usize {
        let place = usize::try_from(i64::from(kept) - self.lowest).ok();
        match place.filter(|place| kept != NO_FACT && *place < self.size) {
            Some(place) if row != NO_ROW => row * self.size + place,
            _ => NO_ROW,
        }
    }
}

impl Parameter {
    /// Rows of its table.
    pub fn rows(&self) -> usize {
        let sizes = self.keys.iter().filter_map(|key| Span::of(*key));
        sizes.map(|span| span.size).product()
    }
}

impl Tables {
    pub fn new(tables: Vec<Vec<i64>>) -> Self {
        Self(tables)
    }

    pub fn value(&self, parameter: usize, row: usize) -> i64 {
        let table = self.0.get(parameter);
        let value = table.and_then(|table| table.get(row));
        value.copied().unwrap_or(NO_NUMBER)
    }
}
