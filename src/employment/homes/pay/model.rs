//! A pay sheet.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::division::DivisionCode;
use crate::kernel::id::{DisabilityHomeId, HomeMemberId, HomePaySheetId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    pub enum PaySheetState {
        Made = "made", "待审核";
        Confirmed = "confirmed", "已审核";
        Discarded = "discarded", "已作废";
    }
}

vocabulary! {
    pub enum PaySheetOutcome {
        Confirm = "confirm", "审核通过";
        Discard = "discard", "作废";
    }
}

/// Of which month.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHomePaySheet, example = json!({"month": "2022-06"}))]
pub struct NewPaySheet {
    /// One that has ended.
    #[schema(value_type = String)]
    pub month: Month,
}

/// What is said of a sheet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HomePaySheetDecision, example = json!({"outcome": "confirm"}))]
pub struct PaySheetDecision {
    pub outcome: PaySheetOutcome,
    /// Needed to discard.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

/// What one member earned.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HomePayItem, example = json!({"member_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e14", "days": 20, "daily_pay_fen": 3_000, "amount_fen": 60_000}))]
pub struct PayItem {
    #[schema(value_type = uuid::Uuid)]
    pub member_id: HomeMemberId,
    pub days: i32,
    pub daily_pay_fen: Fen,
    pub amount_fen: Fen,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HomePaySheet, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e15", "home_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e13", "month": "2022-06", "state": "made",
    "member_count": 1, "total_fen": 60_000,
    "items": [{"member_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e14", "days": 20, "daily_pay_fen": 3_000, "amount_fen": 60_000}],
    "made_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "made_at": "2022-07-04T01:00:00.000000Z", "decided_by": null, "decided_at": null,
    "comment": null, "version": 1
}))]
pub struct PaySheet {
    #[schema(value_type = uuid::Uuid)]
    pub id: HomePaySheetId,
    #[schema(value_type = uuid::Uuid)]
    pub home_id: DisabilityHomeId,
    #[serde(skip)]
    pub division_code: Option<DivisionCode>,
    #[schema(value_type = String)]
    pub month: Month,
    pub state: PaySheetState,
    pub member_count: i32,
    pub total_fen: Fen,
    pub items: Vec<PayItem>,
    #[schema(value_type = uuid::Uuid)]
    pub made_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub made_at: Timestamp,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub decided_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub decided_at: Option<Timestamp>,
    pub comment: Option<String>,
    pub version: i32,
}
