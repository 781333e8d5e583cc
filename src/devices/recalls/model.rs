//! A batch that is called back.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::devices::catalog::{DeviceCode, Edition, ItemKey};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{DeviceRecallId, UserId};
use crate::kernel::time::Timestamp;

/// Within so many days a piece that is called back is fetched.
pub const FETCHED_WITHIN_DAYS: u64 = 7;

const LONGEST_BATCH: usize = 100;

/// A batch that a list is asked for.
pub fn asked_batch(batch: Option<String>) -> Result<Option<String>> {
    let length = batch.as_ref().map_or(0, |batch| batch.chars().count());
    if length <= LONGEST_BATCH {
        return Ok(batch);
    }
    let (en, zh) = ("up to 100 characters", "不超过 100 个字");
    Err(Error::parameter("batch_number", "text.length", en, zh))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDeviceRecall, example = json!({
    "edition": "2022", "code": "122203", "batch_number": "20220301", "reason": "前轮轴承有断裂风险，厂家召回"
}))]
pub struct NewRecall {
    #[schema(value_type = String)]
    pub edition: Edition,
    #[schema(value_type = String)]
    pub code: DeviceCode,
    #[schema(min_length = 1, max_length = 100)]
    pub batch_number: String,
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

impl NewRecall {
    pub fn item(&self) -> ItemKey {
        ItemKey {
            edition: self.edition.clone(),
            code: self.code.clone(),
        }
    }

    pub fn check(&mut self) -> Result<()> {
        self.batch_number = self.batch_number.trim().to_owned();
        self.reason = self.reason.trim().to_owned();
        let mut wrong = Vec::new();
        if !(1..=LONGEST_BATCH).contains(&self.batch_number.chars().count()) {
            let (en, zh) = ("1 to 100 characters", "1 至 100 个字");
            wrong.push(FieldError::new("/batch_number", "text.length", en, zh));
        }
        if !(2..=500).contains(&self.reason.chars().count()) {
            let (en, zh) = ("2 to 500 characters", "2 至 500 个字");
            wrong.push(FieldError::new("/reason", "text.length", en, zh));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Error::fields(wrong))
        }
    }
}

#[derive(Debug, Clone)]
pub struct Recall {
    pub id: DeviceRecallId,
    pub item: ItemKey,
    pub batch_number: String,
    pub reason: String,
    /// For which place.
    pub division_code: DivisionCode,
    pub recalled_by: UserId,
    pub recalled_at: Timestamp,
}
