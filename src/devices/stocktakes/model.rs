//! A count.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::devices::stock::Lot;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{StockLotId, StocktakeId, UserId, WarehouseId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What became of a count.
    pub enum StocktakeState {
        Submitted = "submitted", "待审批";
        Approved = "approved", "已审批";
        Returned = "returned", "已退回";
    }
}

vocabulary! {
    /// How a count is decided.
    pub enum StocktakeAction {
        Approve = "approve", "批准";
        Return = "return", "退回";
    }
}

/// Lots that are counted at once.
const MOST_LINES: usize = 1000;
const MOST: i32 = 1_000_000;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountedLot {
    #[schema(value_type = uuid::Uuid)]
    pub lot_id: StockLotId,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub counted_quantity: i32,
    /// Of what differs from the books: why.
    #[serde(default)]
    #[schema(min_length = 2, max_length = 500)]
    pub explanation: Option<String>,
}

impl CountedLot {
    pub fn explanation(&self) -> Option<&str> {
        let said = self.explanation.as_deref().map(str::trim);
        said.filter(|said| !said.is_empty())
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "warehouse_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "note": "季度盘点",
    "lines": [{"lot_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "counted_quantity": 8, "explanation": "一辆损毁未登记"}]
}))]
pub struct NewStocktake {
    #[schema(value_type = uuid::Uuid)]
    pub warehouse_id: WarehouseId,
    /// Each lot that was counted, once.
    #[schema(min_items = 1, max_items = 1000)]
    pub lines: Vec<CountedLot>,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

impl NewStocktake {
    /// The note, if all can be counted.
    pub fn check(&self) -> Result<Option<String>> {
        let mut errors = Vec::new();
        if !(1..=MOST_LINES).contains(&self.lines.len()) {
            errors.push(FieldError::new(
                "/lines",
                "lines.count",
                "1 to 1000 lots",
                "须为 1 至 1000 批",
            ));
        }
        let mut seen = HashSet::new();
        for (index, line) in self.lines.iter().enumerate() {
            if !seen.insert(line.lot_id) {
                let (en, zh) = ("counted once", "同一库存批不得重复");
                errors.push(FieldError::new(
                    format!("/lines/{index}/lot_id"),
                    "lines.twice",
                    en,
                    zh,
                ));
            }
            if !(0..=MOST).contains(&line.counted_quantity) {
                let (en, zh) = ("0 to 1000000", "须为 0 至 1000000");
                let pointer = format!("/lines/{index}/counted_quantity");
                errors.push(FieldError::new(pointer, "quantity.range", en, zh));
            }
            let length = line.explanation().map(|said| said.chars().count());
            if length.is_some_and(|length| !(2..=500).contains(&length)) {
                let (en, zh) = ("2 to 500 characters", "2 至 500 个字");
                let pointer = format!("/lines/{index}/explanation");
                errors.push(FieldError::new(pointer, "text.length", en, zh));
            }
        }
        let note = self.note.as_deref().map(str::trim);
        let note = note.filter(|note| !note.is_empty()).map(str::to_owned);
        if note.as_ref().is_some_and(|note| note.chars().count() > 500) {
            let (en, zh) = ("up to 500 characters", "不超过 500 个字");
            errors.push(FieldError::new("/note", "text.length", en, zh));
        }
        if errors.is_empty() {
            Ok(note)
        } else {
            Err(Error::fields(errors))
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStocktakeTransition, example = json!({"action": "approve"}))]
pub struct NewStocktakeDecision {
    pub action: StocktakeAction,
    /// Of what is returned: why.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub comment: Option<String>,
}

impl NewStocktakeDecision {
    pub fn check(&self) -> Result<Option<String>> {
        let comment = self.comment.as_deref().map(str::trim);
        let comment = comment.filter(|said| !said.is_empty()).map(str::to_owned);
        let fault = |code, en: &str, zh: &str| Err(Error::field("/comment", code, en, zh));
        match &comment {
            None if self.action == StocktakeAction::Return => {
                fault("field.missing", "why it is returned", "须说明退回原因")
            }
            Some(said) if said.chars().count() > 500 => {
                fault("text.length", "up to 500 characters", "不超过 500 个字")
            }
            _ => Ok(comment),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Stocktake {
    pub id: StocktakeId,
    pub warehouse: WarehouseId,
    pub division: DivisionCode,
    pub counted_by: UserId,
    pub counted_date: NaiveDate,
    pub counted_at: Timestamp,
    pub note: Option<String>,
    pub line_count: i32,
    pub state: StocktakeState,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Timestamp>,
    pub comment: Option<String>,
}

impl Stocktake {
    /// Submitted, then decided.
    pub const fn version(&self) -> i32 {
        match self.state {
            StocktakeState::Submitted => 1,
            StocktakeState::Approved | StocktakeState::Returned => 2,
        }
    }
}

/// A lot as it was counted, beside the books.
#[derive(Debug, Clone)]
pub struct Line {
    pub lot: Lot,
    /// The last movement of the lot by then.
    pub book_movement: i32,
    pub book_quantity: i32,
    pub counted_quantity: i32,
    pub explanation: Option<String>,
}

impl Line {
    pub const fn difference(&self) -> i32 {
        self.counted_quantity - self.book_quantity
    }
}
