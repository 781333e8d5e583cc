//! A resident, and what must fit together before one is registered.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::kernel::citizen_id::CitizenId;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::ResidentId;
use crate::kernel::impairment::{ImpairmentType, SeverityLevel};
use crate::kernel::name::PersonName;
use crate::kernel::patch::{self, Patch};
use crate::kernel::phone::Phone;
use crate::kernel::sex::Sex;
use crate::kernel::text::compact;
use crate::kernel::time::Timestamp;
use crate::registry::facts::service::CheckedCertificate;
use crate::registry::facts::{CertificateState, CircumstanceKind, NewCertificate, NewFact, Period};

/// How this installation reads ID numbers: province 99 exists in a demonstration only.
#[derive(Debug, Clone, Copy, Default)]
pub struct Registrar {
    pub fictional: bool,
}

/// A resident, with what is sealed opened: never serialised, only masked.
#[derive(Debug, Clone)]
pub struct Resident {
    pub id: ResidentId,
    pub division_code: DivisionCode,
    pub division_name: String,
    pub hukou_division_code: DivisionCode,
    pub name: PersonName,
    pub sex: Sex,
    pub birth_date: NaiveDate,
    pub id_number: CitizenId,
    pub phone: Option<Phone>,
    /// The record that is kept in this one's place.
    pub merged_into: Option<ResidentId>,
    pub version: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Registers a person. Sex and birth date come from the ID number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "张晓宝", "id_number": "990121199003070010", "phone": "12000001234", "division_code": "990121103201",
    "certificate": {"number": "99012119900307001041", "issued_date": "2019-05-06"},
    "circumstances": {"income_status": "none", "care_need": "full"}
}))]
pub struct NewResident {
    pub name: String,
    /// 18 characters (GB 11643).
    pub id_number: String,
    #[serde(default)]
    pub phone: Option<String>,
    /// The village or township where the person lives.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// Where the household is registered; the same as `division_code`, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub hukou_division_code: Option<DivisionCode>,
    #[serde(default)]
    pub certificate: Option<NewCertificate>,
    /// By `CircumstanceKind`. What is left out is unknown.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub circumstances: BTreeMap<CircumstanceKind, Value>,
    /// The same as the circumstance `guardian_name`.
    #[serde(default)]
    pub guardian_name: Option<String>,
}

impl std::fmt::Debug for NewResident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewResident")
            .field("division_code", &self.division_code)
            .finish_non_exhaustive()
    }
}

/// A merge patch: what is left out stays, `null` takes away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "12000005678"}))]
pub struct ResidentPatch {
    #[serde(default, deserialize_with = "patch::stated")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Patch<String>,
    #[serde(default, deserialize_with = "patch::stated")]
    #[schema(value_type = String, nullable = false)]
    pub division_code: Option<DivisionCode>,
    #[serde(default, deserialize_with = "patch::stated")]
    #[schema(value_type = String, nullable = false)]
    pub hukou_division_code: Option<DivisionCode>,
}

impl std::fmt::Debug for ResidentPatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResidentPatch").finish_non_exhaustive()
    }
}

/// A resident whose parts fit together.
#[derive(Debug)]
pub struct CheckedResident {
    pub name: PersonName,
    pub id_number: CitizenId,
    pub phone: Option<Phone>,
    pub division_code: DivisionCode,
    pub hukou_division_code: DivisionCode,
    pub certificate: Option<CheckedCertificate>,
    pub facts: Vec<NewFact>,
}

impl NewResident {
    /// Reports every field at fault at once.
    pub fn check(self, registrar: Registrar, today: NaiveDate) -> Result<CheckedResident> {
        let mut errors = Vec::new();
        let name = keep(parse_name(&self.name), &mut errors);
        let id_number = keep(
            CitizenId::parse(&self.id_number, today, registrar.fictional).map_err(|error| {
                FieldError::new("/id_number", error.code(), error.to_string(), error.zh())
            }),
            &mut errors,
        );
        let phone = self
            .phone
            .as_deref()
            .and_then(|text| keep(parse_phone(text), &mut errors));
        let mut certificate = None;
        if let (Some(new), Some(id)) = (&self.certificate, &id_number) {
            match new.check(id.as_str(), id.birth_date(), today, "/certificate") {
                Ok(checked) => certificate = Some(checked),
                Err(more) => errors.extend(more),
            }
        }
        let mut stated = self.circumstances;
        if let Some(guardian) = self.guardian_name {
            stated.insert(CircumstanceKind::GuardianName, guardian.into());
        }
        let facts = stated
            .iter()
            .filter_map(|(kind, value)| {
                let value = keep(kind.parse(value), &mut errors)?;
                let birth = id_number
                    .as_ref()
                    .map_or(NaiveDate::MIN, CitizenId::birth_date);
                let value = keep(kind.came_about(value, birth, today), &mut errors)?;
                Some(NewFact {
                    kind: *kind,
                    period: kind.period(&value, Period::open(today)),
                    value,
                    source: "registration".to_owned(),
                })
            })
            .collect();
        match (name, id_number) {
            (Some(name), Some(id_number)) if errors.is_empty() => Ok(CheckedResident {
                name,
                id_number,
                phone,
                division_code: self.division_code,
                hukou_division_code: self.hukou_division_code.unwrap_or(self.division_code),
                certificate,
                facts,
            }),
            _ => Err(Error::fields(errors)),
        }
    }
}

fn keep<T>(parsed: Result<T, FieldError>, errors: &mut Vec<FieldError>) -> Option<T> {
    parsed.map_err(|error| errors.push(error)).ok()
}

pub fn parse_name(text: &str) -> Result<PersonName, FieldError> {
    PersonName::parse(text)
        .map_err(|error| FieldError::new("/name", error.code(), error.to_string(), error.zh()))
}

pub fn parse_phone(text: &str) -> Result<Phone, FieldError> {
    Phone::parse(text)
        .map_err(|error| FieldError::new("/phone", error.code(), error.to_string(), error.zh()))
}

/// Which residents a list shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Filter {
    pub impairment_type: Option<ImpairmentType>,
    pub severity_level: Option<SeverityLevel>,
    pub income_status: Option<String>,
    pub certificate_state: Option<CertificateState>,
    pub q: Option<Query>,
    pub newest_first: bool,
}

/// What somebody typed to find a person by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// Latin letters: the beginning of the pinyin, or of the initials.
    Latin(String),
    /// Part of the name.
    Name(String),
}

const LONGEST_QUERY: usize = 50;
/// More digits than a name has; an ID number does not belong into an address that is logged.
const DIGITS: usize = 4;

impl Query {
    pub fn parse(text: &str) -> Result<Self> {
        let text = compact(text);
        let refuse = |code, en: &str, zh: &str| Err(Error::parameter("q", code, en, zh));
        if text.is_empty() || text.chars().count() > LONGEST_QUERY {
            return refuse("q.length", "1 to 50 characters", "1 至 50 个字");
        }
        if text.bytes().filter(u8::is_ascii_digit).count() >= DIGITS {
            return refuse(
                "q.number",
                "numbers do not belong into an address: POST /v1/residents/search",
                "证件号码不得出现在地址中，请使用 POST /v1/residents/search",
            );
        }
        Ok(if text.is_ascii() {
            Self::Latin(text.to_ascii_lowercase())
        } else {
            Self::Name(text)
        })
    }
}

/// What an exact search is for.
#[derive(Clone)]
pub enum Needle {
    IdNumber(String),
    CertificateNumber(String),
}

impl Needle {
    pub fn field(&self) -> &'static str {
        match self {
            Self::IdNumber(_) => "id_number",
            Self::CertificateNumber(_) => "certificate_number",
        }
    }
}

impl std::fmt::Debug for Needle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Needle({})", self.field())
    }
}

/// A field that is masked unless somebody says why it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    IdNumber,
    Phone,
    CertificateNumber,
    BankAccount,
}

/// Where a walk through residents stands, village by village.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub division_code: DivisionCode,
    pub id: ResidentId,
}

impl Mark {
    pub fn of(resident: &Resident) -> Self {
        Self {
            division_code: resident.division_code,
            id: resident.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_not_searched_by_address() {
        assert_eq!(Query::parse(" ZXB ").unwrap(), Query::Latin("zxb".into()));
        assert_eq!(Query::parse("张晓").unwrap(), Query::Name("张晓".into()));
        assert_eq!(
            Query::parse("990102199003070011")
                .unwrap_err()
                .field_errors()[0]
                .code,
            "q.number"
        );
        assert!(Query::parse("  ").is_err());
    }
}
