//! An address and when it holds.

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::address::Address;
use crate::kernel::date;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::registry::facts::Period;

vocabulary! {
    /// What an address is to a resident.
    pub enum AddressKind {
        Residence = "residence", "居住地";
        Hukou = "hukou", "户籍地";
    }
}

/// What the office believes, or believed.
#[derive(Debug, Clone)]
pub struct Located {
    pub kind: AddressKind,
    pub text: Address,
    pub period: Period,
    pub recorded_at: Timestamp,
    pub superseded_at: Option<Timestamp>,
}

/// An address from a day on, or for a while.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "residence", "text": "丙岭三号镇一号村12号", "valid_from": "2022-03-01"}))]
pub struct NewAddress {
    pub kind: AddressKind,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub text: Address,
    /// Today, unless given; no day to come.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_from: Option<NaiveDate>,
    /// The first day it no longer holds; open, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_to: Option<NaiveDate>,
}
