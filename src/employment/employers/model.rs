//! An employer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::employment::words::{self, NAME};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{EmployerId, UserId};
use crate::kernel::patch::{Patch, stated};
use crate::kernel::text::{compact, maybe, text};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What an employer is by its owner (单位性质).
    pub enum EmployerType {
        CivilService = "civil_service", "党政机关";
        PublicInstitution = "public_institution", "事业单位";
        StateOwned = "state_owned", "国有企业";
        Private = "private", "民营企业";
        SocialOrganization = "social_organization", "社会组织";
    }
}

const LETTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

/// A unified social credit code (统一社会信用代码, GB 32100): 17 letters and digits, and one that checks them.
pub fn credit_code(text: &str) -> Result<String, FieldError> {
    let code = compact(text).to_ascii_uppercase();
    let values: Option<Vec<usize>> = code.chars().map(|one| LETTERS.find(one)).collect();
    let fits = values.is_some_and(|values| match values.split_last() {
        Some((check, body)) if body.len() == WEIGHTS.len() => {
            let sum: usize = body
                .iter()
                .zip(WEIGHTS)
                .map(|(value, weight)| value * weight)
                .sum();
            *check == (LETTERS.len() - sum % LETTERS.len()) % LETTERS.len()
        }
        _ => false,
    });
    if fits {
        return Ok(code);
    }
    Err(FieldError::new(
        "/credit_code",
        "credit_code.format",
        "a unified social credit code of 18 characters",
        "统一社会信用代码应为18位且校验正确",
    ))
}

fn staff(count: i32) -> Option<FieldError> {
    (!(0..=10_000_000).contains(&count)).then(|| {
        FieldError::new(
            "/staff_count",
            "staff_count.range",
            "0 to 10000000",
            "须为 0 至 10000000",
        )
    })
}

/// Who is registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "虚川电子有限公司", "employer_type": "private", "division_code": "990121103", "staff_count": 200,
    "contact": "人事部 0991-1234567"
}))]
pub struct NewEmployer {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Unified social credit code, GB 32100.
    #[serde(default)]
    #[schema(min_length = 18, max_length = 18)]
    pub credit_code: Option<String>,
    pub employer_type: EmployerType,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub staff_count: Option<i32>,
    /// Whom to call there.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub contact: Option<String>,
}

impl NewEmployer {
    /// Name, credit code and contact, if all is as it may be.
    pub fn check(&self) -> Result<(String, Option<String>, Option<String>)> {
        let mut errors = Vec::new();
        let name = words::keep(text("/name", &self.name, NAME), &mut errors);
        let code = self.credit_code.as_deref().map(credit_code).transpose();
        let code = words::keep(code, &mut errors);
        let contact = maybe("/contact", self.contact.as_deref(), NAME);
        let contact = words::keep(contact, &mut errors);
        errors.extend(self.staff_count.and_then(staff));
        match (name, code, contact) {
            (Some(name), Some(code), Some(contact)) if errors.is_empty() => {
                Ok((name, code, contact))
            }
            _ => Err(Error::fields(errors)),
        }
    }
}

/// What changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"staff_count": 210}))]
pub struct EmployerPatch {
    #[serde(default, deserialize_with = "stated")]
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub division_code: Option<DivisionCode>,
    #[serde(default)]
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 10_000_000)]
    pub staff_count: Patch<i32>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    pub contact: Patch<String>,
}

impl EmployerPatch {
    /// The employer as it then is; its place is the caller's care.
    pub fn apply(&self, old: &Employer) -> Result<Employer> {
        let mut new = old.clone();
        let mut errors = Vec::new();
        if let Some(name) = &self.name {
            let name = words::keep(text("/name", name, NAME), &mut errors);
            new.name = name.unwrap_or_default();
        }
        if let Some(division) = self.division_code {
            new.division_code = division;
        }
        self.staff_count.apply(&mut new.staff_count);
        errors.extend(new.staff_count.and_then(staff));
        self.contact.apply(&mut new.contact);
        let contact = maybe("/contact", new.contact.as_deref(), NAME);
        new.contact = words::keep(contact, &mut errors).flatten();
        if errors.is_empty() {
            Ok(new)
        } else {
            Err(Error::fields(errors))
        }
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "虚川电子有限公司", "credit_code": null, "employer_type": "private",
    "division_code": "990121103000", "staff_count": 200, "contact": "人事部 0991-1234567",
    "created_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "created_at": "2022-01-20T01:00:00.000000Z", "version": 1
}))]
pub struct Employer {
    #[schema(value_type = uuid::Uuid)]
    pub id: EmployerId,
    pub name: String,
    pub credit_code: Option<String>,
    pub employer_type: EmployerType,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub staff_count: Option<i32>,
    pub contact: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    pub created_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    pub version: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_codes_check_themselves() {
        for good in [
            "91350100M000100Y43",
            " 91350100m000100y43 ",
            "91110000802100433B",
            "91440300708461136T",
        ] {
            assert!(credit_code(good).is_ok(), "{good}");
        }
        for bad in [
            "91350100M000100Y44",
            "911100007178094700",
            "91350100M000100Y4",
            "",
            "91350100O000100Y43",
        ] {
            assert!(credit_code(bad).is_err(), "{bad}");
        }
    }
}
