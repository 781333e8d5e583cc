//! A standard, and which of several holds.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::employment::words;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::{EmploymentStandardId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::text::text;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What a standard is of.
    pub enum StandardKind {
        /// A month's, in fen.
        MinimumWage = "minimum_wage", "最低工资标准";
        /// A year's, in fen.
        AverageWage = "average_wage", "社会平均工资";
        QuotaLevy = "quota_levy", "残疾人就业保障金征收标准";
    }
}

vocabulary! {
    pub enum StandardState {
        Proposed = "proposed", "待审批";
        Approved = "approved", "已批准";
        Rejected = "rejected", "未批准";
    }
}

vocabulary! {
    pub enum StandardOutcome {
        Approve = "approve", "批准";
        Reject = "reject", "不批准";
    }
}

/// How the quota levy (残保金) is reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "quota_basis_points": 150, "threshold_basis_points": 100, "upper_percent": 50, "lower_percent": 90,
    "exempt_staff": 30, "wage_cap_percent": 200, "severe_weight": 2
}))]
pub struct QuotaTerms {
    /// The share of staff to be employed, in hundredths of a percent.
    #[schema(minimum = 1, maximum = 10_000)]
    pub quota_basis_points: i32,
    /// Whoever employs this share pays `upper_percent` of the levy, whoever employs less `lower_percent`.
    #[schema(minimum = 0, maximum = 10_000)]
    pub threshold_basis_points: i32,
    #[schema(minimum = 0, maximum = 100)]
    pub upper_percent: i32,
    #[schema(minimum = 0, maximum = 100)]
    pub lower_percent: i32,
    /// Up to so many staff nothing is due.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub exempt_staff: i32,
    /// No wage counts above this share of the local average wage.
    #[schema(minimum = 1, maximum = 10_000)]
    pub wage_cap_percent: i32,
    /// For how many a person of grade 1 or 2 counts.
    #[schema(minimum = 1, maximum = 10)]
    pub severe_weight: i32,
}

impl QuotaTerms {
    fn check(&self) -> Option<FieldError> {
        let within = |value: i32, lowest: i32, highest: i32| (lowest..=highest).contains(&value);
        let fits = within(self.quota_basis_points, 1, 10_000)
            && within(self.threshold_basis_points, 0, 10_000)
            && within(self.upper_percent, 0, 100)
            && within(self.lower_percent, 0, 100)
            && within(self.exempt_staff, 0, 1_000_000)
            && within(self.wage_cap_percent, 1, 10_000)
            && within(self.severe_weight, 1, 10)
            && self.upper_percent <= self.lower_percent;
        (!fits).then(|| {
            FieldError::new(
                "/quota_levy",
                "quota_levy.range",
                "shares up to 10000 basis points, percentages up to 100, the upper not above the lower",
                "比例不超过10000个基点，征收比例不超过100%，且达标档不高于未达标档",
            )
        })
    }
}

/// What somebody proposes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEmploymentStandard, example = json!({
    "kind": "minimum_wage", "division_code": "990121", "effective_from": "2099-01-01", "amount_fen": 207_000,
    "legal_basis": "市政府关于调整最低工资标准的通知"
}))]
pub struct NewStandard {
    pub kind: StandardKind,
    /// Holds here and beneath, wherever nothing nearer does.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[serde(deserialize_with = "date::written")]
    pub effective_from: NaiveDate,
    /// Of wages.
    #[serde(default)]
    pub amount_fen: Option<Fen>,
    /// Of the levy.
    #[serde(default)]
    pub quota_levy: Option<QuotaTerms>,
    #[schema(min_length = 1, max_length = 500)]
    pub legal_basis: String,
}

impl NewStandard {
    /// The legal basis, if all is as it may be.
    pub fn check(&self) -> Result<String> {
        let mut errors = Vec::new();
        let is_levy = self.kind == StandardKind::QuotaLevy;
        if is_levy != self.amount_fen.is_none() {
            errors.push(FieldError::new(
                "/amount_fen",
                "standard.amount",
                "wages have an amount, the levy has none",
                "工资标准须填写金额，残保金标准不填",
            ));
        }
        if is_levy != self.quota_levy.is_some() {
            errors.push(FieldError::new(
                "/quota_levy",
                "standard.terms",
                "the levy has terms, wages have none",
                "残保金标准须填写征收参数，工资标准不填",
            ));
        }
        errors.extend(self.quota_levy.as_ref().and_then(QuotaTerms::check));
        if let Some(fen) = self.amount_fen {
            errors.extend(words::amount("/amount_fen", fen).err());
        }
        let basis = words::keep(text("/legal_basis", &self.legal_basis, 500), &mut errors);
        match basis {
            Some(basis) if errors.is_empty() => Ok(basis),
            _ => Err(Error::fields(errors)),
        }
    }
}

/// What another person says of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EmploymentStandardDecision, example = json!({"outcome": "approve"}))]
pub struct StandardDecision {
    pub outcome: StandardOutcome,
    /// Needed to reject.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = EmploymentStandard, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "kind": "minimum_wage", "division_code": "990121000000",
    "effective_from": "2022-01-01", "amount_fen": 207_000, "quota_levy": null, "legal_basis": "市政府通知", "state": "approved",
    "proposed_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "proposed_at": "2022-01-05T01:00:00.000000Z",
    "decided_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "decided_at": "2022-01-06T01:00:00.000000Z", "comment": null, "version": 2
}))]
pub struct Standard {
    #[schema(value_type = uuid::Uuid)]
    pub id: EmploymentStandardId,
    pub kind: StandardKind,
    /// Null is the whole country's, by law.
    #[schema(value_type = Option<String>)]
    pub division_code: Option<DivisionCode>,
    pub effective_from: NaiveDate,
    pub amount_fen: Option<Fen>,
    pub quota_levy: Option<QuotaTerms>,
    pub legal_basis: String,
    pub state: StandardState,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub proposed_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub proposed_at: Option<Timestamp>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub decided_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub decided_at: Option<Timestamp>,
    pub comment: Option<String>,
    pub version: i32,
}

/// Of several that were approved: the nearest division's, and of that the latest.
pub fn holds(all: Vec<Standard>) -> Option<Standard> {
    all.into_iter().max_by_key(|one| {
        (
            one.division_code.map(DivisionCode::level),
            one.effective_from,
        )
    })
}
