//! Kinds of facts, their values, and what remains of an older belief when a newer one comes.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::kernel::certificate_number::CertificateNumber;
use crate::kernel::circumstance::IncomeStatus;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::CertificateId;
use crate::kernel::impairment::{Component, ImpairmentType, SeverityLevel, overall};
use crate::kernel::name::PersonName;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

/// A certificate is valid for so long.
const CERTIFICATE_MONTHS: Months = Months::new(120);
const LONGEST_TEXT: usize = 100;

vocabulary! {
    /// State of a disability certificate. `expired` follows from the date.
    pub enum CertificateState {
        Valid = "valid", "有效";
        Frozen = "frozen", "冻结";
        Transferring = "transferring", "迁移中";
        Cancelled = "cancelled", "注销";
        Expired = "expired", "过期";
    }
}

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
                .and_then(|text| text.parse::<NaiveDate>().ok())
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
            | Self::Imprisonment => value
                .as_bool()
                .map(|truth| truth.to_string())
                .ok_or_else(|| wrong("true or false")),
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

/// From a day until before another, or on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

impl Period {
    /// What of `self` lies before and after `newer`: up to two pieces that are still believed.
    pub fn without(self, newer: Self) -> Vec<Self> {
        let before = (self.from < newer.from).then_some(Self {
            from: self.from,
            to: Some(newer.from),
        });
        let after = newer
            .to
            .filter(|end| self.to.is_none_or(|own| *end < own))
            .map(|end| Self {
                from: end,
                to: self.to,
            });
        before.into_iter().chain(after).collect()
    }

    pub fn overlaps(self, other: Self) -> bool {
        self.to.is_none_or(|end| end > other.from) && other.to.is_none_or(|end| end > self.from)
    }
}

/// Which day is asked about, and as known when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    pub valid_at: NaiveDate,
    pub known_at: Timestamp,
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

/// A certificate as the office holds it to be.
#[derive(Debug, Clone)]
pub struct Certificate {
    pub id: CertificateId,
    pub number: CertificateNumber,
    pub impairment_type: ImpairmentType,
    pub severity_level: SeverityLevel,
    pub components: Vec<Component>,
    pub issued_date: NaiveDate,
    pub expires_date: NaiveDate,
    pub state: CertificateState,
    pub period: Period,
    pub recorded_at: Timestamp,
    pub superseded_at: Option<Timestamp>,
}

impl Certificate {
    /// The state on a day: a valid certificate expires by itself.
    pub fn state_on(&self, day: NaiveDate) -> CertificateState {
        if self.state == CertificateState::Valid && self.expires_date <= day {
            CertificateState::Expired
        } else {
            self.state
        }
    }

    pub fn expiry(issued: NaiveDate) -> NaiveDate {
        issued
            .checked_add_months(CERTIFICATE_MONTHS)
            .unwrap_or(NaiveDate::MAX)
    }
}

/// What an office writes down of a certificate.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"number": "99012119900307001041", "issued_date": "2019-05-06"}))]
pub struct NewCertificate {
    /// 20 characters: the ID number, category, grade; reissues add B1, B2 …
    pub number: String,
    pub issued_date: NaiveDate,
    /// Needed for category 7: two or more, the most severe of them giving the grade.
    #[serde(default)]
    pub components: Vec<Component>,
    /// Valid, unless given.
    #[serde(default)]
    #[schema(nullable = false)]
    pub state: Option<CertificateState>,
}

/// A certificate whose parts fit together and belong to this person.
#[derive(Debug, Clone)]
pub struct CheckedCertificate {
    pub number: CertificateNumber,
    pub components: Vec<Component>,
    pub issued_date: NaiveDate,
    pub state: CertificateState,
}

impl NewCertificate {
    /// `at` is the pointer under which errors are reported.
    pub fn check(
        &self,
        id_number: &str,
        born: NaiveDate,
        today: NaiveDate,
        at: &str,
    ) -> Result<CheckedCertificate, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut fail = |field: &str, code, en: &str, zh: &str| {
            errors.push(FieldError::new(format!("{at}/{field}"), code, en, zh));
        };
        let number = CertificateNumber::parse(&self.number);
        match &number {
            Err(error) => fail("number", error.code(), &error.to_string(), error.zh()),
            Ok(number) if number.citizen_id() != id_number => fail(
                "number",
                "certificate.id_mismatch",
                "the first 18 characters are not this person's ID number",
                "残疾人证号前18位与身份证号不一致",
            ),
            Ok(_) => {}
        }
        if self.issued_date > today || self.issued_date < born {
            fail(
                "issued_date",
                "certificate.issued_date",
                "issued after birth and not in the future",
                "发证日期须在出生之后且不晚于今天",
            );
        }
        let state = self.state.unwrap_or(CertificateState::Valid);
        if state == CertificateState::Expired {
            fail(
                "state",
                "certificate.state",
                "expiry follows from the date and is not recorded",
                "过期由日期得出，不作记录",
            );
        }
        let components = number
            .as_ref()
            .ok()
            .map(|number| self.components_of(number));
        if let Some(None) = components {
            fail(
                "components",
                "certificate.components",
                "category 7 has two or more components, none of them multiple, the most severe giving the grade; others have at most their own",
                "多重残疾须有两项以上明细且最重等级与证号一致；其他类别只能为本类别",
            );
        }
        match (number, components.flatten()) {
            (Ok(number), Some(components)) if errors.is_empty() => Ok(CheckedCertificate {
                number,
                components,
                issued_date: self.issued_date,
                state,
            }),
            _ => Err(errors),
        }
    }

    fn components_of(&self, number: &CertificateNumber) -> Option<Vec<Component>> {
        let whole = (number.impairment_type(), number.severity_level());
        let alone = Component {
            impairment_type: whole.0,
            severity_level: whole.1,
        };
        let mut kinds: Vec<_> = self
            .components
            .iter()
            .map(|component| component.impairment_type)
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        let distinct =
            kinds.len() == self.components.len() && !kinds.contains(&ImpairmentType::Multiple);
        match self.components.as_slice() {
            [] if whole.0 != ImpairmentType::Multiple => Some(vec![alone]),
            some if distinct && overall(some) == Some(whole) => Some(some.to_vec()),
            _ => None,
        }
    }
}

/// All that is believed of a resident on one day.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub certificate: Option<Certificate>,
    pub circumstances: BTreeMap<CircumstanceKind, String>,
}

impl Snapshot {
    pub fn get(&self, kind: CircumstanceKind) -> Option<&str> {
        self.circumstances.get(&kind).map(String::as_str)
    }
}

/// Checks that a period's end lies after its beginning.
pub fn period(from: NaiveDate, to: Option<NaiveDate>) -> Result<Period> {
    if to.is_some_and(|end| end <= from) {
        return Err(Error::field(
            "/valid_to",
            "period.order",
            "valid_to lies after valid_from",
            "valid_to 须晚于 valid_from",
        ));
    }
    Ok(Period { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn span(from: &str, to: Option<&str>) -> Period {
        Period {
            from: day(from),
            to: to.map(day),
        }
    }

    #[test]
    fn a_newer_fact_leaves_what_it_does_not_cover() {
        let open = span("2022-01-01", None);
        assert_eq!(
            open.without(span("2022-06-01", None)),
            [span("2022-01-01", Some("2022-06-01"))]
        );
        assert_eq!(
            open.without(span("2022-03-01", Some("2022-04-01"))),
            [
                span("2022-01-01", Some("2022-03-01")),
                span("2022-04-01", None)
            ]
        );
        assert_eq!(open.without(span("2021-01-01", None)), []);
        let closed = span("2022-01-01", Some("2022-03-01"));
        assert_eq!(
            closed.without(span("2021-12-01", Some("2022-02-01"))),
            [span("2022-02-01", Some("2022-03-01"))]
        );
    }

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

    #[test]
    fn certificates_are_checked_against_their_number() {
        let new = |number: &str, components: Vec<Component>| NewCertificate {
            number: number.to_owned(),
            issued_date: day("2019-05-06"),
            components,
            state: None,
        };
        let check = |new: NewCertificate| {
            new.check(
                "990102199003070011",
                day("1990-03-07"),
                day("2022-01-05"),
                "/certificate",
            )
            .map(|checked| checked.components.len())
            .map_err(|errors| errors[0].code)
        };
        let part = |impairment_type, severity_level| Component {
            impairment_type,
            severity_level,
        };
        assert_eq!(check(new("99010219900307001141", vec![])), Ok(1));
        assert_eq!(
            check(new("99010219900307001171", vec![])),
            Err("certificate.components")
        );
        let parts = vec![
            part(ImpairmentType::Visual, SeverityLevel::First),
            part(ImpairmentType::Mental, SeverityLevel::Third),
        ];
        assert_eq!(check(new("99010219900307001171", parts.clone())), Ok(2));
        assert_eq!(
            check(new("99010219900307001172", parts)),
            Err("certificate.components")
        );
        assert_eq!(
            check(new("99010319851231004641", vec![])),
            Err("certificate.id_mismatch")
        );
        assert_eq!(check(new("x", vec![])), Err("certificate.number_format"));
    }
}
