//! A flag.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::{PaymentBatchId, PaymentFlagId, PaymentId, UserId};
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What speaks against a payment.
    pub enum PaymentFlagKind {
        /// Somebody else, of another household, is paid there.
        SameAccount = "same_account", "与他人账户相同";
        /// The account is in the name of nobody who is known to live with the person or to be their guardian.
        PayeeOther = "payee_other", "收款人非本人且关系不明";
        /// Another program of the same exclusive group is due for the same month.
        ExclusiveElsewhere = "exclusive_elsewhere", "同期享受互斥项目";
    }
}

/// What a flag is about, without names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PaymentFlagDetails)]
pub struct FlagDetails {
    /// How many others are paid there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub others: Option<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub program_codes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, value_type = Vec<String>)]
    pub months: Vec<Month>,
    /// Of the counties where that is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub county_codes: Vec<String>,
}

/// What was found of a payment.
#[derive(Debug, Clone)]
pub struct Found {
    pub payment: PaymentId,
    pub kind: PaymentFlagKind,
    pub details: FlagDetails,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PaymentFlag, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "batch_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "payment_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "kind": "same_account", "details": {"others": 1},
    "found_at": "2022-07-20T01:00:00.000000Z", "cleared_at": null, "cleared_by": null, "reason": null
}))]
pub struct Flag {
    #[schema(value_type = uuid::Uuid)]
    pub id: PaymentFlagId,
    #[schema(value_type = uuid::Uuid)]
    pub batch_id: PaymentBatchId,
    #[schema(value_type = uuid::Uuid)]
    pub payment_id: PaymentId,
    pub kind: PaymentFlagKind,
    pub details: FlagDetails,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub found_at: Timestamp,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub cleared_at: Option<Timestamp>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub cleared_by: Option<UserId>,
    /// Why it does not count.
    pub reason: Option<String>,
}

/// Why a flag does not count.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "同一监护人名下两名残疾人，已核对户口簿"}))]
pub struct NewClearance {
    #[schema(min_length = 5, max_length = 500)]
    pub reason: String,
}

const SHORTEST: usize = 5;
const LONGEST: usize = 500;

impl NewClearance {
    pub fn check(&self) -> Result<&str> {
        let reason = self.reason.trim();
        if (SHORTEST..=LONGEST).contains(&reason.chars().count()) {
            return Ok(reason);
        }
        Err(Error::field(
            "/reason",
            "reason.length",
            "5 to 500 characters",
            "5 至 500 个字",
        ))
    }
}
