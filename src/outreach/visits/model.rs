//! A visit: its steps, and what came of it.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::findings::Findings;
use crate::casework::State;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{CaseId, NeedAssessmentId, ResidentId, UserId, VisitId};
use crate::kernel::text::maybe;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::programs::Service;

vocabulary! {
    /// State of a visit.
    pub enum VisitState {
        Planned = "planned", "待走访";
        Done = "done", "已走访";
        NotMet = "not_met", "未遇";
        Cancelled = "cancelled", "已取消";
    }
}

vocabulary! {
    /// What is done about a visit.
    pub enum VisitAction {
        Plan = "plan", "计划";
        Complete = "complete", "完成走访";
        /// Other findings than were written down.
        Correct = "correct", "更正";
        /// Nobody was met.
        Miss = "miss", "未遇";
        Cancel = "cancel", "取消";
    }
}

impl VisitAction {
    const STEPS: [Self; 4] = [Self::Complete, Self::Correct, Self::Miss, Self::Cancel];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Plan => "visit.planned",
            Self::Complete => "visit.completed",
            Self::Correct => "visit.corrected",
            Self::Miss => "visit.missed",
            Self::Cancel => "visit.cancelled",
        }
    }

    /// Whether somebody was met.
    pub const fn finds(self) -> bool {
        matches!(self, Self::Complete | Self::Correct)
    }
}

/// Where an action leads, or nowhere.
const fn follow(at: VisitState, action: VisitAction) -> Option<VisitState> {
    match (at, action) {
        (VisitState::Planned, VisitAction::Complete) | (VisitState::Done, VisitAction::Correct) => {
            Some(VisitState::Done)
        }
        (VisitState::Planned, VisitAction::Miss) => Some(VisitState::NotMet),
        (VisitState::Planned, VisitAction::Cancel) => Some(VisitState::Cancelled),
        _ => None,
    }
}

pub fn allowed(at: VisitState) -> Vec<VisitAction> {
    let leads = |action: &VisitAction| follow(at, *action).is_some();
    VisitAction::STEPS.into_iter().filter(leads).collect()
}

/// Whom to visit, and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "due_date": "2022-07-20"}))]
pub struct NewVisit {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    #[serde(deserialize_with = "date::written")]
    pub due_date: NaiveDate,
}

/// What became of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "complete", "on_date": "2022-07-01", "findings": {"lives_alone": true, "care_missing": true},
    "services": ["assistive_device"], "comment": "子女外出务工，白天无人照看"}))]
pub struct NewVisitTransition {
    pub action: VisitAction,
    /// On which day somebody was there, of `complete`, `correct` and `miss`; today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub on_date: Option<NaiveDate>,
    /// Of `complete` and `correct`, and then needed; all that was found, what stays the same, too.
    #[serde(default)]
    pub findings: Option<Findings>,
    /// Which services they need, of `complete` and `correct`.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub services: Vec<Service>,
    /// Needed by `correct`, `miss` and `cancel`.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST: usize = 1_000;
/// Within which a visit is due.
const LATEST: Days = Days::new(366);

/// Until when a visit is due: today or within the year.
pub fn due(day: NaiveDate, today: NaiveDate) -> Result<NaiveDate> {
    let last = today.checked_add_days(LATEST).unwrap_or(today);
    if (today..=last).contains(&day) {
        return Ok(day);
    }
    Err(Error::field(
        "/due_date",
        "due_date.range",
        "today or within a year",
        "须为今日起一年以内",
    ))
}

/// A step as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub action: VisitAction,
    pub on_date: Option<NaiveDate>,
    pub findings: Findings,
    /// Where somebody was met.
    pub services: Option<Vec<Service>>,
    pub comment: Option<String>,
}

impl Step {
    pub const fn plan() -> Self {
        Self {
            action: VisitAction::Plan,
            on_date: None,
            findings: Findings {
                lives_alone: None,
                care_missing: None,
                housing_danger: None,
                income_missing: None,
                medical_burden: None,
                device_missing: None,
            },
            services: None,
            comment: None,
        }
    }

    /// Because there is nobody to be visited any more.
    pub fn cancel(reason: &str) -> Self {
        Self {
            action: VisitAction::Cancel,
            comment: Some(reason.to_owned()),
            ..Self::plan()
        }
    }

    /// Whether what was found asks for something; nothing where nobody was met.
    pub fn in_need(&self) -> Option<bool> {
        let services = self.services.as_ref()?;
        Some(self.findings.any() || !services.is_empty())
    }
}

impl NewVisitTransition {
    /// The step, if it says what it must and nothing else.
    pub fn step(&self, of: &Visit, today: NaiveDate) -> Result<Step> {
        let mut errors = Vec::new();
        let finds = self.action.finds();
        let on_date = match self.action {
            VisitAction::Complete | VisitAction::Miss => Some(self.on_date.unwrap_or(today)),
            VisitAction::Correct => self.on_date.or(of.visited_date),
            _ => self.on_date,
        };
        let planned = of.planned_at.office_date();
        if on_date.is_some_and(|day| day > today || day < planned)
            || (self.action == VisitAction::Cancel && on_date.is_some())
            || (self.action == VisitAction::Correct && on_date != of.visited_date)
        {
            errors.push(FieldError::new(
                "/on_date",
                "on_date.range",
                "from the day it was planned until today, of complete and miss; it is not corrected",
                "完成、未遇须在计划之日至今日之间，更正不改日期，取消不填",
            ));
        }
        if finds != self.findings.is_some() {
            errors.push(FieldError::new(
                "/findings",
                "findings.needed",
                "of complete and correct, and of nothing else",
                "完成和更正须填写走访情况，其他环节不填",
            ));
        }
        if finds && self.findings.is_some_and(Findings::is_blank) {
            errors.push(FieldError::new(
                "/findings",
                "findings.blank",
                "at least one is yes or no",
                "至少填写一项为是或否",
            ));
        }
        // What is believed of somebody is replaced and not forgotten.
        let known = of.findings().unwrap_or_default();
        if self.findings.is_some_and(|now| now.forgets(known)) {
            errors.push(FieldError::new(
                "/findings",
                "findings.forgotten",
                "what was found before is corrected to yes or no",
                "已查明的情况只能更正为是或否",
            ));
        }
        let mut services = self.services.clone();
        services.sort_unstable();
        services.dedup();
        if services.len() < self.services.len() || (!finds && !services.is_empty()) {
            errors.push(FieldError::new(
                "/services",
                "services.range",
                "each once, of complete and correct",
                "不得重复，仅完成和更正填写",
            ));
        }
        let comment = match maybe("/comment", self.comment.as_deref(), LONGEST) {
            Ok(None) if self.action != VisitAction::Complete => {
                errors.push(FieldError::new(
                    "/comment",
                    "comment.length",
                    "correct, miss and cancel say why, in up to 1000 characters",
                    "更正、未遇、取消须说明理由，不超过1000字",
                ));
                None
            }
            Ok(comment) => comment,
            Err(error) => {
                errors.push(error);
                None
            }
        };
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        Ok(Step {
            action: self.action,
            on_date,
            findings: self.findings.unwrap_or_default(),
            services: finds.then_some(services),
            comment,
        })
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "division_code": "990121103201", "assessment_id": null, "due_date": "2022-07-20", "overdue": false, "state": "planned",
    "visited_date": null, "in_need": null, "allowed_actions": ["complete", "miss", "cancel"],
    "planned_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "planned_at": "2022-07-02T01:00:00.000000Z", "version": 1, "history": [], "cases": []
}))]
pub struct Visit {
    #[schema(value_type = uuid::Uuid)]
    pub id: VisitId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// Where the resident is, or was when it ended.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// From whose list; null where it was planned by hand.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub assessment_id: Option<NeedAssessmentId>,
    pub due_date: NaiveDate,
    /// Whether it is planned and that day has passed.
    pub overdue: bool,
    pub state: VisitState,
    /// On which day somebody was there, met or not.
    pub visited_date: Option<NaiveDate>,
    /// Whether what was found asks for something.
    pub in_need: Option<bool>,
    /// What its state allows next.
    pub allowed_actions: Vec<VisitAction>,
    #[schema(value_type = uuid::Uuid)]
    pub planned_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub planned_at: Timestamp,
    pub version: i32,
    /// From the beginning; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub history: Option<Vec<VisitEntry>>,
    /// What was begun for them, in your sight, from the day of the visit on, by whichever record; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cases: Option<Vec<VisitCase>>,
}

/// One entry of a visit's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VisitEntry {
    pub sequence: i32,
    pub action: VisitAction,
    pub from_state: Option<VisitState>,
    pub to_state: VisitState,
    /// On which day somebody was there.
    pub on_date: Option<NaiveDate>,
    /// Where somebody was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub findings: Option<Findings>,
    /// Which services they need.
    pub services: Vec<Service>,
    pub comment: Option<String>,
    /// Null where it was cancelled by itself.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub actor_id: Option<UserId>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub at: Timestamp,
}

/// What was begun for somebody after a visit.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VisitCase {
    #[schema(value_type = uuid::Uuid)]
    pub id: CaseId,
    pub case_number: String,
    pub service: Service,
    pub program_code: String,
    pub state: State,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
}

impl Visit {
    /// What was found, as last written down; where the history was read.
    fn findings(&self) -> Option<Findings> {
        let last = self.history.as_ref()?.last()?;
        last.findings
    }

    /// Refuses what the state does not allow, before anything else is said.
    pub fn takes(&self, action: VisitAction) -> Result<VisitState> {
        follow(self.state, action).ok_or_else(|| {
            Error::new(Code::VisitTransition)
                .detail(
                    format!("a visit in state {} does not take: {action}", self.state),
                    format!("{}的走访不能{}", self.state.label_zh(), action.label_zh()),
                )
                .member("state", self.state.as_str())
        })
    }

    /// As it is after a step.
    pub fn after(&self, step: &Step) -> Result<Self> {
        let state = self.takes(step.action)?;
        Ok(Self {
            state,
            visited_date: step.on_date,
            in_need: step.in_need(),
            overdue: false,
            allowed_actions: allowed(state),
            version: self.version + 1,
            history: None,
            cases: None,
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_ends_once_and_what_was_found_may_be_corrected() {
        use VisitAction as A;
        use VisitState as S;
        assert_eq!(allowed(S::Planned), [A::Complete, A::Miss, A::Cancel]);
        assert_eq!(allowed(S::Done), [A::Correct]);
        assert_eq!(allowed(S::NotMet), []);
        assert_eq!(allowed(S::Cancelled), []);
    }
}
