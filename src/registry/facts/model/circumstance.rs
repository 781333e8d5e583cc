//! Circumstances: what is known of a resident's life that programs depend on.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Period;
use crate::kernel::circumstance::IncomeStatus;
use crate::kernel::date;
use crate::kernel::error::FieldError;
use crate::kernel::name::PersonName;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

const LONGEST_TEXT: usize = 100;

vocabulary! {
    /// What is known of a resident's life that programs depend on.
    pub enum CircumstanceKind {
        IncomeStatus = "income_status", "低保类型";
        /// How far the person cannot care for themself (不能自理程度).
        CareNeed = "care_need", "生活自理程度";
        InstitutionalCare = "institutional_care", "机构集中供养";
        EmploymentForm = "employment_form", "就业形式";
        OrphanAllowance = "orphan_allowance", "孤儿基本生活保障";
        ElderlyAllowance = "elderly_allowance", "老年福利补贴";
        WorkInjuryNursingAllowance = "work_injury_nursing_allowance", "工伤生活护理费";
        RetiredCadreAllowance = "retired_cadre_allowance", "离休护理费";
        DutyDisabilityAllowance = "duty_disability_allowance", "因公致残护理费";
        Imprisonment = "imprisonment", "服刑";
        /// Holds from the day of death; its value is that day.
        Death = "death", "死亡";
        GuardianName = "guardian_name", "监护人";
        GuardianRelation = "guardian_relation", "与监护人关系";
        DisabilityCause = "disability_cause", "致残原因";
        // What visits find.
        LivesAlone = "lives_alone", "独居";
        CareMissing = "care_missing", "无人照料";
        HousingDanger = "housing_danger", "住房存在安全隐患";
        IncomeMissing = "income_missing", "无稳定收入";
        MedicalBurden = "medical_burden", "医疗康复负担重";
        DeviceMissing = "device_missing", "缺少所需辅具";
    }
}

vocabulary! {
    /// Degree to which a person needs care.
    pub enum CareNeed {
        Full = "full", "完全不能自理";
        Substantial = "substantial", "大部分不能自理";
        Partial = "partial", "部分不能自理";
        None = "none", "能自理";
    }
}

vocabulary! {
    /// Form of employment (就业形式).
    pub enum EmploymentForm {
        Quota = "quota", "按比例就业";
        Concentrated = "concentrated", "集中就业";
        SelfEmployed = "self_employed", "个体就业";
        PublicWelfarePost = "public_welfare_post", "公益性岗位";
        Sheltered = "sheltered", "辅助性就业";
        Flexible = "flexible", "灵活就业";
        Farming = "farming", "农业种养";
        None = "none", "未就业";
    }
}

impl CircumstanceKind {
    /// Whether it comes about once in a life, on the day that is its value.
    pub const fn is_once(self) -> bool {
        matches!(self, Self::Death)
    }

    /// Reads a value of this kind and writes it as it is kept.
    pub fn parse(self, value: &Value) -> Result<String, FieldError> {
        let wrong = |expected: &str| {
            FieldError::new(
                format!("/circumstances/{}", self.as_str()),
                "circumstance.value",
                format!("{} takes {expected}", self.as_str()),
                format!("{}的值应为 {expected}", self.label_zh()),
            )
        };
        let word = |all: &[&str]| {
            value
                .as_str()
                .filter(|word| all.contains(word))
                .map(str::to_owned)
                .ok_or_else(|| wrong(&format!("one of {}", all.join(", "))))
        };
        let words = |names: Vec<&'static str>| word(&names);
        match self {
            Self::IncomeStatus => {
                words(IncomeStatus::ALL.iter().map(|word| word.as_str()).collect())
            }
            Self::CareNeed => words(CareNeed::ALL.iter().map(|word| word.as_str()).collect()),
            Self::EmploymentForm => words(
                EmploymentForm::ALL
                    .iter()
                    .map(|word| word.as_str())
                    .collect(),
            ),
            Self::Death => value
                .as_str()
                .and_then(|text| date::parse(text).ok())
                .map(|date| date.to_string())
                .ok_or_else(|| wrong("a date, as 2022-07-01")),
            Self::GuardianName => value
                .as_str()
                .and_then(|text| PersonName::parse(text).ok())
                .map(|name| name.as_str().to_owned())
                .ok_or_else(|| wrong("a person's name")),
            Self::GuardianRelation | Self::DisabilityCause => value
                .as_str()
                .map(str::trim)
                .filter(|text| !text.is_empty() && text.chars().count() <= LONGEST_TEXT)
                .map(str::to_owned)
                .ok_or_else(|| wrong("1 to 100 characters")),
            Self::InstitutionalCare
            | Self::OrphanAllowance
            | Self::ElderlyAllowance
            | Self::WorkInjuryNursingAllowance
            | Self::RetiredCadreAllowance
            | Self::DutyDisabilityAllowance
            | Self::Imprisonment
            | Self::LivesAlone
            | Self::CareMissing
            | Self::HousingDanger
            | Self::IncomeMissing
            | Self::MedicalBurden
            | Self::DeviceMissing => value
                .as_bool()
                .map(|truth| truth.to_string())
                .ok_or_else(|| wrong("true or false")),
        }
    }

    /// Refuses what lies before a person's birth or after today, of what came about on a day.
    pub fn came_about(
        self,
        value: String,
        birth: NaiveDate,
        today: NaiveDate,
    ) -> Result<String, FieldError> {
        match date::parse(&value) {
            Ok(day) if self.is_once() && !(birth..=today).contains(&day) => Err(FieldError::new(
                format!("/circumstances/{}", self.as_str()),
                "circumstance.day",
                "not before the person was born, and not a day to come",
                "不得早于出生日期，也不得为今后的日期",
            )),
            _ => Ok(value),
        }
    }

    /// The time for which a kept value holds, where that is not given by itself.
    pub fn period(self, value: &str, given: Period) -> Period {
        match date::parse(value) {
            Ok(day) if self.is_once() => Period::open(day),
            _ => given,
        }
    }

    /// The kept value as it goes over the wire.
    pub fn show(self, kept: &str) -> Value {
        match kept {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text => Value::String(text.to_owned()),
        }
    }
}

/// What an office writes down of a person's life.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "income_status", "value": "minimum_living", "valid_from": "2022-03-01"}))]
pub struct NewCircumstance {
    pub kind: CircumstanceKind,
    /// A word, a date or a truth value, by kind; null takes back what was recorded for the period, as of a death
    /// that was not one.
    #[schema(value_type = Value)]
    pub value: Value,
    /// Today, unless given. A death holds from its day on, and has no other.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_from: Option<NaiveDate>,
    /// The first day it no longer holds; open, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_to: Option<NaiveDate>,
    /// Where the office has it from; `caseworker`, unless given.
    #[serde(default)]
    pub source: Option<String>,
}

/// A fact about to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFact {
    pub kind: CircumstanceKind,
    pub value: String,
    pub period: Period,
    pub source: String,
}

/// A circumstance as it was or is believed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "income_status", "value": "minimum_living", "valid_from": "2022-03-01", "valid_to": null,
    "recorded_at": "2022-03-02T02:10:00.000000Z", "superseded_at": null, "source": "caseworker"
}))]
pub struct Belief {
    pub kind: CircumstanceKind,
    /// A word, a date or a truth value, by kind.
    #[schema(value_type = Value)]
    pub value: Value,
    pub valid_from: NaiveDate,
    /// The first day it no longer holds.
    pub valid_to: Option<NaiveDate>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub recorded_at: Timestamp,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub superseded_at: Option<Timestamp>,
    /// Where the office has it from.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_by_kind() {
        assert_eq!(
            CircumstanceKind::CareNeed.parse(&"full".into()).unwrap(),
            "full"
        );
        assert!(CircumstanceKind::CareNeed.parse(&"basic".into()).is_err());
        assert_eq!(
            CircumstanceKind::Imprisonment.parse(&true.into()).unwrap(),
            "true"
        );
        assert!(
            CircumstanceKind::Imprisonment
                .parse(&"true".into())
                .is_err()
        );
        assert!(CircumstanceKind::Death.parse(&"2022-02-30".into()).is_err());
    }
}
