//! A code of ISO 9999, and what the catalog lays down of it.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::kernel::money::Fen;
use crate::kernel::text;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

/// A text that is no code or no edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceCodeError {
    #[error("a code of ISO 9999 has three times two digits, such as 12 22 03")]
    Code,
    #[error("an edition is the year of the standard, 1990 to 2199")]
    Edition,
}

impl DeviceCodeError {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Code => "device_code.format",
            Self::Edition => "device_edition.format",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Code => "编码须为六位数字，如12 22 03",
            Self::Edition => "版本须为标准年份，1990至2199",
        }
    }
}

/// Class, subclass and division (`12 22 03`), written as six digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceCode(String);

impl DeviceCode {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeviceCode {
    type Err = DeviceCodeError;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let digits = text::compact(given).replace(['-', '.'], "");
        let fits = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then_some(Self(digits)).ok_or(DeviceCodeError::Code)
    }
}

/// The year of an edition of ISO 9999.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edition(String);

impl Edition {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Edition {
    type Err = DeviceCodeError;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let digits = text::compact(given);
        let year = digits.strip_suffix('年').unwrap_or(&digits);
        let fits = year.len() == 4
            && year.bytes().all(|byte| byte.is_ascii_digit())
            && ("1990".."2200").contains(&year);
        fits.then(|| Self(year.to_owned()))
            .ok_or(DeviceCodeError::Edition)
    }
}

macro_rules! written_as_text {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text::deserialize(deserializer)
            }
        }
    )+};
}
written_as_text!(DeviceCode, Edition);

vocabulary! {
    /// Who evaluates that somebody needs it.
    pub enum EvaluationLevel {
        None = "none", "无需评估";
        Township = "township", "乡镇（街道）评估";
        County = "county", "县级评估";
        /// By specialists.
        City = "city", "市级专业机构评估";
    }
}

/// What is laid down of a code from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub name_zh: String,
    pub name_en: Option<String>,
    pub unit: String,
    pub subsidy_percent: i32,
    pub cap: Option<Fen>,
    pub use_life_months: Option<i32>,
    pub child_use_life_months: Option<i32>,
    pub evaluation_level: EvaluationLevel,
    pub listed: bool,
}

/// A code of an edition: the key of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"edition": "2016", "code": "122203"}))]
pub struct ItemKey {
    #[schema(value_type = String)]
    pub edition: Edition,
    #[schema(value_type = String)]
    pub code: DeviceCode,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "edition": "2022", "code": "122203", "version": 1, "name_zh": "手动轮椅车", "name_en": "Handrim-driven wheelchairs", "unit": "辆",
    "subsidy_percent": 100, "cap_fen": 120_000, "use_life_months": 48, "child_use_life_months": 24, "evaluation_level": "county",
    "listed": true, "effective_from_date": "2022-01-01", "recorded_at": "2022-01-05T01:00:00.000000Z"
}))]
pub struct DeviceItem {
    #[schema(value_type = String)]
    pub edition: Edition,
    /// Class, subclass and division.
    #[schema(value_type = String)]
    pub code: DeviceCode,
    /// Of those that reach a day, the one with the highest number holds.
    pub version: i32,
    pub name_zh: String,
    pub name_en: Option<String>,
    pub unit: String,
    /// So much of the price is subsidized, up to the cap.
    #[schema(minimum = 0, maximum = 100)]
    pub subsidy_percent: i32,
    /// None where there is no cap.
    #[serde(rename = "cap_fen")]
    pub cap: Option<Fen>,
    /// Before a second one; none where there is no such rule.
    pub use_life_months: Option<i32>,
    /// Of those who still grow.
    pub child_use_life_months: Option<i32>,
    pub evaluation_level: EvaluationLevel,
    /// Whether it is subsidized at all.
    pub listed: bool,
    pub effective_from_date: NaiveDate,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub recorded_at: Timestamp,
}

impl DeviceItem {
    pub fn key(&self) -> ItemKey {
        ItemKey {
            edition: self.edition.clone(),
            code: self.code.clone(),
        }
    }

    pub fn terms(&self) -> Terms {
        Terms {
            name_zh: self.name_zh.clone(),
            name_en: self.name_en.clone(),
            unit: self.unit.clone(),
            subsidy_percent: self.subsidy_percent,
            cap: self.cap,
            use_life_months: self.use_life_months,
            child_use_life_months: self.child_use_life_months,
            evaluation_level: self.evaluation_level,
            listed: self.listed,
        }
    }

    /// What is subsidized of a price; parts of a fen are not.
    pub fn subsidy(&self, price: Fen) -> Option<Fen> {
        let share = price.checked_mul(i64::from(self.subsidy_percent))?.get() / 100;
        let share = Fen::new(share);
        Some(self.cap.map_or(share, |cap| cap.min(share)))
    }

    /// How long before a second one.
    pub fn use_life(&self, is_child: bool) -> Option<i32> {
        let child = self.child_use_life_months.filter(|_| is_child);
        child.or(self.use_life_months)
    }
}

vocabulary! {
    /// What became of a row of a catalog file.
    pub enum CatalogRowOutcome {
        /// The first that is laid down of a code.
        Created = "created", "新增";
        Revised = "revised", "更新";
        /// It says what holds.
        Unchanged = "unchanged", "无变化";
        Rejected = "rejected", "未导入";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_they_are_written() {
        for text in ["12 22 03", "122203", "12-22-03", "12.22.03", "１２２２０３"] {
            assert_eq!(text.parse::<DeviceCode>().unwrap().as_str(), "122203");
        }
        for text in ["", "12 22", "12 22 3", "12 22 03 01", "1222O3"] {
            assert!(text.parse::<DeviceCode>().is_err(), "{text}");
        }
        for text in ["2022", "2022年", " ２０２２ "] {
            assert_eq!(text.parse::<Edition>().unwrap().as_str(), "2022");
        }
        for text in ["1989", "2200", "22", "ISO"] {
            assert!(text.parse::<Edition>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_subsidy_is_a_share_up_to_the_cap() {
        let mut item = DeviceItem {
            edition: "2022".parse().unwrap(),
            code: "122203".parse().unwrap(),
            version: 1,
            name_zh: "手动轮椅车".to_owned(),
            name_en: None,
            unit: "辆".to_owned(),
            subsidy_percent: 50,
            cap: Some(Fen::new(60_000)),
            use_life_months: Some(48),
            child_use_life_months: Some(24),
            evaluation_level: EvaluationLevel::County,
            listed: true,
            effective_from_date: NaiveDate::default(),
            recorded_at: Timestamp::from_micros(0),
        };
        assert_eq!(item.subsidy(Fen::new(99_999)), Some(Fen::new(49_999)));
        assert_eq!(item.subsidy(Fen::new(500_000)), Some(Fen::new(60_000)));
        assert_eq!(item.subsidy(Fen::new(i64::MAX)), None);
        item.cap = None;
        assert_eq!(item.subsidy(Fen::new(500_000)), Some(Fen::new(250_000)));
        assert_eq!(
            (item.use_life(true), item.use_life(false)),
            (Some(24), Some(48))
        );
        item.child_use_life_months = None;
        assert_eq!(item.use_life(true), Some(48));
    }
}
