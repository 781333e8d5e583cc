//! A proposal about two records, and what may become of it.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{MergeId, ResidentId, UserId};
use crate::kernel::text;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What is proposed.
    pub enum MergeKind {
        Merge = "merge", "合并";
        Split = "split", "拆分";
    }
}

vocabulary! {
    /// Where a proposal stands.
    pub enum MergeState {
        Proposed = "proposed", "待决定";
        Approved = "approved", "已批准";
        Refused = "refused", "未批准";
        Withdrawn = "withdrawn", "已撤回";
    }
}

vocabulary! {
    /// What is done to a proposal.
    pub enum MergeAction {
        Approve = "approve", "批准";
        Refuse = "refuse", "不予批准";
        Withdraw = "withdraw", "撤回";
        /// Proposes to undo an approved merge.
        Split = "split", "提出拆分";
    }
}

/// A merge or a split, from its proposal on.
#[derive(Debug, Clone)]
pub struct Merge {
    pub id: MergeId,
    pub kind: MergeKind,
    pub kept: ResidentId,
    pub duplicate: ResidentId,
    /// Of a split: what it undoes.
    pub undoes: Option<MergeId>,
    pub reason: String,
    pub state: MergeState,
    pub proposed_by: UserId,
    pub proposed_at: Timestamp,
    pub decision: Option<(UserId, Timestamp)>,
    pub comment: Option<String>,
}

/// Who may do what: deciding is for another than who proposed, withdrawing for nobody else.
impl Merge {
    /// The state that a decision leads to.
    pub fn decided(&self, action: MergeAction, by: UserId) -> Result<MergeState> {
        if self.state != MergeState::Proposed {
            return Err(Code::MergeDecided.into());
        }
        let own = by == self.proposed_by;
        match (action, own) {
            (MergeAction::Approve, false) => Ok(MergeState::Approved),
            (MergeAction::Refuse, false) => Ok(MergeState::Refused),
            (MergeAction::Withdraw, true) => Ok(MergeState::Withdrawn),
            (MergeAction::Split, _) => Err(Code::MergeDecided.into()),
            _ => Err(Error::new(Code::MergeSeparation)),
        }
    }

    /// Only a merge that holds can be undone.
    pub fn may_be_split(&self) -> Result<()> {
        match (self.kind, self.state) {
            (MergeKind::Merge, MergeState::Approved) => Ok(()),
            _ => Err(Code::MergeDecided.into()),
        }
    }
}

/// Which record is the duplicate, and how that is known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"duplicate_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "reason": "身份证号登记有误，系同一人"}))]
pub struct NewMerge {
    #[schema(value_type = uuid::Uuid)]
    pub duplicate_id: ResidentId,
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMergeTransition, example = json!({"action": "approve", "comment": "已核对户籍资料"}))]
pub struct Decision {
    pub action: MergeAction,
    /// Why; needed to refuse and to split.
    #[serde(default)]
    #[schema(min_length = 2, max_length = 500)]
    pub comment: Option<String>,
}

impl Decision {
    pub fn comment(&self) -> Result<Option<&str>> {
        let needed = matches!(self.action, MergeAction::Refuse | MergeAction::Split);
        match self.comment.as_deref() {
            None if !needed => Ok(None),
            given => text::reason(given.unwrap_or_default())
                .map(Some)
                .map_err(|error| error.at("/comment")),
        }
    }
}
