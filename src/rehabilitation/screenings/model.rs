//! A screening: its steps, and when they are due.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{
    CaseId, OrganizationId, ReferralId, RehabilitationServiceId, ResidentId, ScreeningDeadlineId,
    ScreeningId, UserId,
};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::rehabilitation::deadlines::{ScreeningDeadline, ScreeningKind};

vocabulary! {
    /// What a screening found.
    pub enum ScreeningResult {
        Negative = "negative", "阴性";
        Positive = "positive", "阳性";
        Doubtful = "doubtful", "可疑";
    }
}

vocabulary! {
    /// State of a screening.
    pub enum ScreeningState {
        /// Nothing was found.
        Clear = "clear", "未见异常";
        DiagnosisDue = "diagnosis_due", "待诊断";
        RuledOut = "ruled_out", "已排除";
        InterventionDue = "intervention_due", "待干预";
        InIntervention = "in_intervention", "已干预";
        /// Left before anything followed.
        Ended = "ended", "已终结";
    }
}

vocabulary! {
    /// What is done about a screening.
    pub enum ScreeningAction {
        Record = "record", "登记";
        Confirm = "confirm", "确诊";
        RuleOut = "rule_out", "排除";
        BeginIntervention = "begin_intervention", "开始干预";
        End = "end", "终结";
    }
}

impl ScreeningAction {
    /// Those that follow the record.
    pub const STEPS: [Self; 4] = [
        Self::Confirm,
        Self::RuleOut,
        Self::BeginIntervention,
        Self::End,
    ];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Record => "screening.recorded",
            Self::Confirm => "screening.confirmed",
            Self::RuleOut => "screening.ruled_out",
            Self::BeginIntervention => "screening.intervention_begun",
            Self::End => "screening.ended",
        }
    }

    const fn is_diagnosis(self) -> bool {
        matches!(self, Self::Confirm | Self::RuleOut)
    }
}

/// Where an action leads, or nowhere.
const fn follow(at: ScreeningState, action: ScreeningAction) -> Option<ScreeningState> {
    match (at, action) {
        (ScreeningState::DiagnosisDue, ScreeningAction::Confirm) => {
            Some(ScreeningState::InterventionDue)
        }
        (ScreeningState::DiagnosisDue, ScreeningAction::RuleOut) => Some(ScreeningState::RuledOut),
        (ScreeningState::InterventionDue, ScreeningAction::BeginIntervention) => {
            Some(ScreeningState::InIntervention)
        }
        (ScreeningState::DiagnosisDue | ScreeningState::InterventionDue, ScreeningAction::End) => {
            Some(ScreeningState::Ended)
        }
        _ => None,
    }
}

pub fn allowed(at: ScreeningState) -> Vec<ScreeningAction> {
    let leads = |action: &ScreeningAction| follow(at, *action).is_some();
    ScreeningAction::STEPS.into_iter().filter(leads).collect()
}

/// To whom somebody who was found is referred.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScreeningReferral {
    /// A case of the person, of whatever service.
    #[schema(value_type = uuid::Uuid)]
    pub case_id: CaseId,
    #[schema(value_type = uuid::Uuid)]
    pub to_organization_id: OrganizationId,
}

/// What a screening found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "kind": "hearing", "screened_date": "2022-07-01",
    "place": "丙岭县妇幼保健院", "result": "positive", "note": "双耳未通过复筛"
}))]
pub struct NewScreening {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    pub kind: ScreeningKind,
    #[serde(deserialize_with = "date::written")]
    pub screened_date: NaiveDate,
    /// Where.
    #[schema(min_length = 1, max_length = 100)]
    pub place: String,
    pub result: ScreeningResult,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: Option<String>,
    /// Refers whom the screening found at once, by the day the diagnosis is due.
    #[serde(default)]
    pub referral: Option<NewScreeningReferral>,
}

/// What followed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "confirm", "on_date": "2022-07-01", "place": "市人民医院", "comment": "双耳重度感音神经性聋"}))]
pub struct NewScreeningTransition {
    pub action: ScreeningAction,
    /// When it was done; today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub on_date: Option<NaiveDate>,
    /// Where: of `confirm` and `rule_out`.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub place: Option<String>,
    /// The case by which the person is helped: of `begin_intervention`, this or `service_id`.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub case_id: Option<CaseId>,
    /// The rehabilitation service by which the person is helped.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub service_id: Option<RehabilitationServiceId>,
    /// Needed by `confirm` and `rule_out`, the finding, and by `end`, the reason.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST: usize = 1_000;
const LONGEST_PLACE: usize = 100;

fn said(text: Option<&str>) -> Option<String> {
    text.map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn length(text: Option<&String>) -> usize {
    text.map_or(0, |text| text.chars().count())
}

/// What somebody is helped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    Case(CaseId),
    Service(RehabilitationServiceId),
}

/// A step as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub action: ScreeningAction,
    pub on_date: NaiveDate,
    pub place: Option<String>,
    pub help: Option<Help>,
    pub comment: Option<String>,
}

fn wrong_comment() -> FieldError {
    FieldError::new(
        "/comment",
        "comment.length",
        "up to 1000 characters; confirm, rule_out and end need one",
        "不超过1000字；确诊、排除、终结须予说明",
    )
}

impl NewScreening {
    /// The first step, if all is as it may be.
    pub fn step(&self, today: NaiveDate) -> Result<Step> {
        let mut errors = Vec::new();
        let place = said(Some(&self.place));
        if !(1..=LONGEST_PLACE).contains(&length(place.as_ref())) {
            errors.push(FieldError::new(
                "/place",
                "text.length",
                "1 to 100 characters",
                "1 至 100 个字",
            ));
        }
        if self.screened_date > today {
            errors.push(FieldError::new(
                "/screened_date",
                "screened_date.future",
                "today or earlier",
                "不得晚于今日",
            ));
        }
        let comment = said(self.note.as_deref());
        if length(comment.as_ref()) > LONGEST {
            errors.push(FieldError::new(
                "/note",
                "text.length",
                "up to 1000 characters",
                "不超过1000字",
            ));
        }
        if self.result == ScreeningResult::Negative && self.referral.is_some() {
            errors.push(FieldError::new(
                "/referral",
                "screening.referral",
                "nobody is referred whom the screening did not find",
                "阴性结果无须转介",
            ));
        }
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        Ok(Step {
            action: ScreeningAction::Record,
            on_date: self.screened_date,
            place,
            help: None,
            comment,
        })
    }

    /// By when the diagnosis is due.
    pub fn due(&self, deadline: &ScreeningDeadline) -> Option<NaiveDate> {
        let days = match self.result {
            ScreeningResult::Negative => return None,
            ScreeningResult::Positive => deadline.positive_days,
            ScreeningResult::Doubtful => deadline.doubtful_days,
        };
        after(self.screened_date, days)
    }
}

fn after(day: NaiveDate, days: i32) -> Option<NaiveDate> {
    day.checked_add_days(Days::new(u64::try_from(days).ok()?))
}

impl NewScreeningTransition {
    /// The step, if it says what it must and nothing else.
    pub fn step(&self, today: NaiveDate, before: NaiveDate) -> Result<Step> {
        let mut errors = Vec::new();
        let on_date = self.on_date.unwrap_or(today);
        if !(before..=today).contains(&on_date) {
            errors.push(FieldError::new(
                "/on_date",
                "on_date.range",
                "not before the step before, and not after today",
                "不早于上一环节，不晚于今日",
            ));
        }
        let place = said(self.place.as_deref());
        if self.action.is_diagnosis() != place.is_some() || length(place.as_ref()) > LONGEST_PLACE {
            errors.push(FieldError::new(
                "/place",
                "text.length",
                "1 to 100 characters of confirm and rule_out, and of nothing else",
                "确诊和排除须填写 1 至 100 个字的诊断地点，其他环节不填",
            ));
        }
        let help = match (self.case_id, self.service_id) {
            (Some(case), None) => Some(Help::Case(case)),
            (None, Some(service)) => Some(Help::Service(service)),
            (None, None) => None,
            (Some(_), Some(_)) => {
                errors.push(wrong_help());
                None
            }
        };
        let begins = self.action == ScreeningAction::BeginIntervention;
        if errors.is_empty() && begins != help.is_some() {
            errors.push(wrong_help());
        }
        let comment = said(self.comment.as_deref());
        let needed = self.action.is_diagnosis() || self.action == ScreeningAction::End;
        if length(comment.as_ref()) > LONGEST || (needed && comment.is_none()) {
            errors.push(wrong_comment());
        }
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        Ok(Step {
            action: self.action,
            on_date,
            place,
            help,
            comment,
        })
    }
}

fn wrong_help() -> FieldError {
    FieldError::new(
        "/case_id",
        "screening.help",
        "begin_intervention names a case or a rehabilitation service, and nothing else does",
        "开始干预须填写个案或康复服务之一，其他环节不填",
    )
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "division_code": "990121103201", "kind": "hearing", "screened_date": "2022-07-01", "result": "positive",
    "deadline_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "referral_id": null, "state": "diagnosis_due",
    "due_date": "2022-07-31", "overdue": false, "allowed_actions": ["confirm", "rule_out", "end"],
    "recorded_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "recorded_at": "2022-07-02T01:00:00.000000Z", "version": 1, "history": []
}))]
pub struct Screening {
    #[schema(value_type = uuid::Uuid)]
    pub id: ScreeningId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// Where the resident is.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub kind: ScreeningKind,
    pub screened_date: NaiveDate,
    pub result: ScreeningResult,
    /// Under which deadlines it was recorded; null where nothing was found.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub deadline_id: Option<ScreeningDeadlineId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub referral_id: Option<ReferralId>,
    pub state: ScreeningState,
    /// By when the diagnosis or the intervention is due.
    pub due_date: Option<NaiveDate>,
    /// Whether that day has passed.
    pub overdue: bool,
    /// What its state allows next.
    pub allowed_actions: Vec<ScreeningAction>,
    #[schema(value_type = uuid::Uuid)]
    pub recorded_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub recorded_at: Timestamp,
    pub version: i32,
    /// From the beginning; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub history: Option<Vec<ScreeningEntry>>,
}

/// One entry of a screening's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScreeningEntry {
    pub sequence: i32,
    pub action: ScreeningAction,
    pub from_state: Option<ScreeningState>,
    pub to_state: ScreeningState,
    /// When it was done.
    pub on_date: NaiveDate,
    pub place: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub case_id: Option<CaseId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub service_id: Option<RehabilitationServiceId>,
    pub comment: Option<String>,
    /// Who wrote it down, and when.
    #[schema(value_type = uuid::Uuid)]
    pub actor_id: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub at: Timestamp,
}

impl Screening {
    /// As it is after a step; the deadlines are those it was recorded under.
    pub fn after(&self, step: &Step, deadline: &ScreeningDeadline) -> Result<Self> {
        let state = follow(self.state, step.action).ok_or_else(|| {
            Error::new(Code::ScreeningTransition)
                .detail(
                    format!(
                        "a screening in state {} does not take: {}",
                        self.state, step.action
                    ),
                    format!(
                        "{}的筛查记录不能{}",
                        self.state.label_zh(),
                        step.action.label_zh()
                    ),
                )
                .member("state", self.state.as_str())
        })?;
        let due_date = match state {
            ScreeningState::InterventionDue => after(step.on_date, deadline.intervention_days),
            _ => None,
        };
        Ok(Self {
            state,
            due_date,
            overdue: false,
            allowed_actions: allowed(state),
            version: self.version + 1,
            history: None,
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_diagnosed_and_then_helped() {
        use ScreeningAction::{BeginIntervention, Confirm, End, RuleOut};
        assert_eq!(
            allowed(ScreeningState::DiagnosisDue),
            [Confirm, RuleOut, End]
        );
        assert_eq!(
            allowed(ScreeningState::InterventionDue),
            [BeginIntervention, End]
        );
        for ended in [
            ScreeningState::Clear,
            ScreeningState::RuledOut,
            ScreeningState::InIntervention,
            ScreeningState::Ended,
        ] {
            assert_eq!(allowed(ended), []);
        }
    }

    #[test]
    fn a_step_says_what_it_must_and_nothing_else() {
        let day: NaiveDate = "2022-07-01".parse().unwrap();
        let new = |action, place: Option<&str>, comment: Option<&str>| NewScreeningTransition {
            action,
            on_date: None,
            place: place.map(str::to_owned),
            case_id: None,
            service_id: None,
            comment: comment.map(str::to_owned),
        };
        let confirm = ScreeningAction::Confirm;
        assert!(
            new(confirm, Some("市医院"), Some("确诊"))
                .step(day, day)
                .is_ok()
        );
        assert!(new(confirm, None, Some("确诊")).step(day, day).is_err());
        assert!(new(confirm, Some("市医院"), None).step(day, day).is_err());
        let begin = ScreeningAction::BeginIntervention;
        assert!(new(begin, None, None).step(day, day).is_err());
        assert!(
            new(ScreeningAction::End, None, Some(" "))
                .step(day, day)
                .is_err()
        );
        assert!(
            new(ScreeningAction::End, None, Some("家属放弃"))
                .step(day, day)
                .is_ok()
        );
    }
}
