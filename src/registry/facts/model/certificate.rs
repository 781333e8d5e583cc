//! Certificates, and what must fit together before one is recorded.

use chrono::{Months, NaiveDate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Period;
use crate::kernel::certificate_number::CertificateNumber;
use crate::kernel::date;
use crate::kernel::error::FieldError;
use crate::kernel::id::CertificateId;
use crate::kernel::impairment::{Component, ImpairmentType, SeverityLevel, overall};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

/// A certificate is valid for so long.
const CERTIFICATE_MONTHS: Months = Months::new(120);

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
    #[serde(deserialize_with = "date::written")]
    pub issued_date: NaiveDate,
    /// Needed for category 7: two or more, the most severe of them giving the grade.
    #[serde(default)]
    pub components: Vec<Component>,
    /// Valid, unless given.
    #[serde(default)]
    pub state: Option<CertificateState>,
    /// From which day it replaces the one before; the day of issue, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_from: Option<NaiveDate>,
}

/// A certificate whose parts fit together and belong to this person.
#[derive(Debug, Clone)]
pub struct CheckedCertificate {
    pub number: CertificateNumber,
    pub components: Vec<Component>,
    pub issued_date: NaiveDate,
    pub state: CertificateState,
    /// Not before the day of issue.
    pub valid_from: NaiveDate,
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
        let valid_from = self.valid_from.unwrap_or(self.issued_date);
        if valid_from < self.issued_date {
            fail(
                "valid_from",
                "period.order",
                "not before the day of issue",
                "不得早于发证日期",
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
                valid_from,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn certificates_are_checked_against_their_number() {
        let new = |number: &str, components: Vec<Component>| NewCertificate {
            number: number.to_owned(),
            issued_date: day("2019-05-06"),
            components,
            state: None,
            valid_from: None,
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
