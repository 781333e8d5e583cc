//! How many persons were helped: each figure with the address of the list that it counts.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::RehabilitationServiceKind;
use super::store::Delivered;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::ResidentId;

/// What is counted.
#[derive(Debug, Clone)]
pub struct Asked {
    pub division: DivisionCode,
    pub program_code: Option<String>,
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Asked {
    /// The list of what a figure counts.
    fn list(&self, division: DivisionCode, kind: Option<RehabilitationServiceKind>) -> String {
        let program = self.program_code.as_ref();
        let program = program.map_or(String::new(), |code| format!("&program_code={code}"));
        let kind = kind.map_or(String::new(), |kind| format!("&kind={kind}"));
        let (from, to) = (self.from, self.to);
        format!(
            "/v1/rehabilitation-services?division_code={division}&delivered_from={from}&delivered_to={to}{program}{kind}"
        )
    }
}

/// Persons, and the services they had: two units that are never added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RehabilitationServiceCount, example = json!({
    "division_code": "990121000000", "kind": "hearing", "persons": 12, "services": 14,
    "list": "/v1/rehabilitation-services?division_code=990121000000&delivered_from=2022-01-01&delivered_to=2022-12-31&kind=hearing"
}))]
pub struct Count {
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// Null for all kinds together, in which a person counts once.
    pub kind: Option<RehabilitationServiceKind>,
    /// Distinct persons; records that were merged are one.
    pub persons: usize,
    pub services: usize,
    /// Lists the services that this counts.
    pub list: String,
}

/// The division as a whole and by kind, then what lies right beneath it.
pub fn tally(
    asked: &Asked,
    delivered: &[Delivered],
    kept: &HashMap<ResidentId, ResidentId>,
) -> Vec<Count> {
    let mut tallies: BTreeMap<_, (HashSet<ResidentId>, usize)> = BTreeMap::new();
    for kind in
        std::iter::once(None).chain(RehabilitationServiceKind::ALL.iter().copied().map(Some))
    {
        tallies.insert((false, asked.division, kind), Default::default());
    }
    for (division, kind, resident) in delivered {
        let person = kept.get(resident).copied().unwrap_or(*resident);
        let part = beneath(asked.division, *division).map(|part| (true, part));
        for (below, place) in std::iter::once((false, asked.division)).chain(part) {
            for kind in [None, Some(*kind)] {
                let (persons, services) = tallies.entry((below, place, kind)).or_default();
                persons.insert(person);
                *services += 1;
            }
        }
    }
    tallies
        .into_iter()
        .map(|((_, division, kind), (persons, services))| Count {
            division_code: division,
            kind,
            persons: persons.len(),
            services,
            list: asked.list(division, kind),
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
    use super::*;
    use uuid::Uuid;

    fn code(text: &str) -> DivisionCode {
        DivisionCode::parse(text).unwrap()
    }

    #[test]
    fn persons_count_once_however_many_services_and_records_they_have() {
        use RehabilitationServiceKind::{Hearing, Mobility, Vision};
        let [a, b, c] = [1, 2, 3].map(|n| ResidentId::new(Uuid::from_u128(n)));
        let village = code("990121103201");
        let other = code("990122103201");
        let delivered = [
            (village, RehabilitationServiceKind::Hearing, a),
            (village, RehabilitationServiceKind::Hearing, a),
            (village, RehabilitationServiceKind::Vision, b),
            (other, RehabilitationServiceKind::Vision, c),
        ];
        let asked = Asked {
            division: code("990100"),
            program_code: None,
            from: "2022-01-01".parse().unwrap(),
            to: "2022-12-31".parse().unwrap(),
        };
        // The second record is the first person's.
        let counts = tally(&asked, &delivered, &HashMap::from([(b, a)]));
        let told: Vec<_> = counts
            .iter()
            .map(|one| {
                (
                    one.division_code.as_str(),
                    one.kind,
                    one.persons,
                    one.services,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("990100000000", None, 2, 4),
                ("990100000000", Some(Hearing), 1, 2),
                ("990100000000", Some(Vision), 2, 2),
                ("990100000000", Some(Mobility), 0, 0),
                ("990121000000", None, 1, 3),
                ("990121000000", Some(Hearing), 1, 2),
                ("990121000000", Some(Vision), 1, 1),
                ("990122000000", None, 1, 1),
                ("990122000000", Some(Vision), 1, 1),
            ]
        );
    }
}
