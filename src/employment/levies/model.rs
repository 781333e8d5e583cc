//! How the levy is reckoned: all of it in whole numbers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::employment::standards::QuotaTerms;
use crate::employment::words;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{EmployerId, EmploymentStandardId, LevyEstimateId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// Where those employed were counted.
    pub enum LevySource {
        Given = "given", "单位申报";
        Placements = "placements", "就业登记";
    }
}

/// Months of work in the year of people with a certificate; twelve are one person's year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"months": 24, "severe_months": 12}))]
pub struct EmployedMonths {
    /// Of grade 3 and 4.
    #[schema(minimum = 0, maximum = 12_000_000)]
    pub months: i32,
    /// Of grade 1 and 2, who count for more.
    #[schema(minimum = 0, maximum = 12_000_000)]
    pub severe_months: i32,
}

/// Of whom and of which year.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "employer_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "year": 2022, "staff_count": 200, "average_wage_fen": 8_000_000,
    "employed": {"months": 24, "severe_months": 0}
}))]
pub struct NewLevyEstimate {
    #[schema(value_type = uuid::Uuid)]
    pub employer_id: EmployerId,
    #[schema(minimum = 2016, maximum = 2200)]
    pub year: i32,
    /// On average of the year.
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub staff_count: i32,
    /// Of a year, at this employer.
    #[schema(minimum = 1)]
    pub average_wage_fen: Fen,
    /// As the employer says; unless given, what the verified placements there come to.
    #[serde(default)]
    pub employed: Option<EmployedMonths>,
}

impl NewLevyEstimate {
    pub fn check(&self) -> Result<()> {
        let mut errors = Vec::new();
        let mut within = |pointer: &str, value: i32, lowest: i32, highest: i32| {
            if !(lowest..=highest).contains(&value) {
                errors.push(FieldError::new(
                    pointer,
                    "number.range",
                    format!("{lowest} to {highest}"),
                    format!("须为 {lowest} 至 {highest}"),
                ));
            }
        };
        within("/year", self.year, 2016, 2200);
        within("/staff_count", self.staff_count, 1, 10_000_000);
        if let Some(employed) = self.employed {
            // Nobody works for more than the whole year.
            let most = self.staff_count.clamp(1, 10_000_000).saturating_mul(12);
            within("/employed/months", employed.months, 0, most);
            let left = most.saturating_sub(employed.months.clamp(0, most));
            within("/employed/severe_months", employed.severe_months, 0, left);
        }
        errors.extend(words::amount("/average_wage_fen", self.average_wage_fen).err());
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::fields(errors))
        }
    }
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reckoned {
    /// The average wage, no higher than the cap.
    pub counted_wage: Fen,
    /// What of the levy is due.
    pub percent: i32,
    pub full: Fen,
    pub levy: Fen,
}

/// Divides and rounds to the nearest, halves up.
fn nearest(dividend: i128, divisor: i128) -> Option<i128> {
    dividend.checked_add(divisor / 2)?.checked_div(divisor)
}

/// (staff × quota − employed) × average wage × what is due of it. The shortfall may be a fraction of a person.
pub fn reckon(
    terms: &QuotaTerms,
    staff: i32,
    average_wage: Fen,
    local_wage: Option<Fen>,
    employed: EmployedMonths,
) -> Option<Reckoned> {
    let wage = i128::from(average_wage.get());
    let cap = local_wage.and_then(|local| {
        i128::from(local.get())
            .checked_mul(i128::from(terms.wage_cap_percent))?
            .checked_div(100)
    });
    let counted = cap.map_or(wage, |cap| wage.min(cap.max(1)));
    let severe = i128::from(employed.severe_months).checked_mul(terms.severe_weight.into())?;
    let months = i128::from(employed.months).checked_add(severe)?;
    // In ten-thousandths of a person's month.
    let staff_months = i128::from(staff).checked_mul(12)?;
    let owed = staff_months.checked_mul(terms.quota_basis_points.into())?;
    let done = months.checked_mul(10_000)?;
    let threshold = staff_months.checked_mul(terms.threshold_basis_points.into())?;
    let missing = owed.checked_sub(done)?.max(0);
    let percent = if staff <= terms.exempt_staff {
        0
    } else if done >= threshold {
        terms.upper_percent
    } else {
        terms.lower_percent
    };
    let product = missing.checked_mul(counted)?;
    let full = nearest(product, 120_000)?;
    let levy = nearest(product.checked_mul(percent.into())?, 12_000_000)?;
    let fen = |amount: i128| i64::try_from(amount).ok().map(Fen::new);
    Some(Reckoned {
        counted_wage: fen(counted)?,
        percent,
        full: fen(full)?,
        levy: fen(levy)?,
    })
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e12", "employer_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "division_code": "990121103000",
    "year": 2022, "staff_count": 200, "average_wage_fen": 8_000_000, "employed": {"months": 24, "severe_months": 0}, "source": "given",
    "standard_id": "01500000-0000-7000-8000-000000000002", "cap_standard_id": null, "counted_wage_fen": 8_000_000, "percent": 50,
    "full_fen": 8_000_000, "levy_fen": 4_000_000, "estimated_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "estimated_at": "2023-01-20T01:00:00.000000Z"
}))]
pub struct LevyEstimate {
    #[schema(value_type = uuid::Uuid)]
    pub id: LevyEstimateId,
    #[schema(value_type = uuid::Uuid)]
    pub employer_id: EmployerId,
    /// Where the employer was.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub year: i32,
    pub staff_count: i32,
    pub average_wage_fen: Fen,
    pub employed: EmployedMonths,
    pub source: LevySource,
    /// The terms it was reckoned by.
    #[schema(value_type = uuid::Uuid)]
    pub standard_id: EmploymentStandardId,
    /// The local average wage that bounds the employer's; null where none is laid down.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub cap_standard_id: Option<EmploymentStandardId>,
    /// The wage that counts.
    pub counted_wage_fen: Fen,
    /// What of the levy is due.
    pub percent: i32,
    /// For all that are missing.
    pub full_fen: Fen,
    pub levy_fen: Fen,
    #[schema(value_type = uuid::Uuid)]
    pub estimated_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub estimated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: QuotaTerms = QuotaTerms {
        quota_basis_points: 150,
        threshold_basis_points: 100,
        upper_percent: 50,
        lower_percent: 90,
        exempt_staff: 30,
        wage_cap_percent: 200,
        severe_weight: 2,
    };

    fn yuan(staff: i32, months: i32, severe_months: i32, local: Option<i64>) -> i64 {
        let employed = EmployedMonths {
            months,
            severe_months,
        };
        let local = local.map(|yuan| Fen::new(yuan * 100));
        let reckoned = reckon(&TERMS, staff, Fen::new(8_000_000), local, employed).unwrap();
        assert!(reckoned.levy <= reckoned.full);
        reckoned.levy.get() / 100
    }

    #[test]
    fn the_vectors_of_the_rule() {
        assert_eq!(yuan(200, 0, 0, None), 216_000);
        assert_eq!(yuan(200, 24, 0, None), 40_000);
        assert_eq!(yuan(200, 36, 0, None), 0);
    }

    #[test]
    fn severe_people_count_twice_and_parts_of_a_person_count() {
        assert_eq!(yuan(200, 0, 12, None), 40_000);
        assert_eq!(yuan(200, 12, 12, None), 0);
        // 230 × 1.5 % is 3.45: 0.45 of a person is missing.
        assert_eq!(yuan(230, 36, 0, None), 18_000);
        // One who worked for half a year is half a person, and less than one percent.
        assert_eq!(yuan(200, 18, 0, None), 108_000);
        // More than is asked for is not paid back.
        assert_eq!(yuan(200, 600, 0, None), 0);
    }

    #[test]
    fn small_employers_owe_nothing_and_no_wage_counts_above_the_cap() {
        assert_eq!(yuan(30, 0, 0, None), 0);
        assert_eq!(yuan(31, 0, 0, None), 33_480);
        assert_eq!(yuan(200, 0, 0, Some(30_000)), 162_000);
        assert_eq!(yuan(200, 0, 0, Some(50_000)), 216_000);
    }
}
