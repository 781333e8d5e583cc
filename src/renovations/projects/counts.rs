//! How many homes were renovated: each figure with the address of the list that it counts.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::division::DivisionCode;
use crate::kernel::id::HouseholdId;

/// What is counted: what was accepted in a period, both days included.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub division: DivisionCode,
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Asked {
    /// The list of what a figure counts.
    fn list(&self, division: DivisionCode) -> String {
        let (from, to) = (self.from, self.to);
        format!(
            "/v1/renovation-projects?division_code={division}&accepted_from={from}&accepted_to={to}"
        )
    }
}

/// What was accepted: where its case is, of whom, and in which dwelling.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub division: DivisionCode,
    pub household: Option<HouseholdId>,
    pub dwelling: Vec<u8>,
}

/// A household, or the dwelling of somebody of whom no household is known.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Home {
    Household(HouseholdId),
    Dwelling(Vec<u8>),
}

impl From<&Accepted> for Home {
    fn from(one: &Accepted) -> Self {
        match one.household {
            Some(household) => Self::Household(household),
            None => Self::Dwelling(one.dwelling.clone()),
        }
    }
}

/// Households, and the projects they had: two units that are never added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RenovationCount, example = json!({
    "division_code": "990121000000", "households": 12, "projects": 12,
    "list": "/v1/renovation-projects?division_code=990121000000&accepted_from=2022-01-01&accepted_to=2022-12-31"
}))]
pub struct Count {
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// Distinct households, however many residents live there.
    pub households: usize,
    pub projects: usize,
    /// Lists the projects that this counts.
    pub list: String,
}

/// The division as a whole, then what lies right beneath it.
pub fn tally(asked: Asked, accepted: &[Accepted]) -> Vec<Count> {
    let mut tallies: BTreeMap<_, (HashSet<Home>, usize)> = BTreeMap::new();
    tallies.insert((false, asked.division), Default::default());
    for one in accepted {
        let part = beneath(asked.division, one.division).map(|part| (true, part));
        for place in std::iter::once((false, asked.division)).chain(part) {
            let (homes, projects) = tallies.entry(place).or_default();
            homes.insert(Home::from(one));
            *projects += 1;
        }
    }
    tallies
        .into_iter()
        .map(|((_, division), (homes, projects))| Count {
            division_code: division,
            households: homes.len(),
            projects,
            list: asked.list(division),
        })
        .collect()
}

/// The division right beneath one, on the way to another.
fn beneath(top: DivisionCode, deep: DivisionCode) -> Option<DivisionCode> {
    let mut place = deep;
    while let Some(parent) = place.parent() {
        if parent == top {
            return Some(place);
        }
        place = parent;
    }
    None
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_household_counts_once_however_often_and_where() {
        let code = |text| DivisionCode::parse(text).unwrap();
        let household = |number| Some(HouseholdId::new(Uuid::from_u128(number)));
        let of = |division, household, dwelling: u8| Accepted {
            division: code(division),
            household,
            dwelling: vec![dwelling],
        };
        let accepted = [
            of("990121103201", household(1), 1),
            // It moved to the next county.
            of("990122103201", household(1), 2),
            of("990122103201", None, 3),
            of("990122103202", None, 4),
        ];
        let asked = Asked {
            division: code("990100"),
            from: "2022-01-01".parse().unwrap(),
            to: "2022-12-31".parse().unwrap(),
        };
        let told: Vec<_> = tally(asked, &accepted)
            .into_iter()
            .map(|one| (one.division_code.to_string(), one.households, one.projects))
            .collect();
        let figure = |code: &str, households, projects| (code.to_owned(), households, projects);
        assert_eq!(
            told,
            [
                figure("990100000000", 3, 4),
                figure("990121000000", 1, 1),
                figure("990122000000", 3, 3),
            ]
        );
    }
}
