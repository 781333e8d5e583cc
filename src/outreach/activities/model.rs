//! An activity: its steps, and who came.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{
    ActivityAttendanceId, ActivityId, HouseholdId, OrganizationId, ResidentId, UserId,
};
use crate::kernel::text::{self, maybe};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What an activity is.
    pub enum ActivityKind {
        CultureFiveOnes = "culture_five_ones", "文化助残“五个一”";
        SpecialArtShow = "special_art_show", "特殊艺术“五进”演出";
        AccessibleFilm = "accessible_film", "无障碍观影";
        HomeSportsRehabilitation = "home_sports_rehabilitation", "康复体育进家庭";
        SportsEvent = "sports_event", "残疾人体育活动";
        Other = "other", "其他活动";
    }
}

impl ActivityKind {
    /// Whether it is done at home, and so counts households.
    pub const fn is_at_home(self) -> bool {
        matches!(self, Self::HomeSportsRehabilitation)
    }
}

vocabulary! {
    /// State of an activity.
    pub enum ActivityState {
        Planned = "planned", "计划中";
        Held = "held", "已举办";
        Cancelled = "cancelled", "已取消";
    }
}

vocabulary! {
    /// What is done about an activity.
    pub enum ActivityAction {
        Plan = "plan", "计划";
        Reschedule = "reschedule", "改期";
        Hold = "hold", "举办";
        /// Another day or head count than was written down.
        Correct = "correct", "更正";
        Cancel = "cancel", "取消";
    }
}

impl ActivityAction {
    const STEPS: [Self; 4] = [Self::Reschedule, Self::Hold, Self::Correct, Self::Cancel];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Plan => "activity.planned",
            Self::Reschedule => "activity.rescheduled",
            Self::Hold => "activity.held",
            Self::Correct => "activity.corrected",
            Self::Cancel => "activity.cancelled",
        }
    }

    const fn takes_a_reason(self) -> bool {
        matches!(self, Self::Reschedule | Self::Correct | Self::Cancel)
    }
}

/// Where an action leads, or nowhere.
const fn follow(at: ActivityState, action: ActivityAction) -> Option<ActivityState> {
    match (at, action) {
        (ActivityState::Planned, ActivityAction::Reschedule) => Some(ActivityState::Planned),
        (ActivityState::Planned, ActivityAction::Hold)
        | (ActivityState::Held, ActivityAction::Correct) => Some(ActivityState::Held),
        (ActivityState::Planned | ActivityState::Held, ActivityAction::Cancel) => {
            Some(ActivityState::Cancelled)
        }
        _ => None,
    }
}

pub fn allowed(at: ActivityState) -> Vec<ActivityAction> {
    let leads = |action: &ActivityAction| follow(at, *action).is_some();
    ActivityAction::STEPS.into_iter().filter(leads).collect()
}

const MOST_OTHERS: i32 = 100_000;
/// Days ahead, and back, that anybody plans or writes down.
const FURTHEST: i64 = 3 * 366;

/// What is planned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "accessible_film", "name": "无障碍观影《千里江山》", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "division_code": "990121", "planned_date": "2022-07-10", "place": "县文化馆"
}))]
pub struct NewActivity {
    pub kind: ActivityKind,
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Who organizes it.
    #[schema(value_type = uuid::Uuid)]
    pub organization_id: OrganizationId,
    /// Whose activity it is.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[serde(deserialize_with = "date::written")]
    pub planned_date: NaiveDate,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub place: Option<String>,
}

/// What became of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "hold", "on_date": "2022-07-01", "others_count": 35}))]
pub struct NewActivityTransition {
    pub action: ActivityAction,
    /// The other day of `reschedule`; on which it was held, of `hold` and `correct`: today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub on_date: Option<NaiveDate>,
    /// How many came besides those who are named, of `hold` and `correct`; nobody, unless given. Of what is done at
    /// home everybody is named.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000)]
    pub others_count: Option<i32>,
    /// Needed by `reschedule`, `correct` and `cancel`.
    #[serde(default)]
    #[schema(min_length = 2, max_length = 500)]
    pub reason: Option<String>,
}

/// Who came.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"resident_ids": ["0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07"]}))]
pub struct NewAttendances {
    /// Each once; all of them, or none.
    #[schema(value_type = Vec<uuid::Uuid>, min_items = 1, max_items = 200)]
    pub resident_ids: Vec<ResidentId>,
}

const MOST_AT_ONCE: usize = 200;

impl NewAttendances {
    pub fn check(&self) -> Result<()> {
        let count = self.resident_ids.len();
        let mut each = self.resident_ids.clone();
        each.sort_unstable();
        each.dedup();
        if (1..=MOST_AT_ONCE).contains(&count) && each.len() == count {
            return Ok(());
        }
        Err(Error::field(
            "/resident_ids",
            "attendances.range",
            "1 to 200 residents, each once",
            "1 至 200 人，不得重复",
        ))
    }
}

/// Why somebody is taken off again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ActivityWithdrawal, example = json!({"reason": "签到表登记有误，该人当日未到场"}))]
pub struct NewWithdrawal {
    #[schema(min_length = 2, max_length = 500)]
    pub reason: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "kind": "accessible_film", "name": "无障碍观影《千里江山》",
    "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "division_code": "990121000000", "place": "县文化馆",
    "planned_date": "2022-07-01", "held_date": "2022-07-01", "others_count": 35, "named_count": 12, "state": "held",
    "allowed_actions": ["correct", "cancel"], "created_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09",
    "created_at": "2022-06-20T01:00:00.000000Z", "version": 2, "history": []
}))]
pub struct Activity {
    #[schema(value_type = uuid::Uuid)]
    pub id: ActivityId,
    pub kind: ActivityKind,
    pub name: String,
    #[schema(value_type = uuid::Uuid)]
    pub organization_id: OrganizationId,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub place: Option<String>,
    pub planned_date: NaiveDate,
    /// Where it was held.
    pub held_date: Option<NaiveDate>,
    /// Head count of those who are not named.
    pub others_count: Option<i32>,
    pub state: ActivityState,
    /// What its state allows next.
    pub allowed_actions: Vec<ActivityAction>,
    #[schema(value_type = uuid::Uuid)]
    pub created_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    pub version: i32,
    /// How many are named; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub named_count: Option<i64>,
    /// From the beginning; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub history: Option<Vec<ActivityEntry>>,
}

/// One entry of an activity's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ActivityEntry {
    pub sequence: i32,
    pub action: ActivityAction,
    pub from_state: Option<ActivityState>,
    pub to_state: ActivityState,
    /// For which day it was planned, or on which it was held.
    pub on_date: Option<NaiveDate>,
    pub others_count: Option<i32>,
    pub reason: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    pub actor_id: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub at: Timestamp,
}

/// Somebody who came.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0f", "activity_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "division_code": "990121103201", "household_id": null,
    "recorded_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "recorded_at": "2022-07-01T08:00:00.000000Z",
    "withdrawn_by": null, "withdrawn_at": null, "withdrawal_reason": null
}))]
pub struct ActivityAttendance {
    #[schema(value_type = uuid::Uuid)]
    pub id: ActivityAttendanceId,
    #[schema(value_type = uuid::Uuid)]
    pub activity_id: ActivityId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// Where they lived then.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// In which household, where it was done at home.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub household_id: Option<HouseholdId>,
    #[schema(value_type = uuid::Uuid)]
    pub recorded_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub recorded_at: Timestamp,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub withdrawn_by: Option<UserId>,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub withdrawn_at: Option<Timestamp>,
    pub withdrawal_reason: Option<String>,
}

/// A step as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub action: ActivityAction,
    pub on_date: Option<NaiveDate>,
    pub others_count: Option<i32>,
    pub reason: Option<String>,
}

fn near(pointer: &str, day: NaiveDate, today: NaiveDate) -> Option<FieldError> {
    let away = (day - today).num_days().abs();
    (away > FURTHEST)
        .then(|| FieldError::new(pointer, "date.range", "within three years", "须在三年以内"))
}

impl NewActivity {
    /// Name and place, if all is as it may be.
    pub fn check(&self, today: NaiveDate) -> Result<(String, Option<String>)> {
        let mut errors: Vec<_> = near("/planned_date", self.planned_date, today)
            .into_iter()
            .collect();
        let name = text::text("/name", &self.name, 100);
        let place = maybe("/place", self.place.as_deref(), 200);
        match (name, place) {
            (Ok(name), Ok(place)) if errors.is_empty() => Ok((name, place)),
            (name, place) => {
                errors.extend(name.err());
                errors.extend(place.err());
                Err(Error::fields(errors))
            }
        }
    }
}

impl NewActivityTransition {
    /// The step, if it says what it must and nothing else.
    pub fn step(&self, of: &Activity, today: NaiveDate) -> Result<Step> {
        let mut errors = Vec::new();
        let holds = matches!(self.action, ActivityAction::Hold | ActivityAction::Correct);
        let on_date = match self.action {
            ActivityAction::Hold => Some(self.on_date.unwrap_or(today)),
            ActivityAction::Correct => self.on_date.or(of.held_date),
            _ => self.on_date,
        };
        if (self.action == ActivityAction::Cancel) == on_date.is_some() {
            errors.push(FieldError::new(
                "/on_date",
                "on_date.needed",
                "the day of every step but cancel",
                "除取消外须填写日期",
            ));
        }
        if let Some(day) = on_date {
            errors.extend(near("/on_date", day, today));
            if holds && day > today {
                errors.push(FieldError::new(
                    "/on_date",
                    "on_date.future",
                    "not a day to come",
                    "不得为今后的日期",
                ));
            }
        }
        let others_count = match self.action {
            ActivityAction::Hold => Some(self.others_count.unwrap_or(0)),
            ActivityAction::Correct => self.others_count.or(of.others_count),
            _ => self.others_count,
        };
        let most = if of.kind.is_at_home() { 0 } else { MOST_OTHERS };
        let fits = others_count.is_none_or(|count| (0..=most).contains(&count));
        if holds != others_count.is_some() || !fits {
            errors.push(FieldError::new(
                "/others_count",
                "others_count.range",
                "0 to 100000 of hold and correct, and of nothing else; 0 of what is done at home",
                "举办和更正须填写 0 至 100000，其他环节不填；进家庭活动须实名，填 0",
            ));
        }
        let reason = self.reason.as_deref().map(str::trim);
        let reason = reason.filter(|text| !text.is_empty());
        if reason.is_some() != self.action.takes_a_reason()
            || reason.is_some_and(|reason| text::reason(reason).is_err())
        {
            errors.push(FieldError::new(
                "/reason",
                "reason.length",
                "2 to 500 characters of reschedule, correct and cancel, and of nothing else",
                "改期、更正、取消须填写 2 至 500 个字的理由，其他环节不填",
            ));
        }
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        Ok(Step {
            action: self.action,
            on_date,
            others_count,
            reason: reason.map(str::to_owned),
        })
    }
}

impl Activity {
    /// Whether somebody who lives there may be named: of the county, or of the city, whose activity it is.
    pub fn names(&self, home: DivisionCode) -> bool {
        match self.division_code.county() {
            Some(county) => county.contains(home),
            None => self.division_code.contains(home),
        }
    }

    /// Refuses what the state does not allow, before anything else is said.
    pub fn takes(&self, action: ActivityAction) -> Result<ActivityState> {
        follow(self.state, action).ok_or_else(|| {
            Error::new(Code::ActivityTransition)
                .detail(
                    format!(
                        "an activity in state {} does not take: {action}",
                        self.state
                    ),
                    format!("{}的活动不能{}", self.state.label_zh(), action.label_zh()),
                )
                .member("state", self.state.as_str())
        })
    }

    /// As it is after a step.
    pub fn after(&self, step: &Step) -> Result<Self> {
        let state = self.takes(step.action)?;
        let held = state == ActivityState::Held;
        Ok(Self {
            state,
            planned_date: match (state, step.on_date) {
                (ActivityState::Planned, Some(day)) => day,
                _ => self.planned_date,
            },
            held_date: step.on_date.filter(|_| held),
            others_count: step.others_count.filter(|_| held),
            allowed_actions: allowed(state),
            version: self.version + 1,
            named_count: None,
            history: None,
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activity_is_held_or_cancelled_and_what_was_held_may_be_corrected() {
        use ActivityAction as A;
        use ActivityState as S;
        assert_eq!(allowed(S::Planned), [A::Reschedule, A::Hold, A::Cancel]);
        assert_eq!(allowed(S::Held), [A::Correct, A::Cancel]);
        assert_eq!(allowed(S::Cancelled), []);
    }
}
