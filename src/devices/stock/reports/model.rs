//! Sums of lots and movements.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::devices::catalog::ItemKey;
use crate::devices::stock::{Lot, StockMovementKind};
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Fen;

/// So many pieces, and what they cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"quantity": 10, "value_fen": 1_180_000}))]
pub struct StockSum {
    pub quantity: i64,
    #[serde(rename = "value_fen")]
    pub value: Fen,
}

fn too_much() -> Error {
    Error::internal("stock beyond counting")
}

impl StockSum {
    /// So many times a number of pieces of one price.
    pub fn of(quantity: i32, price: Fen, times: i64) -> Result<Self> {
        let quantity = i64::from(quantity).checked_mul(times);
        let quantity = quantity.ok_or_else(too_much)?;
        Ok(Self {
            quantity,
            value: price.checked_mul(quantity).ok_or_else(too_much)?,
        })
    }

    pub fn plus(self, other: Self) -> Result<Self> {
        let quantity = self.quantity.checked_add(other.quantity);
        Ok(Self {
            quantity: quantity.ok_or_else(too_much)?,
            value: self.value.checked_add(other.value).ok_or_else(too_much)?,
        })
    }

    pub fn minus(self, other: Self) -> Result<Self> {
        let quantity = self.quantity.checked_sub(other.quantity);
        Ok(Self {
            quantity: quantity.ok_or_else(too_much)?,
            value: self.value.checked_sub(other.value).ok_or_else(too_much)?,
        })
    }
}

/// A lot on a day.
#[derive(Debug)]
pub struct LotAt {
    pub lot: Lot,
    pub quantity: i32,
    pub name_zh: String,
    pub unit: String,
}

/// Pieces of one item and price, so often so many.
#[derive(Debug)]
pub struct Part {
    pub key: ItemKey,
    pub quantity: i32,
    pub price: Fen,
    pub times: i64,
}

/// What was there, what came, what went, what is left. Counter-movements count against their kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    pub opening: StockSum,
    pub received: StockSum,
    pub issued: StockSum,
}

impl Flow {
    pub fn closing(&self) -> Result<StockSum> {
        self.opening.plus(self.received)?.minus(self.issued)
    }

    /// The value that went out, in thousandths of the average of what lay there first and last; nothing where
    /// nothing lay there.
    pub fn turnover_permille(&self) -> Result<Option<i64>> {
        let twice = self.opening.plus(self.closing()?)?.value.get();
        let out = i128::from(self.issued.value.get()) * 2000;
        if twice <= 0 {
            return Ok(None);
        }
        let permille = out / i128::from(twice);
        Ok(Some(i64::try_from(permille).map_err(Error::internal)?))
    }

    fn booked(&mut self, kind: StockMovementKind, sum: StockSum) -> Result<()> {
        if kind.comes_in() {
            self.received = self.received.plus(sum)?;
        } else {
            self.issued = self.issued.minus(sum)?;
        }
        Ok(())
    }
}

/// A period of a warehouse, by item and as a whole.
#[derive(Debug, Default)]
pub struct Turnover {
    pub items: BTreeMap<ItemKey, Flow>,
    /// More than zero came in, less went out.
    pub kinds: BTreeMap<StockMovementKind, StockSum>,
    pub total: Flow,
}

impl Turnover {
    pub fn of(opening: Vec<Part>, moved: Vec<(StockMovementKind, Part)>) -> Result<Self> {
        let mut turnover = Self::default();
        for part in opening {
            let sum = StockSum::of(part.quantity, part.price, part.times)?;
            let item = turnover.items.entry(part.key).or_default();
            item.opening = item.opening.plus(sum)?;
            turnover.total.opening = turnover.total.opening.plus(sum)?;
        }
        for (kind, part) in moved {
            let sum = StockSum::of(part.quantity, part.price, part.times)?;
            let of_kind = turnover.kinds.entry(kind).or_default();
            *of_kind = of_kind.plus(sum)?;
            turnover
                .items
                .entry(part.key)
                .or_default()
                .booked(kind, sum)?;
            turnover.total.booked(kind, sum)?;
        }
        Ok(turnover)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(quantity: i32, price: i64, times: i64) -> Part {
        Part {
            key: ItemKey {
                edition: "2022".parse().unwrap(),
                code: "122203".parse().unwrap(),
            },
            quantity,
            price: Fen::new(price),
            times,
        }
    }

    #[test]
    fn what_is_left_is_what_was_there_and_came_without_what_went() {
        let turnover = Turnover::of(
            vec![part(10, 100, 1)],
            vec![
                (StockMovementKind::Purchase, part(5, 200, 2)),
                (StockMovementKind::Issue, part(-4, 100, 2)),
                // One of these was taken back.
                (StockMovementKind::Issue, part(4, 100, 1)),
            ],
        )
        .unwrap();
        let total = turnover.total;
        assert_eq!((total.received.quantity, total.issued.quantity), (10, 4));
        let closing = total.closing().unwrap();
        assert_eq!((closing.quantity, closing.value), (16, Fen::new(2_600)));
        // 400 of an average of (1000 + 2600) / 2.
        assert_eq!(total.turnover_permille().unwrap(), Some(222));
        assert_eq!(turnover.items.len(), 1);
        assert_eq!(Flow::default().turnover_permille().unwrap(), None);
        assert!(StockSum::of(i32::MAX, Fen::new(i64::MAX), 2).is_err());
    }
}
