//! How many petitions came: each figure with the address of the list that it counts.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{PetitionCategory, PetitionOutcome};
use super::store::Counted;
use crate::kernel::division::DivisionCode;
use crate::outreach::limits::Due;

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub division: DivisionCode,
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// A figure: of all, of one category, of one outcome, of those answered late at least once, or of those that are overdue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PetitionCount, example = json!({
    "category": "subsidy", "outcome": null, "late": false, "overdue": false, "petitions": 12,
    "list": "/v1/petitions?division_code=990121000000&received_from=2022-01-01&received_to=2022-12-31&category=subsidy"
}))]
pub struct Count {
    /// Null for all.
    pub category: Option<PetitionCategory>,
    /// Null for all.
    pub outcome: Option<PetitionOutcome>,
    /// Only those with which the office was late.
    pub late: bool,
    /// Only those with which it is.
    pub overdue: bool,
    pub petitions: usize,
    /// Lists the petitions that this counts.
    pub list: String,
}

/// All, then by category, by outcome, and what is and was late.
pub fn tally(asked: &Asked, all: &[Counted], today: NaiveDate) -> Vec<Count> {
    let Asked { division, from, to } = asked;
    let list =
        format!("/v1/petitions?division_code={division}&received_from={from}&received_to={to}");
    let whole = Count {
        category: None,
        outcome: None,
        late: false,
        overdue: false,
        petitions: all.len(),
        list: list.clone(),
    };
    let mut counts = vec![whole.clone()];
    for category in PetitionCategory::ALL {
        counts.push(Count {
            category: Some(*category),
            petitions: all.iter().filter(|one| one.0 == *category).count(),
            list: format!("{list}&category={category}"),
            ..whole.clone()
        });
    }
    for outcome in PetitionOutcome::ALL {
        counts.push(Count {
            outcome: Some(*outcome),
            petitions: all.iter().filter(|one| one.1 == Some(*outcome)).count(),
            list: format!("{list}&outcome={outcome}"),
            ..whole.clone()
        });
    }
    counts.push(Count {
        late: true,
        petitions: all.iter().filter(|one| one.2 > 0).count(),
        list: format!("{list}&late=true"),
        ..whole.clone()
    });
    let is_overdue = |one: &&Counted| {
        let due = one.3.zip(one.4).map(|(limit, date)| Due { limit, date });
        due.is_some_and(|due| due.is_overdue(today))
    };
    counts.push(Count {
        overdue: true,
        petitions: all.iter().filter(is_overdue).count(),
        list: format!("{list}&overdue=true"),
        ..whole
    });
    counts
}
