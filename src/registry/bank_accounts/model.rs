//! A bank account, whose it is and when it holds.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::bank_account::BankAccount;
use crate::kernel::date;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::name::PersonName;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::registry::facts::Period;

vocabulary! {
    /// What the holder of an account is to the resident who is paid there.
    #[derive(Default)]
    pub enum HolderRelation {
        #[default]
        Oneself = "self", "本人";
        Guardian = "guardian", "监护人";
        Carer = "carer", "照护人";
        OtherRelative = "other_relative", "其他亲属";
    }
}

/// Where somebody is paid.
#[derive(Debug, Clone)]
pub struct Account {
    pub number: BankAccount,
    pub bank_name: String,
    /// Nobody where it is the resident's own.
    pub holder: Option<PersonName>,
    pub holder_relation: HolderRelation,
}

/// What the office believes, or believed.
#[derive(Debug, Clone)]
pub struct Held {
    pub account: Account,
    pub period: Period,
    pub recorded_at: Timestamp,
    pub superseded_at: Option<Timestamp>,
}

/// An account from a day on, or for a while; the resident's own, unless said otherwise.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "bank_account": "6200000000000012344", "bank_name": "丙岭农村商业银行", "holder": "李四", "holder_relation": "guardian",
    "valid_from": "2022-03-01"
}))]
pub struct NewBankAccount {
    /// 12 to 19 digits, spaces and dashes aside; a card number that begins with 62 has its check digit.
    #[schema(value_type = String, min_length = 12)]
    pub bank_account: BankAccount,
    #[schema(min_length = 1, max_length = 100)]
    pub bank_name: String,
    /// Of another's account: their name.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub holder: Option<PersonName>,
    #[serde(default)]
    pub holder_relation: HolderRelation,
    /// Today, unless given; no day to come.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_from: Option<NaiveDate>,
    /// The first day it no longer holds; open, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_to: Option<NaiveDate>,
}

const LONGEST_BANK_NAME: usize = 100;

impl NewBankAccount {
    /// Reports every field at fault at once.
    pub fn check(&self) -> Result<Account> {
        let bank_name = self.bank_name.trim();
        let mut errors = Vec::new();
        if !(1..=LONGEST_BANK_NAME).contains(&bank_name.chars().count()) {
            errors.push(FieldError::new(
                "/bank_name",
                "bank_name.length",
                "1 to 100 characters",
                "1 至 100 个字",
            ));
        }
        match (self.holder_relation, &self.holder) {
            (HolderRelation::Oneself, Some(_)) => errors.push(FieldError::new(
                "/holder_relation",
                "holder_relation.missing",
                "say what the holder is to the resident: guardian, carer or other_relative",
                "请说明户名人与残疾人的关系：guardian、carer 或 other_relative",
            )),
            (HolderRelation::Oneself, None) | (_, Some(_)) => {}
            (_, None) => errors.push(FieldError::new(
                "/holder",
                "holder.missing",
                "another's account needs the name of its holder",
                "非本人账户须填写户名",
            )),
        }
        if errors.is_empty() {
            Ok(Account {
                number: self.bank_account.clone(),
                bank_name: bank_name.to_owned(),
                holder: self.holder.clone(),
                holder_relation: self.holder_relation,
            })
        } else {
            Err(Error::fields(errors))
        }
    }
}
