//! A public list.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::crypto::sha256;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{PublicListId, ResidentId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;

/// What is published, where and for which months.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"division_code": "990121103000", "program_code": "nursing_subsidy", "first_month": "2022-01",
    "last_month": "2022-12", "to_date": "2099-01-20", "phone": "0991-1234567"}))]
pub struct NewPublicList {
    /// A county, a township or a village.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub program_code: String,
    pub first_month: Month,
    /// The same month, unless given; of the same year.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub last_month: Option<Month>,
    /// The last day it is on show.
    #[serde(deserialize_with = "date::written")]
    pub to_date: NaiveDate,
    /// Whom to tell what is wrong (监督电话).
    #[schema(min_length = 5, max_length = 30)]
    pub phone: String,
}

impl NewPublicList {
    /// The months, the last included, if all may be.
    pub fn check(&self, today: NaiveDate) -> Result<(Month, Month)> {
        let last = self.last_month.unwrap_or(self.first_month);
        let mut wrong = Vec::new();
        if last < self.first_month
            || last.year() != self.first_month.year()
            || last > Month::of(today)
        {
            wrong.push(FieldError::new(
                "/last_month",
                "public_list.months",
                "months of one year up to this one, first_month first",
                "须为同一年度内、不晚于本月的月份，且不早于 first_month",
            ));
        }
        if self.to_date < today {
            wrong.push(FieldError::new(
                "/to_date",
                "public_list.to_date",
                "today or later",
                "不得早于今天",
            ));
        }
        let phone = self.phone.trim();
        let said = |one: char| one.is_ascii_digit() || matches!(one, '-' | ' ' | '+');
        if !(5..=30).contains(&phone.len()) || !phone.chars().all(said) {
            wrong.push(FieldError::new(
                "/phone",
                "public_list.phone",
                "5 to 30 digits, spaces and dashes",
                "5 至 30 位数字、空格或短横",
            ));
        }
        if wrong.is_empty() {
            Ok((self.first_month, last))
        } else {
            Err(Error::fields(wrong))
        }
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e10", "division_code": "990121103000", "program_code": "nursing_subsidy",
    "first_month": "2022-01", "last_month": "2022-12", "revision": 1, "to_date": "2023-01-20", "phone": "0991-1234567",
    "person_count": 12, "minor_count": 2, "total_fen": 66000,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "published_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0d", "published_at": "2023-01-10T02:00:00.000000Z"
}))]
pub struct PublicList {
    #[schema(value_type = uuid::Uuid)]
    pub id: PublicListId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub program_code: String,
    #[schema(value_type = String)]
    pub first_month: Month,
    #[schema(value_type = String)]
    pub last_month: Month,
    /// A later one takes the place of those before.
    pub revision: i32,
    pub to_date: NaiveDate,
    pub phone: String,
    /// Who was paid; of them minors, who are not named.
    pub person_count: i32,
    pub minor_count: i32,
    /// Of all of them.
    pub total_fen: Fen,
    /// SHA-256 of the entries as published.
    pub digest: String,
    #[schema(value_type = uuid::Uuid)]
    pub published_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub published_at: Timestamp,
}

/// Somebody on a public list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "place": 1, "name_masked": "张**", "division_code": "990121103201", "division_name": "甲江县一号镇一村", "months": 1, "amount_fen": 55000,
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08"
}))]
pub struct PublicListEntry {
    pub place: i32,
    pub name_masked: String,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub division_name: String,
    /// Months that were paid.
    pub months: i32,
    pub amount_fen: Fen,
    /// For the office: it is not part of what is published.
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
}

/// Of what is published, in its order.
pub fn digest(entries: &[PublicListEntry]) -> Vec<u8> {
    let mut text = String::new();
    for entry in entries {
        let PublicListEntry {
            place,
            name_masked,
            division_code,
            division_name,
            months,
            amount_fen,
            resident_id: _,
        } = entry;
        let fen = amount_fen.get().to_string();
        let (place, months) = (place.to_string(), months.to_string());
        let cells = [
            &place,
            name_masked,
            &division_code.to_string(),
            division_name,
            &months,
            &fen,
        ];
        text.push_str(&cells.map(String::as_str).join("\t"));
        text.push('\n');
    }
    sha256(text.as_bytes())
}
