//! A plan, and which side does what to it.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Scope;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{
    CaseId, OrganizationId, RehabilitationAssessmentId, RehabilitationPlanId, ResidentId, UserId,
};
use crate::kernel::impairment::{ImpairmentType, SeverityLevel};
use crate::kernel::sex::Sex;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::registry::Resident;
use crate::registry::facts::Snapshot;
use crate::rehabilitation::institutions::ServiceType;

vocabulary! {
    /// State of a rehabilitation plan.
    pub enum PlanState {
        /// For a place at the institution.
        Waiting = "waiting", "轮候";
        Active = "active", "康复中";
        /// Another plan of the case takes over.
        Transferred = "transferred", "已转机构";
        Completed = "completed", "已完成";
        Ended = "ended", "已结束";
    }
}

impl PlanState {
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Waiting | Self::Active)
    }
}

vocabulary! {
    /// What is done to a rehabilitation plan.
    pub enum PlanAction {
        Choose = "choose", "选定机构";
        /// Gives a free place to who waits first.
        Admit = "admit", "接收";
        /// To another institution or service: done by the plan that takes over.
        Transfer = "transfer", "转机构";
        /// With a final assessment and an outcome.
        Complete = "complete", "完成";
        End = "end", "结束";
    }
}

impl PlanAction {
    /// Those that are asked for.
    pub const ASKED: [Self; 3] = [Self::Admit, Self::Complete, Self::End];

    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Choose => "rehabilitation_plan.chosen",
            Self::Admit => "rehabilitation_plan.admitted",
            Self::Transfer => "rehabilitation_plan.transferred",
            Self::Complete => "rehabilitation_plan.completed",
            Self::End => "rehabilitation_plan.ended",
        }
    }

    /// Where it leads, or nowhere.
    const fn follow(self, at: PlanState) -> Option<PlanState> {
        match (at, self) {
            (PlanState::Waiting, Self::Admit) => Some(PlanState::Active),
            (PlanState::Active, Self::Complete) => Some(PlanState::Completed),
            (at, Self::Transfer) if at.is_live() => Some(PlanState::Transferred),
            (at, Self::End) if at.is_live() => Some(PlanState::Ended),
            _ => None,
        }
    }
}

vocabulary! {
    /// What came of it.
    pub enum RehabilitationOutcome {
        Marked = "marked", "显效";
        Effective = "effective", "有效";
        NoEffect = "none", "无效";
    }
}

vocabulary! {
    /// When an assessment was made.
    pub enum AssessmentKind {
        Initial = "initial", "初期评估";
        Mid = "mid", "中期评估";
        Final = "final", "末期评估";
    }
}

/// Of whom somebody sees plans: of the cases in scope of their office, and of those who chose the institutions they
/// work at.
#[derive(Debug, Clone)]
pub struct Sight {
    pub cases: Scope,
    pub institutions: Vec<OrganizationId>,
}

/// What a guardian chose.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "case_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "institution_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "service_type": "physical", "goals": "六个月内独立行走十米"
}))]
pub struct NewPlan {
    /// Approved, of a program that pays institutions.
    #[schema(value_type = uuid::Uuid)]
    pub case_id: CaseId,
    /// The organization's id.
    #[schema(value_type = uuid::Uuid)]
    pub institution_id: OrganizationId,
    pub service_type: ServiceType,
    #[schema(min_length = 1, max_length = 1000)]
    pub goals: String,
    /// The plan of the case that this one takes over from.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub previous_plan_id: Option<RehabilitationPlanId>,
    /// Why another takes over; where one does.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub transfer_reason: Option<String>,
}

const LONGEST_GOALS: usize = 1_000;
const LONGEST_REASON: usize = 500;
const LONGEST_COMMENT: usize = 1_000;

fn trimmed(text: Option<String>) -> Option<String> {
    let text = text.map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty())
}

fn all_right(wrong: Vec<FieldError>) -> Result<()> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(wrong))
    }
}

impl NewPlan {
    pub fn check(&mut self) -> Result<()> {
        self.goals = self.goals.trim().to_owned();
        self.transfer_reason = trimmed(self.transfer_reason.take());
        let mut wrong = Vec::new();
        if !(1..=LONGEST_GOALS).contains(&self.goals.chars().count()) {
            wrong.push(FieldError::new(
                "/goals",
                "text.length",
                "1 to 1000 characters",
                "1 至 1000 个字",
            ));
        }
        let reason = self.transfer_reason.as_ref();
        let short = reason.is_some_and(|text| text.chars().count() > LONGEST_REASON);
        if short || reason.is_some() != self.previous_plan_id.is_some() {
            wrong.push(FieldError::new(
                "/transfer_reason",
                "transfer_reason.needed",
                "up to 500 characters, where a plan takes over from another, and only there",
                "转机构时须说明理由（不超过500字），其他情形不得填写",
            ));
        }
        all_right(wrong)
    }
}

/// What somebody does to a plan.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "complete", "outcome": "effective", "comment": "能扶行十五米"}))]
pub struct NewPlanTransition {
    pub action: PlanAction,
    /// To complete, and only then.
    #[serde(default)]
    pub outcome: Option<RehabilitationOutcome>,
    /// Needed to end: why.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

impl NewPlanTransition {
    pub fn check(&mut self) -> Result<()> {
        self.comment = trimmed(self.comment.take());
        let mut wrong = Vec::new();
        if (self.action == PlanAction::Complete) != self.outcome.is_some() {
            wrong.push(FieldError::new(
                "/outcome",
                "outcome.needed",
                "what came of it, where a plan is completed, and only there",
                "完成计划时须评定效果，其他操作不得填写",
            ));
        }
        let length = self.comment.as_ref().map_or(0, |text| text.chars().count());
        if length > LONGEST_COMMENT || (self.action == PlanAction::End && length == 0) {
            wrong.push(FieldError::new(
                "/comment",
                "comment.length",
                "up to 1000 characters; end needs one",
                "不超过1000字；结束须说明理由",
            ));
        }
        all_right(wrong)
    }
}

/// What was found with which tool.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "initial", "tool": "GMFM-88", "score": 96, "highest_score": 264, "assessor": "李治疗师",
    "assessed_date": "2022-07-04", "finding": "可独坐，不能独站"
}))]
pub struct NewAssessment {
    pub kind: AssessmentKind,
    #[schema(min_length = 1, max_length = 100)]
    pub tool: String,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub score: i32,
    /// That the tool allows, where it has one.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub highest_score: Option<i32>,
    #[schema(min_length = 1, max_length = 40)]
    pub assessor: String,
    #[serde(deserialize_with = "date::written")]
    pub assessed_date: NaiveDate,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub finding: Option<String>,
}

const LONGEST_TOOL: usize = 100;
const LONGEST_NAME: usize = 40;
const HIGHEST_SCORE: i32 = 1_000_000;

impl NewAssessment {
    pub fn check(&mut self, today: NaiveDate) -> Result<()> {
        self.tool = self.tool.trim().to_owned();
        self.assessor = self.assessor.trim().to_owned();
        self.finding = trimmed(self.finding.take());
        let mut wrong = Vec::new();
        let mut refuse = |is_wrong: bool, pointer: &str, code, en: &str, zh: &str| {
            if is_wrong {
                wrong.push(FieldError::new(pointer, code, en, zh));
            }
        };
        let fits = |text: &str, longest| (1..=longest).contains(&text.chars().count());
        refuse(
            !fits(&self.tool, LONGEST_TOOL),
            "/tool",
            "text.length",
            "1 to 100 characters",
            "1 至 100 个字",
        );
        refuse(
            !fits(&self.assessor, LONGEST_NAME),
            "/assessor",
            "text.length",
            "1 to 40 characters",
            "1 至 40 个字",
        );
        let highest = self.highest_score.unwrap_or(HIGHEST_SCORE);
        refuse(
            !(1..=HIGHEST_SCORE).contains(&highest) || !(0..=highest).contains(&self.score),
            "/score",
            "score.range",
            "0 to the highest the tool allows, 1 000 000 at the most",
            "0 至量表满分，最大 1000000",
        );
        refuse(
            self.assessed_date > today,
            "/assessed_date",
            "date.future",
            "a day that has come",
            "不能晚于今天",
        );
        let finding = self.finding.as_ref();
        refuse(
            finding.is_some_and(|text| text.chars().count() > LONGEST_COMMENT),
            "/finding",
            "text.length",
            "up to 1000 characters",
            "不超过1000个字",
        );
        all_right(wrong)
    }
}

/// A user by id, user name and display name.
pub type Named = (UserId, String, String);

#[derive(Debug, Clone)]
pub struct Plan {
    pub id: RehabilitationPlanId,
    pub case_id: CaseId,
    pub resident_id: ResidentId,
    /// Where the case is.
    pub division_code: DivisionCode,
    pub program_code: String,
    pub institution: OrganizationId,
    pub service_type: ServiceType,
    pub goals: String,
    pub previous: Option<RehabilitationPlanId>,
    /// In the institution's line, of one that waits or has waited.
    pub place: Option<i32>,
    pub start_date: Option<NaiveDate>,
    pub end_date: Option<NaiveDate>,
    pub outcome: Option<RehabilitationOutcome>,
    pub state: PlanState,
    /// The number of its last entry, and its version.
    pub last_transition: i32,
    pub chosen_by: Named,
    pub chosen_at: Timestamp,
}

/// One entry of a plan's history.
#[derive(Debug, Clone)]
pub struct Turn {
    pub sequence: i32,
    pub action: PlanAction,
    pub from: Option<PlanState>,
    pub to: PlanState,
    pub actor: Named,
    pub comment: Option<String>,
    pub at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct Assessment {
    pub id: RehabilitationAssessmentId,
    pub kind: AssessmentKind,
    pub tool: String,
    pub score: i32,
    pub highest_score: Option<i32>,
    pub assessor: String,
    pub assessed_date: NaiveDate,
    pub finding: Option<String>,
    pub recorded_by: UserId,
    pub recorded_at: Timestamp,
}

/// A child as far as the work needs.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RehabilitatedChild)]
pub struct Child {
    pub name: String,
    pub sex: Sex,
    pub birth_year: i32,
    /// Of the certificate that is held now, if any.
    pub impairment_type: Option<ImpairmentType>,
    pub severity_level: Option<SeverityLevel>,
}

impl From<(Resident, Snapshot)> for Child {
    fn from((resident, believed): (Resident, Snapshot)) -> Self {
        let certificate = believed.certificate.as_ref();
        Self {
            name: resident.name.as_str().to_owned(),
            sex: resident.sex,
            birth_year: resident.birth_date.year(),
            impairment_type: certificate.map(|held| held.impairment_type),
            severity_level: certificate.map(|held| held.severity_level),
        }
    }
}

/// On which sides of a plan somebody stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Acts for the office where the child lives.
    pub office: bool,
    /// Works at the institution.
    pub institution: bool,
}

impl Standing {
    /// Where an action leads: what came of it, the institution says; the rest, either side.
    pub fn check(self, at: PlanState, action: PlanAction) -> Result<PlanState> {
        let asked = PlanAction::ASKED.contains(&action);
        let to = action.follow(at).filter(|_| asked).ok_or_else(|| {
            Error::new(Code::RehabilitationPlanTransition)
                .detail(
                    format!("a plan in state {at} does not take: {action}"),
                    format!("{}的计划不能{}", at.label_zh(), action.label_zh()),
                )
                .member("state", at.as_str())
        })?;
        let may = match action {
            PlanAction::Complete => self.institution,
            _ => self.institution || self.office,
        };
        if may {
            Ok(to)
        } else {
            Err(Code::RehabilitationPlanSide.into())
        }
    }

    pub fn allowed(self, at: PlanState) -> Vec<PlanAction> {
        let may = |action: &PlanAction| self.check(at, *action).is_ok();
        PlanAction::ASKED.into_iter().filter(may).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_does_its_own() {
        use PlanAction::{Admit, Complete, End};
        let office = Standing {
            office: true,
            institution: false,
        };
        let institution = Standing {
            office: false,
            institution: true,
        };
        assert_eq!(office.allowed(PlanState::Waiting), [Admit, End]);
        assert_eq!(office.allowed(PlanState::Active), [End]);
        assert_eq!(institution.allowed(PlanState::Active), [Complete, End]);
        for over in [
            PlanState::Transferred,
            PlanState::Completed,
            PlanState::Ended,
        ] {
            assert_eq!(institution.allowed(over), []);
        }
        let code = |at, action| office.check(at, action).unwrap_err().code();
        assert_eq!(
            code(PlanState::Waiting, Complete),
            Code::RehabilitationPlanTransition
        );
        assert_eq!(
            code(PlanState::Active, Complete),
            Code::RehabilitationPlanSide
        );
    }
}
