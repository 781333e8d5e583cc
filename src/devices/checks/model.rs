//! What was found of a device.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::{DeviceAllocationId, DeviceCheckId, FollowUpId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What somebody who looked found.
    pub enum DeviceCheckResult {
        InUse = "in_use", "正常使用";
        NeedsRepair = "needs_repair", "需维修";
        Unused = "unused", "闲置";
        /// Handed to whoever looked: the allocation's `return` takes it back.
        Returned = "returned", "已交回";
    }
}

const LONGEST_NOTE: usize = 500;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"result": "needs_repair", "note": "左侧刹车失灵"}))]
pub struct NewDeviceCheck {
    pub result: DeviceCheckResult,
    /// Needed where something is to be repaired: what.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

impl NewDeviceCheck {
    pub fn check(&mut self) -> Result<()> {
        let note = self.note.take().map(|note| note.trim().to_owned());
        self.note = note.filter(|note| !note.is_empty());
        let length = self.note.as_ref().map_or(0, |note| note.chars().count());
        let missing = self.result == DeviceCheckResult::NeedsRepair && length == 0;
        if missing || length > LONGEST_NOTE {
            return Err(Error::field(
                "/note",
                "note.length",
                "up to 500 characters; needs_repair needs one",
                "不超过500字；需维修须说明情况",
            ));
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
pub struct DeviceCheck {
    pub id: DeviceCheckId,
    pub follow_up: FollowUpId,
    pub allocation: DeviceAllocationId,
    pub result: DeviceCheckResult,
    pub note: Option<String>,
    pub checked_by: UserId,
    pub checked_at: Timestamp,
}
