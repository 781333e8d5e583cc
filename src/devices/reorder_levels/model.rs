//! A level, beside what is there.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::devices::catalog::{DeviceCode, Edition};
use crate::kernel::error::{Error, Result};

const MOST: i32 = 1_000_000;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"edition": "2022", "code": "122203", "quantity": 5}))]
pub struct NewReorderLevel {
    #[schema(value_type = String)]
    pub edition: Edition,
    #[schema(value_type = String)]
    pub code: DeviceCode,
    /// More is ordered once fewer lie there; 0 ends it.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub quantity: i32,
}

impl NewReorderLevel {
    pub fn check(&self) -> Result<()> {
        if (0..=MOST).contains(&self.quantity) {
            return Ok(());
        }
        let (en, zh) = ("0 to 1000000", "须为 0 至 1000000");
        Err(Error::field("/quantity", "quantity.range", en, zh))
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "edition": "2022", "code": "122203", "name_zh": "手动轮椅车", "unit": "辆", "reorder_quantity": 5, "in_stock": 3, "expected": 10,
    "is_below": true, "revision": 1
}))]
pub struct ReorderLevel {
    #[schema(value_type = String)]
    pub edition: Edition,
    #[schema(value_type = String)]
    pub code: DeviceCode,
    pub name_zh: String,
    pub unit: String,
    pub reorder_quantity: i32,
    /// Of all lots of the item.
    pub in_stock: i64,
    /// Bought or sent, and not received yet.
    pub expected: i64,
    /// Fewer lie there; what is expected may make up for it.
    pub is_below: bool,
    /// The level with the highest number counts.
    pub revision: i32,
}
