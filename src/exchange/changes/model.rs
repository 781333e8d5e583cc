//! What a device is told, and where in the record it stands.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::kernel::crypto::{hex, sha256};
use crate::kernel::division::DivisionCode;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What changes are told of.
    pub enum Entity {
        Resident = "resident", "残疾人";
        Case = "case", "个案";
        /// By the id of its case.
        Task = "task", "待办";
        Enrollment = "enrollment", "享受资格";
    }
}

/// A thing that changed: as it now is, or gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub entity: Entity,
    pub id: Uuid,
    /// Nothing where it is out of sight, or not there any more.
    pub version: Option<i32>,
    pub changed_at: Timestamp,
}

/// Where in the record a device stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What could be seen when it began.
    sight: String,
    /// Everything up to this number was told, and nothing will be added there.
    settled: i64,
    /// Where the next page begins: beyond `settled` while pages follow each other.
    next: i64,
}

impl Place {
    pub fn at(sight: &Sight, settled: i64) -> Self {
        Self {
            sight: sight.name(),
            settled,
            next: settled,
        }
    }

    pub fn next(&self) -> i64 {
        self.next
    }

    /// Whether it was made for this sight, over a record that has not been put back to an earlier day.
    pub fn holds(&self, sight: &Sight, settled: i64) -> bool {
        self.sight == sight.name() && self.settled <= settled
    }

    /// After a page that began at `next` and ended with `last`, over a record that was settled up to a
    /// number. What lies beyond that is told again, for something may yet be added among it.
    pub fn after(&self, last: Option<i64>, more: bool, settled: i64) -> Self {
        let last = last.unwrap_or(self.next);
        let told = if more { last.min(settled) } else { settled };
        // What was added behind the place where a page began was not seen by it.
        let settled = if self.next == self.settled {
            told.max(self.settled)
        } else {
            self.settled
        };
        Self {
            sight: self.sight.clone(),
            settled,
            next: if more { last } else { settled },
        }
    }
}

/// Which divisions may be seen of each entity.
#[derive(Debug)]
pub struct Sight(pub Vec<(Entity, Vec<DivisionCode>)>);

impl Sight {
    /// A short name: two that see the same have the same.
    fn name(&self) -> String {
        let text: Vec<_> = self
            .0
            .iter()
            .flat_map(|(entity, divisions)| {
                let codes = divisions.iter().map(ToString::to_string);
                std::iter::once(entity.to_string()).chain(codes)
            })
            .collect();
        hex(&sha256(text.join(" ").as_bytes()))
            .chars()
            .take(16)
            .collect()
    }
}

/// What an entry of the record is about, as devices know it. What hangs on a case is told as its case.
pub fn told_of(
    entity_type: &str,
    entity_id: Option<&str>,
    changes: &Map<String, Value>,
) -> Vec<(Entity, Uuid)> {
    let own = || entity_id.and_then(|id| id.parse().ok());
    let named = |value: &Value| value.as_str().and_then(|id| id.parse().ok());
    let one = |entity, id: Option<Uuid>| id.map(|id| (entity, id)).into_iter().collect();
    match entity_type {
        "resident" => one(Entity::Resident, own()),
        "enrollment" => one(Entity::Enrollment, own()),
        "case" => own()
            .map(|id| vec![(Entity::Case, id), (Entity::Task, id)])
            .unwrap_or_default(),
        _ => {
            let several = changes.get("case_ids").and_then(Value::as_array);
            let all = several.into_iter().flatten().chain(changes.get("case_id"));
            all.filter_map(named).map(|id| (Entity::Case, id)).collect()
        }
    }
}

/// Each thing once, at its last change, in the order of those.
#[derive(Debug, Default)]
pub struct Collapsed(HashMap<(Entity, Uuid), (i64, Timestamp)>);

impl Collapsed {
    pub fn add(&mut self, thing: (Entity, Uuid), sequence: i64, at: Timestamp) {
        self.0.insert(thing, (sequence, at));
    }

    pub fn of(&self, entity: Entity) -> Vec<Uuid> {
        let own = self.0.keys().filter(|(other, _)| *other == entity);
        own.map(|(_, id)| *id).collect()
    }

    pub fn in_order(self) -> Vec<(Entity, Uuid, Timestamp)> {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_unstable_by_key(|((entity, id), (sequence, _))| (*sequence, *entity, *id));
        all.into_iter()
            .map(|((entity, id), (_, at))| (entity, id, at))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(county: &str) -> Sight {
        Sight(vec![(Entity::Resident, vec![county.parse().unwrap()])])
    }

    #[test]
    fn a_place_passes_nothing_to_which_something_may_be_added() {
        let own = sight("990121");
        let start = Place::at(&own, 10);
        // All was read, up to 17, but only up to 14 is settled: 15 to 17 are told again.
        let place = start.after(Some(17), false, 14);
        assert_eq!((place.settled, place.next), (14, 14));
        // A page ends before what is settled.
        let place = start.after(Some(12), true, 14);
        assert_eq!((place.settled, place.next), (12, 12));
        // A page ends beyond it: the next goes on there, and the round after begins at 14.
        let beyond = start.after(Some(16), true, 14);
        assert_eq!((beyond.settled, beyond.next), (14, 16));
        let place = beyond.after(Some(20), false, 20);
        assert_eq!((place.settled, place.next), (14, 14));
        // Nothing of this sight: the place follows the record all the same.
        let place = start.after(None, false, 30);
        assert_eq!((place.settled, place.next), (30, 30));
    }

    #[test]
    fn a_place_holds_for_its_sight_and_its_record_only() {
        let place = Place::at(&sight("990121"), 10);
        assert!(place.holds(&sight("990121"), 10));
        assert!(!place.holds(&sight("990122"), 10));
        assert!(!place.holds(&sight("990121"), 9));
    }

    #[test]
    fn what_hangs_on_a_case_is_told_as_its_case() {
        let [case, other] = [1, 2].map(Uuid::from_u128);
        let told = |kind: &str, changes: Value| {
            told_of(kind, Some(&case.to_string()), changes.as_object().unwrap())
        };
        let none = serde_json::json!({});
        assert_eq!(
            told("case", none.clone()),
            [(Entity::Case, case), (Entity::Task, case)]
        );
        assert_eq!(
            told("document", serde_json::json!({"case_ids": [other]})),
            [(Entity::Case, other)]
        );
        assert!(told("recusal", none).is_empty());
    }
}
