//! Whether an applicant's means are checked (法律援助法第四十一、四十二条).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::circumstance::IncomeStatus;
use crate::kernel::id::CertificateId;
use crate::kernel::vocabulary::vocabulary;
use crate::registry::facts::{CertificateState, CircumstanceKind, EmploymentForm, Snapshot};

vocabulary! {
    pub enum MeansCheck {
        Waived = "waived", "免予核查";
        Required = "required", "须核查";
    }
}

/// What was known when it was judged, and by which clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "clause": "法律援助法第四十二条第一项", "as_of": "2022-07-04", "fixed_income": false,
    "certificate_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "income_status": "none", "employment_form": "none"
}))]
pub struct MeansBasis {
    pub clause: String,
    pub as_of: NaiveDate,
    /// As the applicant says.
    pub fixed_income: bool,
    /// One that was valid.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub certificate_id: Option<CertificateId>,
    pub income_status: Option<String>,
    pub employment_form: Option<String>,
}

/// Forms of work that are paid month by month.
const PAID: [EmploymentForm; 4] = [
    EmploymentForm::Quota,
    EmploymentForm::Concentrated,
    EmploymentForm::SelfEmployed,
    EmploymentForm::PublicWelfarePost,
];

/// Who receives social assistance, and disabled people without fixed income, are not asked for their means; what the office
/// knows of somebody's work goes before what they say.
pub fn judge(known: &Snapshot, fixed_income: bool, as_of: NaiveDate) -> (MeansCheck, MeansBasis) {
    let certificate = known
        .certificate
        .as_ref()
        .filter(|one| one.state_on(as_of) == CertificateState::Valid);
    let income = known.get(CircumstanceKind::IncomeStatus);
    let work = known.get(CircumstanceKind::EmploymentForm);
    let assisted = [
        IncomeStatus::MinimumLiving,
        IncomeStatus::ExtremePovertySupport,
    ];
    let is_assisted = assisted.iter().any(|one| Some(one.as_str()) == income);
    let is_paid = PAID.iter().any(|one| Some(one.as_str()) == work);
    let (check, clause) = if is_assisted {
        (MeansCheck::Waived, "法律援助法第四十二条第二项")
    } else if certificate.is_some() && !fixed_income && !is_paid {
        (MeansCheck::Waived, "法律援助法第四十二条第一项")
    } else {
        (MeansCheck::Required, "法律援助法第四十一条")
    };
    let basis = MeansBasis {
        clause: clause.to_owned(),
        as_of,
        fixed_income,
        certificate_id: certificate.map(|one| one.id),
        income_status: income.map(str::to_owned),
        employment_form: work.map(str::to_owned),
    };
    (check, basis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Timestamp;
    use crate::registry::facts::Held;

    fn with(facts: &[(CircumstanceKind, &str)]) -> Snapshot {
        let held = |value: &str| Held {
            value: value.to_owned(),
            source: "caseworker".to_owned(),
            valid_from: NaiveDate::MIN,
            recorded_at: Timestamp::from_micros(0),
        };
        Snapshot {
            certificate: None,
            circumstances: facts
                .iter()
                .map(|(kind, value)| (*kind, held(value)))
                .collect(),
        }
    }

    #[test]
    fn social_assistance_waives_the_check_and_nothing_known_does_not() {
        let day = "2022-07-04".parse().unwrap();
        let judged = |facts: &[_], fixed| judge(&with(facts), fixed, day).0;
        let income = |word| (CircumstanceKind::IncomeStatus, word);
        assert_eq!(judged(&[], false), MeansCheck::Required);
        assert_eq!(
            judged(&[income("minimum_living")], true),
            MeansCheck::Waived
        );
        assert_eq!(
            judged(&[income("extreme_poverty_support")], true),
            MeansCheck::Waived
        );
        assert_eq!(
            judged(&[income("minimum_living_margin")], true),
            MeansCheck::Required
        );
    }
}
