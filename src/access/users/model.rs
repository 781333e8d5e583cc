//! An account and a grant.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use crate::access::policy::Role;
use crate::kernel::address::Address;
use crate::kernel::bank_account::BankAccount;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{self, Error, FieldError};
use crate::kernel::id::{GrantId, OrganizationId, UserId};
use crate::kernel::patch::{self, Patch};
use crate::kernel::phone::Phone;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// Whether an account may sign in.
    pub enum UserState {
        Active = "active", "启用";
        Disabled = "disabled", "停用";
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "username": "township.990121103", "display_name": "丙岭三号镇 经办人",
    "state": "active", "phone_masked": "120****1234", "address_masked": "丙岭三****", "bank_account_masked": "****2344", "version": 1,
    "created_at": "2022-01-05T01:00:00.000000Z", "updated_at": "2022-01-05T01:00:00.000000Z"
}))]
pub struct User {
    #[schema(value_type = uuid::Uuid)]
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub state: UserState,
    /// Where the office reaches them; who has a resident's number takes no step of their cases.
    #[serde(rename = "phone_masked", serialize_with = "masked_phone")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Phone>,
    /// Where they live; who lives where a resident does takes no step of their cases either.
    #[serde(rename = "address_masked", serialize_with = "masked_address")]
    #[schema(value_type = Option<String>)]
    pub address: Option<Address>,
    /// Where they are paid; nor does who is paid where a resident is.
    #[serde(rename = "bank_account_masked", serialize_with = "masked_bank_account")]
    #[schema(value_type = Option<String>)]
    pub bank_account: Option<BankAccount>,
    pub version: i32,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: Timestamp,
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn masked_phone<S: Serializer>(phone: &Option<Phone>, serializer: S) -> Result<S::Ok, S::Error> {
    phone.as_ref().map(Phone::masked).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn masked_address<S: Serializer>(
    address: &Option<Address>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    address.as_ref().map(Address::masked).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn masked_bank_account<S: Serializer>(
    account: &Option<BankAccount>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    account
        .as_ref()
        .map(BankAccount::masked)
        .serialize(serializer)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "township3.990121103", "display_name": "丙岭三号镇 王某", "password": "a long and private sentence"}))]
pub struct NewUser {
    #[schema(min_length = 3, max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$")]
    pub username: String,
    #[schema(min_length = 1, max_length = 100)]
    pub display_name: String,
    /// At least 10 characters, and not easy to guess from the names.
    #[schema(min_length = 10, max_length = 200)]
    pub password: String,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// A merge patch: what is left out stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"state": "disabled"}))]
pub struct UserPatch {
    #[serde(default, deserialize_with = "patch::stated")]
    #[schema(nullable = false, min_length = 1, max_length = 100)]
    pub display_name: Option<String>,
    /// A disabled account cannot sign in; its sessions end at once.
    #[serde(default, deserialize_with = "patch::stated")]
    #[schema(nullable = false)]
    pub state: Option<UserState>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Patch<Phone>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub address: Patch<Address>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub bank_account: Patch<BankAccount>,
}

/// What people change of their own account: a merge patch. None is taken away, for that would lift a
/// recusal; the system administrator may.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "12000005678"}))]
pub struct MePatch {
    #[serde(default)]
    #[schema(value_type = String, nullable = false)]
    pub phone: Patch<Phone>,
    #[serde(default)]
    #[schema(value_type = String, nullable = false)]
    pub address: Patch<Address>,
    #[serde(default)]
    #[schema(value_type = String, nullable = false)]
    pub bank_account: Patch<BankAccount>,
}

impl MePatch {
    pub fn check(&self) -> error::Result<()> {
        let cleared = [
            ("/phone", self.phone == Patch::Clear),
            ("/address", self.address == Patch::Clear),
            ("/bank_account", self.bank_account == Patch::Clear),
        ];
        let kept: Vec<_> = cleared
            .into_iter()
            .filter(|(_, cleared)| *cleared)
            .map(|(pointer, _)| {
                FieldError::new(
                    pointer,
                    "field.kept",
                    "replace it; only the system administrator takes it away",
                    "可更换，不可清空；清空须由系统管理员办理",
                )
            })
            .collect();
        if kept.is_empty() {
            return Ok(());
        }
        Err(Error::fields(kept))
    }
}

/// A role at an organization, from one day until before another.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "role": "township_caseworker",
    "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "division_code": "990121103000",
    "valid_from": "2022-01-01", "valid_to": null, "revoked_at": null
}))]
pub struct Grant {
    #[schema(value_type = uuid::Uuid)]
    pub id: GrantId,
    pub role: Role,
    #[schema(value_type = uuid::Uuid)]
    pub organization_id: OrganizationId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub valid_from: NaiveDate,
    /// The first day it no longer holds.
    pub valid_to: Option<NaiveDate>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub revoked_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "role": "township_caseworker", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "valid_from": "2022-01-01"
}))]
pub struct NewGrant {
    pub role: Role,
    #[schema(value_type = uuid::Uuid)]
    pub organization_id: OrganizationId,
    /// Today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_from: Option<NaiveDate>,
    /// The first day it no longer holds; open, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_to: Option<NaiveDate>,
}

const SHORTEST_USERNAME: usize = 3;
const LONGEST_USERNAME: usize = 64;
const LONGEST_NAME: usize = 100;

/// User names are typed by people and printed in records: plain letters, nothing to mix up.
pub fn check_username(username: &str) -> error::Result<()> {
    let fits = (SHORTEST_USERNAME..=LONGEST_USERNAME).contains(&username.len())
        && username.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && username.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
        });
    if fits {
        return Ok(());
    }
    Err(Error::field(
        "/username",
        "username.format",
        "3 to 64 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit",
        "3 至 64 位小写字母、数字、点、横线或下划线，以字母或数字开头",
    ))
}

pub fn check_display_name(name: &str) -> error::Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(Error::field(
            "/display_name",
            "name.length",
            "1 to 100 characters",
            "1 至 100 个字",
        ));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_plain() {
        for good in ["township.990121103", "sysadmin", "li_na-2"] {
            assert!(check_username(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ab",
            "Admin",
            ".dot",
            "张三丰",
            "a b c",
            &"x".repeat(65),
        ] {
            assert!(check_username(bad).is_err(), "{bad}");
        }
    }
}
