//! A rehabilitation service: its steps, and who does what.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{CaseId, OrganizationId, RehabilitationServiceId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What is provided.
    pub enum RehabilitationServiceKind {
        Hearing = "hearing", "助听";
        Vision = "vision", "助明";
        Mobility = "mobility", "助行";
    }
}

vocabulary! {
    /// State of a rehabilitation service.
    pub enum RehabilitationServiceState {
        Needed = "needed", "待评估";
        Assessed = "assessed", "待服务";
        Delivered = "delivered", "待评效";
        Concluded = "concluded", "已办结";
        Cancelled = "cancelled", "已取消";
    }
}

impl RehabilitationServiceState {
    /// Nothing was provided yet, and something is to be.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Needed | Self::Assessed)
    }
}

vocabulary! {
    /// What is done to a rehabilitation service.
    pub enum RehabilitationServiceAction {
        Open = "open", "登记需求";
        Assess = "assess", "评估";
        Deliver = "deliver", "提供服务";
        Conclude = "conclude", "评效";
        Cancel = "cancel", "取消";
    }
}

vocabulary! {
    /// With what result.
    pub enum RehabilitationServiceResult {
        MarkedlyEffective = "markedly_effective", "显效";
        Effective = "effective", "有效";
        Ineffective = "ineffective", "无效";
    }
}

impl RehabilitationServiceAction {
    /// Those that follow the need.
    pub const STEPS: [Self; 4] = [Self::Assess, Self::Deliver, Self::Conclude, Self::Cancel];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Open => "rehabilitation_service.opened",
            Self::Assess => "rehabilitation_service.assessed",
            Self::Deliver => "rehabilitation_service.delivered",
            Self::Conclude => "rehabilitation_service.concluded",
            Self::Cancel => "rehabilitation_service.cancelled",
        }
    }

    /// What is over is not gone on with, but what was delivered is judged, and the rest called off.
    pub const fn needs_running_case(self) -> bool {
        matches!(self, Self::Open | Self::Assess | Self::Deliver)
    }

    /// Somebody of an organization does it.
    const fn is_performed(self) -> bool {
        matches!(self, Self::Assess | Self::Deliver)
    }
}

/// Where an action leads, or nowhere.
const fn follow(
    at: RehabilitationServiceState,
    action: RehabilitationServiceAction,
) -> Option<RehabilitationServiceState> {
    match (at, action) {
        (RehabilitationServiceState::Needed, RehabilitationServiceAction::Assess) => {
            Some(RehabilitationServiceState::Assessed)
        }
        (RehabilitationServiceState::Assessed, RehabilitationServiceAction::Deliver) => {
            Some(RehabilitationServiceState::Delivered)
        }
        (RehabilitationServiceState::Delivered, RehabilitationServiceAction::Conclude) => {
            Some(RehabilitationServiceState::Concluded)
        }
        (
            RehabilitationServiceState::Needed | RehabilitationServiceState::Assessed,
            RehabilitationServiceAction::Cancel,
        ) => Some(RehabilitationServiceState::Cancelled),
        _ => None,
    }
}

/// What is needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRehabilitationService, example = json!({
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "kind": "hearing", "need": "双耳听力下降，日常交流困难"
}))]
pub struct NewService {
    /// An approved rehabilitation case.
    #[schema(value_type = uuid::Uuid)]
    pub case_id: CaseId,
    pub kind: RehabilitationServiceKind,
    #[schema(min_length = 1, max_length = 1000)]
    pub need: String,
}

/// What somebody does next.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRehabilitationServiceTransition, example = json!({
    "action": "assess", "on_date": "2022-07-01", "organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "performer": "李医生", "comment": "中度听力损失，建议双耳验配"
}))]
pub struct NewServiceTransition {
    pub action: RehabilitationServiceAction,
    /// When it was done; today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub on_date: Option<NaiveDate>,
    /// Who assessed or provided: of `assess` and `deliver`. Whoever assessed does not provide.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub organization_id: Option<OrganizationId>,
    /// Who of that organization, by name.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub performer: Option<String>,
    /// Of `conclude`.
    #[serde(default)]
    pub result: Option<RehabilitationServiceResult>,
    /// Needed by `assess`, the finding, and by `cancel`, the reason.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

const LONGEST: usize = 1_000;
const LONGEST_NAME: usize = 100;

fn said(text: Option<&str>) -> Option<String> {
    text.map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

impl NewService {
    pub fn need(&self) -> Result<String> {
        said(Some(&self.need))
            .filter(|need| need.chars().count() <= LONGEST)
            .ok_or_else(|| {
                Error::field(
                    "/need",
                    "text.length",
                    "1 to 1000 characters",
                    "1 至 1000 个字",
                )
            })
    }
}

/// A step as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub action: RehabilitationServiceAction,
    pub on_date: NaiveDate,
    /// The organization, and who there.
    pub performed: Option<(OrganizationId, String)>,
    pub result: Option<RehabilitationServiceResult>,
    pub comment: Option<String>,
}

impl NewServiceTransition {
    /// The step, if it says what it must and nothing else.
    pub fn step(&self, today: NaiveDate, before: NaiveDate) -> Result<Step> {
        let mut errors = Vec::new();
        let mut wrong = |pointer: &str, code, en: &str, zh: &str| {
            errors.push(FieldError::new(pointer, code, en, zh));
        };
        let on_date = self.on_date.unwrap_or(today);
        if !(before..=today).contains(&on_date) {
            wrong(
                "/on_date",
                "on_date.range",
                "not before the step before, and not after today",
                "不早于上一环节，不晚于今日",
            );
        }
        let performed = self.action.is_performed();
        if performed != self.organization_id.is_some() {
            wrong(
                "/organization_id",
                "organization.needed",
                "needed by assess and deliver, and by nothing else",
                "评估和提供服务须填写机构，其他环节不填",
            );
        }
        let performer = said(self.performer.as_deref());
        let length = performer.as_ref().map_or(0, |name| name.chars().count());
        if performed != (length > 0) || length > LONGEST_NAME {
            wrong(
                "/performer",
                "performer.length",
                "1 to 100 characters of assess and deliver, and of nothing else",
                "评估和提供服务须填写 1 至 100 个字的人员姓名，其他环节不填",
            );
        }
        if (self.action == RehabilitationServiceAction::Conclude) != self.result.is_some() {
            wrong(
                "/result",
                "result.needed",
                "needed by conclude, and by nothing else",
                "评效须填写结果，其他环节不填",
            );
        }
        let comment = said(self.comment.as_deref());
        let length = comment.as_ref().map_or(0, |text| text.chars().count());
        let needed = matches!(
            self.action,
            RehabilitationServiceAction::Assess | RehabilitationServiceAction::Cancel
        );
        if length > LONGEST || (needed && length == 0) {
            wrong(
                "/comment",
                "comment.length",
                "up to 1000 characters; assess and cancel need one",
                "不超过1000字；评估、取消须予说明",
            );
        }
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        Ok(Step {
            action: self.action,
            on_date,
            performed: self.organization_id.zip(performer),
            result: self.result,
            comment,
        })
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RehabilitationService, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "division_code": "990121103201",
    "program_code": "targeted_rehabilitation", "kind": "hearing", "need": "双耳听力下降，日常交流困难", "state": "assessed",
    "assessor_organization_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "provider_organization_id": null,
    "delivered_date": null, "result": null, "allowed_actions": ["deliver", "cancel"],
    "opened_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "opened_at": "2022-07-01T01:00:00.000000Z", "version": 2, "history": []
}))]
pub struct RehabilitationService {
    #[schema(value_type = uuid::Uuid)]
    pub id: RehabilitationServiceId,
    #[schema(value_type = uuid::Uuid)]
    pub case_id: CaseId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// Where the case is.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub program_code: String,
    pub kind: RehabilitationServiceKind,
    /// Left out of lists, as is the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub need: Option<String>,
    pub state: RehabilitationServiceState,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub assessor_organization_id: Option<OrganizationId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub provider_organization_id: Option<OrganizationId>,
    pub delivered_date: Option<NaiveDate>,
    pub result: Option<RehabilitationServiceResult>,
    /// What its state allows next.
    pub allowed_actions: Vec<RehabilitationServiceAction>,
    #[schema(value_type = uuid::Uuid)]
    pub opened_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub opened_at: Timestamp,
    pub version: i32,
    /// From the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub history: Option<Vec<ServiceEntry>>,
}

/// One entry of a service's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RehabilitationServiceEntry)]
pub struct ServiceEntry {
    pub sequence: i32,
    pub action: RehabilitationServiceAction,
    pub from_state: Option<RehabilitationServiceState>,
    pub to_state: RehabilitationServiceState,
    /// When it was done.
    pub on_date: NaiveDate,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub organization_id: Option<OrganizationId>,
    pub performer: Option<String>,
    pub result: Option<RehabilitationServiceResult>,
    pub comment: Option<String>,
    /// Who wrote it down, and when.
    #[schema(value_type = uuid::Uuid)]
    pub actor_id: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub at: Timestamp,
}

pub fn allowed(at: RehabilitationServiceState) -> Vec<RehabilitationServiceAction> {
    let leads = |action: &RehabilitationServiceAction| follow(at, *action).is_some();
    RehabilitationServiceAction::STEPS
        .into_iter()
        .filter(leads)
        .collect()
}

impl RehabilitationService {
    /// As it is after a step.
    pub fn after(&self, step: &Step) -> Result<Self> {
        let state = follow(self.state, step.action).ok_or_else(|| {
            Error::new(Code::RehabilitationServiceTransition)
                .detail(
                    format!(
                        "a rehabilitation service in state {} does not take: {}",
                        self.state, step.action
                    ),
                    format!(
                        "{}的康复服务不能{}",
                        self.state.label_zh(),
                        step.action.label_zh()
                    ),
                )
                .member("state", self.state.as_str())
        })?;
        let organization = step.performed.as_ref().map(|(id, _)| *id);
        let mut next = Self {
            state,
            allowed_actions: allowed(state),
            version: self.version + 1,
            ..self.clone()
        };
        match step.action {
            RehabilitationServiceAction::Assess => next.assessor_organization_id = organization,
            RehabilitationServiceAction::Deliver
                if organization == self.assessor_organization_id =>
            {
                return Err(Code::RehabilitationServiceAssessor.into());
            }
            RehabilitationServiceAction::Deliver => {
                next.provider_organization_id = organization;
                next.delivered_date = Some(step.on_date);
            }
            RehabilitationServiceAction::Conclude => next.result = step.result,
            RehabilitationServiceAction::Open | RehabilitationServiceAction::Cancel => {}
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_is_assessed_met_and_judged_in_this_order() {
        use RehabilitationServiceAction::{Assess, Cancel, Conclude, Deliver};
        assert_eq!(
            allowed(RehabilitationServiceState::Needed),
            [Assess, Cancel]
        );
        assert_eq!(
            allowed(RehabilitationServiceState::Assessed),
            [Deliver, Cancel]
        );
        assert_eq!(allowed(RehabilitationServiceState::Delivered), [Conclude]);
        for ended in [
            RehabilitationServiceState::Concluded,
            RehabilitationServiceState::Cancelled,
        ] {
            assert_eq!(allowed(ended), []);
        }
    }

    #[test]
    fn a_step_says_what_it_must_and_nothing_else() {
        let day: NaiveDate = "2022-07-01".parse().unwrap();
        let new = |action| NewServiceTransition {
            action,
            on_date: None,
            organization_id: None,
            performer: None,
            result: None,
            comment: None,
        };
        assert!(
            new(RehabilitationServiceAction::Assess)
                .step(day, day)
                .is_err()
        );
        assert!(
            new(RehabilitationServiceAction::Conclude)
                .step(day, day)
                .is_err()
        );
        assert!(
            new(RehabilitationServiceAction::Cancel)
                .step(day, day)
                .is_err()
        );
        let result = Some(RehabilitationServiceResult::Effective);
        let concluded = NewServiceTransition {
            result,
            ..new(RehabilitationServiceAction::Conclude)
        };
        assert_eq!(concluded.step(day, day).unwrap().result, result);
        let early = NewServiceTransition {
            on_date: day.pred_opt(),
            result,
            ..new(RehabilitationServiceAction::Conclude)
        };
        assert!(early.step(day, day).is_err());
    }
}
