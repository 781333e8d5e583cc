//! What was found of a renovated home.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::{FollowUpId, RenovationProjectId, RenovationVisitId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What somebody who looked found.
    pub enum RenovationVisitResult {
        InUse = "in_use", "正常使用";
        NeedsRepair = "needs_repair", "需维修";
        Unused = "unused", "未使用";
    }
}

const LONGEST_NOTE: usize = 500;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"follow_up_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e10", "result": "needs_repair", "note": "扶手松动"}))]
pub struct NewRenovationVisit {
    #[schema(value_type = uuid::Uuid)]
    pub follow_up_id: FollowUpId,
    pub result: RenovationVisitResult,
    /// Needed where something is to be repaired: what.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

impl NewRenovationVisit {
    pub fn check(&mut self) -> Result<()> {
        let note = self.note.take().map(|note| note.trim().to_owned());
        self.note = note.filter(|note| !note.is_empty());
        let length = self.note.as_ref().map_or(0, |note| note.chars().count());
        let missing = self.result == RenovationVisitResult::NeedsRepair && length == 0;
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
pub struct RenovationVisit {
    pub id: RenovationVisitId,
    pub follow_up: FollowUpId,
    pub project: RenovationProjectId,
    pub result: RenovationVisitResult,
    pub note: Option<String>,
    pub visited_by: UserId,
    pub visited_at: Timestamp,
}
