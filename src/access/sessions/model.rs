//! How long things last, and how long a guesser waits.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::id::SessionId;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

pub const ACCESS_LIFETIME: Duration = Duration::from_mins(10);
/// A refresh token not used for so long has ended.
pub const REFRESH_LIFETIME: Duration = Duration::from_hours(12);
/// However busy: sign in again after so long.
pub const SESSION_LIFETIME: Duration = Duration::from_hours(7 * 24);
/// Failures older than this are forgotten.
pub const FORGET_AFTER: Duration = Duration::from_hours(1);
pub const LONGEST_DELAY: Duration = Duration::from_mins(15);

vocabulary! {
    /// Why a session ended.
    pub enum EndReason {
        Logout = "logout", "退出";
        Revoked = "revoked", "本人终止";
        PasswordChanged = "password_changed", "密码修改";
        RefreshReused = "refresh_reused", "刷新令牌被重复使用";
        PasswordReset = "password_reset", "密码重置";
        Disabled = "disabled", "账号停用";
    }
}

/// A sign-in that still holds, as its owner sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "created_at": "2022-07-04T01:00:00.000000Z",
    "expires_at": "2022-07-11T01:00:00.000000Z", "address": "10.0.3.17", "client": "Mozilla/5.0", "current": true
}))]
pub struct Session {
    #[schema(value_type = uuid::Uuid)]
    pub id: SessionId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    /// However busy, it ends then.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub expires_at: Timestamp,
    /// Where it was signed in from, and with what.
    pub address: Option<String>,
    pub client: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// After how many failures in a row a subject has to wait.
#[derive(Debug, Clone, Copy)]
pub struct LoginPolicy {
    pub account_failures: i32,
    /// Many people share an office's address.
    pub address_failures: i32,
    /// How long who somebody is and what they may do is remembered, for looks.
    pub remembered: Duration,
}

impl Default for LoginPolicy {
    fn default() -> Self {
        Self {
            account_failures: 5,
            address_failures: 50,
            remembered: Duration::from_secs(2),
        }
    }
}

/// How long after its last failure a subject waits: nothing at first, then 2 s, 4 s, 8 s …
pub fn delay(failures: i32, free: i32) -> Duration {
    match u32::try_from(failures - free) {
        Ok(over) => 2_u64
            .checked_pow(over + 1)
            .map_or(LONGEST_DELAY, Duration::from_secs)
            .min(LONGEST_DELAY),
        Err(_below) => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_gets_slower_and_never_stops_being_possible() {
        assert_eq!(delay(4, 5), Duration::ZERO);
        assert_eq!(delay(5, 5), Duration::from_secs(2));
        assert_eq!(delay(8, 5), Duration::from_secs(16));
        assert_eq!(delay(500, 5), Duration::from_mins(15));
    }
}
