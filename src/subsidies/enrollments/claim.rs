//! What an application claims for: part of a contribution to an insurance, for the months it was paid for. Pure.

use serde_json::{Map, Value};

use super::model::Enrollment;
use crate::casework::Field;
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::programs::rules::schema::MOST_CLAIMED_MONTHS;
use crate::programs::{BenefitPeriod, Claimed, ProgramVersion};

/// As rules take it (`HIGHEST_CONTRIBUTION`).
const HIGHEST: i64 = 100_000_000;

/// What the details of such an application say; `note` stands in all.
pub const FIELDS: &[(&str, Field)] = &[
    ("note", Field::Text(500)),
    ("period_from", Field::Month),
    ("period_to", Field::Month),
    ("contribution_fen", Field::Number(1, HIGHEST)),
    ("voucher_number", Field::Text(40)),
];

/// A contribution, as somebody claims for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimDetails {
    pub from: Month,
    pub to: Month,
    pub contribution_fen: Fen,
    pub voucher_number: String,
}

/// What was granted of a contribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The last month that was claimed for, whenever it stopped.
    pub to: Month,
    pub contribution_fen: Fen,
    pub voucher_number: String,
    /// For all months together.
    pub total_fen: Fen,
}

fn wrong(name: &str, code: &'static str, en: &str, zh: &str) -> FieldError {
    FieldError::new(format!("/details/{name}"), code, en, zh)
}

impl ClaimDetails {
    /// As the details say it, where they say all of it.
    pub fn of(details: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| details.get(name).and_then(Value::as_str);
        let month = |name: &str| text(name).and_then(|text| Month::parse(text).ok());
        Some(Self {
            from: month("period_from")?,
            to: month("period_to")?,
            contribution_fen: Fen::new(details.get("contribution_fen")?.as_i64()?),
            voucher_number: text("voucher_number")?.trim().to_owned(),
        })
    }

    fn months(&self) -> i32 {
        self.to.index() - self.from.index() + 1
    }
}

/// What an application to a version claims for. Where that is what the version is about, it says all of it; and
/// nothing of it elsewhere.
pub fn claimed(version: &ProgramVersion, details: &Map<String, Value>) -> Result<Option<Claimed>> {
    let claims = version.terms.period == BenefitPeriod::Claim;
    let fields = FIELDS.iter().skip(1).map(|(name, _)| *name);
    let faults: Vec<_> = fields
        .filter(|name| details.contains_key(*name) != claims)
        .map(|name| {
            if claims {
                wrong(
                    name,
                    "details.missing",
                    "the program needs it",
                    "该项目须填写",
                )
            } else {
                wrong(
                    name,
                    "details.unknown",
                    "the program claims for no contribution",
                    "该项目不填写此项",
                )
            }
        })
        .collect();
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let Some(claim) = ClaimDetails::of(details) else {
        return Ok(None);
    };
    let months = claim.months();
    if !(1..=MOST_CLAIMED_MONTHS).contains(&months) {
        return Err(Error::fields(vec![wrong(
            "period_to",
            "claim.period",
            "one to twelve months, from period_from on",
            "自起始月起一至十二个月",
        )]));
    }
    Ok(Some(Claimed {
        contribution_fen: claim.contribution_fen,
        months,
    }))
}

impl Enrollment {
    /// What its application claimed, as rules see it.
    pub fn claimed(&self) -> Option<Claimed> {
        let claim = self.claim.as_ref()?;
        Some(Claimed {
            contribution_fen: claim.contribution_fen,
            months: claim.to.index() - self.start_month.index() + 1,
        })
    }
}

/// What is fixed for a month beforehand: a claim spread over its months in whole fen, what is left over on the
/// first. Nothing for what is computed month by month, and outside of the claim.
pub fn rate_in(of: &Enrollment, month: Month) -> Option<Fen> {
    let claim = of.claim.as_ref()?;
    spread(claim.total_fen, of.start_month, claim.to, month)
}

/// A month's share of a total.
pub fn spread(total: Fen, first: Month, last: Month, month: Month) -> Option<Fen> {
    if month < first || last < month {
        return None;
    }
    let months = i64::from(last.index() - first.index() + 1);
    let share = total.get().checked_div(months)?;
    let left_over = total.get().checked_rem(months)?;
    Some(Fen::new(if month == first {
        share + left_over
    } else {
        share
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rules_take_every_contribution() {
        assert_eq!(
            HIGHEST,
            i64::from(crate::programs::rules::schema::HIGHEST_CONTRIBUTION)
        );
    }

    proptest! {
        #[test]
        fn nothing_of_a_total_is_lost(total in 1_i64..=100_000_000, first in 24_000_i32..24_600, months in 1_i32..=12) {
            let at = |index| Month::from_index(index).unwrap();
            let (from, to) = (at(first), at(first + months - 1));
            let share = |index| spread(Fen::new(total), from, to, at(index)).map(Fen::get);
            let shares: Vec<_> = (first..first + months).filter_map(share).collect();
            prop_assert_eq!(shares.len(), usize::try_from(months).unwrap());
            prop_assert_eq!(shares.iter().sum::<i64>(), total);
            prop_assert!(shares[0] > 0 && shares.iter().all(|one| *one <= shares[0]));
            prop_assert_eq!((share(first - 1), share(first + months)), (None, None));
        }
    }
}
