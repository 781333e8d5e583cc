//! A key of another system.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::policy::Action;
use crate::kernel::date;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::ApiKeyId;
use crate::kernel::time::Timestamp;

/// Tells a key from an access token.
pub const PREFIX: &str = "hck_";
const LONGEST_NAME: usize = 60;
/// Days that a key holds at the most.
const LONGEST_LIFE: u64 = 366;

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "统计直报", "permits": ["resident.read", "case.read"],
    "valid_to": "2023-07-01", "created_at": "2022-07-04T01:00:00.000000Z", "revoked_at": null
}))]
pub struct ApiKey {
    #[schema(value_type = uuid::Uuid)]
    pub id: ApiKeyId,
    pub name: String,
    pub permits: Vec<Action>,
    /// The first day it no longer holds.
    pub valid_to: NaiveDate,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub revoked_at: Option<Timestamp>,
}

/// A new key with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "统计直报", "permits": ["resident.read", "case.read"],
    "valid_to": "2023-07-01", "created_at": "2022-07-04T01:00:00.000000Z", "revoked_at": null,
    "secret": "hck_q0Zb6nJ0h0fP6S8mR1m2zJ0fBq3m0n7b1m7y5k3Xw1A"
}))]
pub struct IssuedApiKey {
    #[serde(flatten)]
    pub key: ApiKey,
    /// Send it as `Authorization: Bearer …`.
    pub secret: String,
}

impl std::fmt::Debug for IssuedApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedApiKey")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "统计直报", "permits": ["resident.read", "case.read"], "valid_to": "2023-07-01"}))]
pub struct NewApiKey {
    /// Which system it is for.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// What it may do, as far as its account may: names as in `x-permit`. What takes a person
    /// (`case.act`, `user.manage`, `grant.manage`) is not for keys.
    #[schema(min_items = 1, value_type = Vec<Action>)]
    permits: Vec<String>,
    /// The first day it no longer holds: within a year.
    #[serde(deserialize_with = "date::written")]
    valid_to: NaiveDate,
}

#[derive(Debug)]
pub struct CheckedApiKey {
    pub name: String,
    pub permits: Vec<Action>,
    pub valid_to: NaiveDate,
}

impl NewApiKey {
    pub fn check(self, today: NaiveDate) -> Result<CheckedApiKey> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            let (en, zh) = ("1 to 60 characters", "须为 1 至 60 个字符");
            return Err(Error::field("/name", "name.length", en, zh));
        }
        if self.permits.is_empty() {
            let (en, zh) = ("at least one permit", "至少一项权限");
            return Err(Error::field("/permits", "permits.empty", en, zh));
        }
        let mut permits = Vec::new();
        for (place, permit) in self.permits.iter().enumerate() {
            let action = permit
                .parse()
                .ok()
                .filter(|action| !permits.contains(action));
            let Some(action) = action else {
                let (en, zh) = (
                    "not the name of a permit, or named twice",
                    "不是权限名称，或重复",
                );
                return Err(Error::field(
                    format!("/permits/{place}"),
                    "permit.unknown",
                    en,
                    zh,
                ));
            };
            if Action::takes_a_person(action) {
                let (en, zh) = ("this takes a person", "此权限须由本人行使");
                return Err(Error::field(
                    format!("/permits/{place}"),
                    "permit.personal",
                    en,
                    zh,
                ));
            }
            permits.push(action);
        }
        let last = today.checked_add_days(Days::new(LONGEST_LIFE));
        if self.valid_to <= today || last.is_none_or(|last| self.valid_to > last) {
            let (en, zh) = ("after today, within a year", "须晚于今日且在一年之内");
            return Err(Error::field("/valid_to", "valid_to.range", en, zh));
        }
        Ok(CheckedApiKey {
            name: name.to_owned(),
            permits,
            valid_to: self.valid_to,
        })
    }
}
