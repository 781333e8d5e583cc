//! What was held, in the units offices report by: sessions, person-times, persons, households. Units are never summed
//! with each other.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{ActivityKind, ActivityState};
use super::store;
use crate::access::Scope;
use crate::db::Db;
use crate::kernel::error::{Error, Result};

/// Of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "accessible_film", "label_zh": "无障碍观影", "sessions": 20, "person_times": 640, "persons": 212, "households": 0,
    "activities": "/v1/activities?state=held&kind=accessible_film&held_from=2022-01-01&held_to=2022-12-31"
}))]
pub struct ActivityCount {
    pub kind: ActivityKind,
    pub label_zh: &'static str,
    /// 场
    pub sessions: usize,
    /// 人次: those who are named and the head counts.
    pub person_times: i64,
    /// 人: those who are named, each once whatever records they have.
    pub persons: usize,
    /// 户: each once a calendar year.
    pub households: usize,
    /// The very activities.
    pub activities: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"from_date": "2022-01-01", "to_date": "2022-12-31", "items": []}))]
pub struct ActivityCounts {
    pub from_date: NaiveDate,
    pub to_date: NaiveDate,
    pub items: Vec<ActivityCount>,
}

/// Days that are counted at once.
const LONGEST: i64 = 3 * 366;

/// From one day to another, both counted; where to is said by the scope, and of its address by `place`.
pub fn count(
    db: &mut Db,
    scope: &Scope,
    (from, to): (NaiveDate, NaiveDate),
    place: &str,
) -> Result<ActivityCounts> {
    if to < from || (to - from).num_days() > LONGEST {
        return Err(Error::parameter(
            "to_date",
            "to_date.range",
            "not before from_date, and not more than three years after it",
            "不早于起始日期，且相隔不超过三年",
        ));
    }
    // A person may have been merged with a record of another county.
    let (sessions, came) = db.in_every_office(|db| {
        let sessions = store::held(db, scope, from, to)?;
        Ok((sessions, store::came(db, scope, from, to)?))
    })?;
    let of_kind = |kind: ActivityKind| {
        let mut held = BTreeSet::new();
        let mut others = 0;
        for (id, _, count) in sessions.iter().filter(|(_, one, _)| *one == kind) {
            held.insert(*id);
            others += i64::from(*count);
        }
        let (mut times, mut persons, mut households) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (activity, day, person, household) in &came {
            if held.contains(activity) {
                times.insert((activity, person));
                persons.insert(person);
                households.extend(household.map(|one| (day.year(), one)));
            }
        }
        let (kind_word, held_word) = (kind.as_str(), ActivityState::Held.as_str());
        Ok(ActivityCount {
            kind,
            label_zh: kind.label_zh(),
            sessions: held.len(),
            person_times: others + i64::try_from(times.len()).map_err(Error::internal)?,
            persons: persons.len(),
            households: households.len(),
            activities: format!(
                "/v1/activities?state={held_word}&kind={kind_word}&held_from={from}&held_to={to}{place}"
            ),
        })
    };
    Ok(ActivityCounts {
        from_date: from,
        to_date: to,
        items: ActivityKind::ALL
            .iter()
            .map(|kind| of_kind(*kind))
            .collect::<Result<_>>()?,
    })
}
