//! An organization's account.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::bank_account::BankAccount;
use crate::kernel::date;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{OrganizationAccountId, OrganizationId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// Where an organization's account stands.
    pub enum OrganizationAccountState {
        Proposed = "proposed", "待确认";
        Confirmed = "confirmed", "已确认";
        Rejected = "rejected", "不予确认";
    }
}

vocabulary! {
    /// What is decided of an account.
    pub enum AccountDecision {
        Confirm = "confirm", "确认";
        Reject = "reject", "不予确认";
    }
}

#[derive(Debug, Clone)]
pub struct OrganizationAccount {
    pub id: OrganizationAccountId,
    pub organization_id: OrganizationId,
    pub number: BankAccount,
    pub bank_name: String,
    pub valid_from: NaiveDate,
    pub state: OrganizationAccountState,
    pub proposed_by: UserId,
    pub proposed_at: Timestamp,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Timestamp>,
    /// Why it was not confirmed.
    pub reason: Option<String>,
}

/// Where an organization wants to be paid from a day on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"bank_account": "6200000000000012344", "bank_name": "丙岭农村商业银行", "valid_from": "2022-03-01"}))]
pub struct NewOrganizationAccount {
    /// 12 to 19 digits, spaces and dashes aside; a card number that begins with 62 has its check digit.
    #[schema(value_type = String, min_length = 12)]
    pub bank_account: BankAccount,
    #[schema(min_length = 1, max_length = 100)]
    pub bank_name: String,
    /// Today, unless given; no day before.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_from: Option<NaiveDate>,
}

impl NewOrganizationAccount {
    /// The bank's name and the first day.
    pub fn check(&self, today: NaiveDate) -> Result<(String, NaiveDate)> {
        let bank_name = self.bank_name.trim();
        let from = self.valid_from.unwrap_or(today);
        let mut errors = Vec::new();
        if !(1..=100).contains(&bank_name.chars().count()) {
            errors.push(FieldError::new(
                "/bank_name",
                "bank_name.length",
                "1 to 100 characters",
                "1 至 100 个字",
            ));
        }
        if from < today {
            errors.push(FieldError::new(
                "/valid_from",
                "date.past",
                "today or a day to come",
                "不得早于今天",
            ));
        }
        if errors.is_empty() {
            Ok((bank_name.to_owned(), from))
        } else {
            Err(Error::fields(errors))
        }
    }
}

/// By somebody else than who proposed it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "confirm"}))]
pub struct NewAccountDecision {
    pub decision: AccountDecision,
    /// Needed by reject.
    #[serde(default)]
    #[schema(min_length = 2, max_length = 200)]
    pub reason: Option<String>,
}

impl NewAccountDecision {
    pub fn reason(&self) -> Result<Option<&str>> {
        let reason = self.reason.as_deref().map(str::trim);
        let length = reason.map_or(0, |text| text.chars().count());
        let fits = match self.decision {
            AccountDecision::Reject => (2..=200).contains(&length),
            AccountDecision::Confirm => length == 0,
        };
        if fits {
            Ok(reason.filter(|text| !text.is_empty()))
        } else {
            Err(Error::field(
                "/reason",
                "reason.length",
                "2 to 200 characters for reject, none for confirm",
                "不予确认须说明理由（2至200字），确认不填",
            ))
        }
    }
}
