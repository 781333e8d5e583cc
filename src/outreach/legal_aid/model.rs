//! An application for legal aid: where it stands, until when, and what a step makes of it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use super::means::{MeansBasis, MeansCheck};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{LegalAidApplicationId, ResidentId, UserId};
use crate::kernel::text::{maybe, text};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::kernel::working_days::WorkingDays;
use crate::outreach::limits::{Due, LegalLimit};
use crate::outreach::texts::{LONG, SHORT};

vocabulary! {
    /// What it is about.
    pub enum LegalAidMatter {
        Labor = "labor", "劳动争议";
        SocialSecurity = "social_security", "社会保险待遇或社会救助";
        Support = "support", "赡养、抚养、扶养";
        PersonalInjury = "personal_injury", "人身损害赔偿";
        DomesticViolence = "domestic_violence", "家庭暴力";
        Property = "property", "财产与继承";
        Marriage = "marriage", "婚姻家庭";
        StateCompensation = "state_compensation", "国家赔偿";
        CriminalDefense = "criminal_defense", "刑事辩护或代理";
        Other = "other", "其他";
    }
}

vocabulary! {
    pub enum LegalAidState {
        Applied = "applied", "审查中";
        Granted = "granted", "待指派";
        Refused = "refused", "不予援助";
        Assigned = "assigned", "已指派";
        Closed = "closed", "已结案";
        Objected = "objected", "异议审查中";
        Upheld = "upheld", "维持不予援助";
        Withdrawn = "withdrawn", "已撤回";
    }
}

vocabulary! {
    pub enum LegalAidAction {
        Apply = "apply", "申请";
        Grant = "grant", "给予援助";
        Refuse = "refuse", "不予援助";
        Assign = "assign", "指派";
        Close = "close", "结案";
        /// To the judicial bureau, which upholds or overturns.
        Object = "object", "提出异议";
        Uphold = "uphold", "维持";
        Overturn = "overturn", "责令改正";
        Withdraw = "withdraw", "撤回";
    }
}

impl LegalAidAction {
    /// The audit's name of it.
    pub const fn recorded_as(self) -> &'static str {
        match self {
            Self::Apply => "legal_aid.applied",
            Self::Grant => "legal_aid.granted",
            Self::Refuse => "legal_aid.refused",
            Self::Assign => "legal_aid.assigned",
            Self::Close => "legal_aid.closed",
            Self::Object => "legal_aid.objected",
            Self::Uphold => "legal_aid.upheld",
            Self::Overturn => "legal_aid.overturned",
            Self::Withdraw => "legal_aid.withdrawn",
        }
    }

    /// What the office owes by a day.
    const fn is_owed(self) -> bool {
        matches!(self, Self::Grant | Self::Refuse | Self::Assign)
    }

    /// Not by whoever filed it.
    pub const fn decides(self) -> bool {
        matches!(self, Self::Grant | Self::Refuse)
    }

    const fn needs_comment(self) -> bool {
        !matches!(self, Self::Apply | Self::Grant | Self::Assign)
    }

    const fn is_of_the_bureau(self) -> bool {
        matches!(self, Self::Uphold | Self::Overturn)
    }
}

/// Where an action leads, or nowhere.
const fn follow(at: LegalAidState, action: LegalAidAction) -> Option<LegalAidState> {
    use LegalAidAction as Do;
    use LegalAidState as At;
    match (at, action) {
        (At::Applied, Do::Grant) | (At::Objected, Do::Overturn) => Some(At::Granted),
        (At::Applied, Do::Refuse) => Some(At::Refused),
        (At::Granted, Do::Assign) => Some(At::Assigned),
        (At::Assigned, Do::Close) => Some(At::Closed),
        (At::Refused, Do::Object) => Some(At::Objected),
        (At::Objected, Do::Uphold) => Some(At::Upheld),
        (At::Applied | At::Granted, Do::Withdraw) => Some(At::Withdrawn),
        _ => None,
    }
}

pub fn allowed(at: LegalAidState) -> Vec<LegalAidAction> {
    LegalAidAction::ALL
        .iter()
        .copied()
        .filter(|action| follow(at, *action).is_some())
        .collect()
}

/// What is applied for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "matter": "labor", "statement": "用人单位拖欠工资三个月", "fixed_income": false
}))]
pub struct NewLegalAidApplication {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    pub matter: LegalAidMatter,
    #[schema(min_length = 1, max_length = 4000)]
    pub statement: String,
    /// Whether the applicant has an income they can count on, as they say.
    pub fixed_income: bool,
    /// Today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub applied_date: Option<NaiveDate>,
}

impl NewLegalAidApplication {
    /// What is stated, and when.
    pub fn check(&self, today: NaiveDate) -> Result<(String, NaiveDate)> {
        let date = self.applied_date.unwrap_or(today);
        let future = (date > today).then(|| {
            FieldError::new(
                "/applied_date",
                "applied_date.future",
                "not a day to come",
                "不得为今后的日期",
            )
        });
        match (text("/statement", &self.statement, LONG), future) {
            (Ok(statement), None) => Ok((statement, date)),
            (statement, future) => Err(Error::fields(
                statement.err().into_iter().chain(future).collect(),
            )),
        }
    }
}

/// What somebody does next.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "assign", "lawyer": "虚川律师事务所 陈律师"}))]
pub struct NewLegalAidTransition {
    pub action: LegalAidAction,
    /// When it was done, and the applicant told; today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub on_date: Option<NaiveDate>,
    /// Of `assign`: who, and of which office.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub lawyer: Option<String>,
    /// Of a decision where means are checked: what the check found.
    #[serde(default)]
    pub hardship: Option<bool>,
    /// Of `uphold` and `overturn`: the judicial bureau's.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub document_number: Option<String>,
    /// Why, or with what result; `grant` and `assign` need none.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub comment: Option<String>,
}

/// A step as it is written down.
#[derive(Debug, Clone)]
pub struct Step {
    pub action: LegalAidAction,
    pub on_date: NaiveDate,
    pub lawyer: Option<String>,
    pub hardship: Option<bool>,
    pub document_number: Option<String>,
    pub comment: Option<String>,
}

impl Step {
    /// The first one.
    pub const fn filing(on_date: NaiveDate) -> Self {
        Self {
            action: LegalAidAction::Apply,
            on_date,
            lawyer: None,
            hardship: None,
            document_number: None,
            comment: None,
        }
    }
}

impl NewLegalAidTransition {
    /// The step, if it says what it must and nothing else.
    pub fn step(
        &self,
        of: &LegalAidApplication,
        today: NaiveDate,
        before: NaiveDate,
    ) -> Result<Step> {
        let mut errors = Vec::new();
        let mut wrong = |pointer: &str, code, en: &str, zh: &str| {
            errors.push(FieldError::new(pointer, code, en, zh));
        };
        let action = self.action;
        let on_date = self.on_date.unwrap_or(today);
        if !(before..=today).contains(&on_date) {
            wrong(
                "/on_date",
                "on_date.range",
                "not before the step before, and not after today",
                "不早于上一环节，不晚于今日",
            );
        }
        let lawyer = maybe("/lawyer", self.lawyer.as_deref(), SHORT);
        if (action == LegalAidAction::Assign) != !matches!(lawyer, Ok(None)) {
            wrong(
                "/lawyer",
                "lawyer.needed",
                "needed by assign, and by nothing else",
                "指派须填写法律援助人员，其他环节不填",
            );
        }
        let checked = of.means_is_checked();
        let found = self.hardship.is_some();
        let may_find = checked && (action.decides() || action == LegalAidAction::Overturn);
        if (found && !may_find)
            || (checked
                && matches!(action, LegalAidAction::Grant | LegalAidAction::Overturn)
                && self.hardship != Some(true))
        {
            wrong(
                "/hardship",
                "hardship.needed",
                "where means are checked, who is granted aid was found to need it; said with decisions only",
                "须核查经济困难状况的，核查属实方可给予援助；仅在作出决定时填写",
            );
        }
        let document = maybe("/document_number", self.document_number.as_deref(), SHORT);
        if action.is_of_the_bureau() == matches!(document, Ok(None)) {
            wrong(
                "/document_number",
                "document_number.needed",
                "needed of what the judicial bureau decides, and of nothing else",
                "司法行政部门的处理决定须填写文号，其他环节不填",
            );
        }
        let comment = maybe("/comment", self.comment.as_deref(), LONG);
        if action.needs_comment() && matches!(comment, Ok(None)) {
            wrong(
                "/comment",
                "comment.length",
                "say why, or with what result",
                "须写明理由或结果",
            );
        }
        match (lawyer, document, comment) {
            (Ok(lawyer), Ok(document_number), Ok(comment)) if errors.is_empty() => Ok(Step {
                action,
                on_date,
                lawyer,
                hardship: self.hardship,
                document_number,
                comment,
            }),
            (lawyer, document, comment) => {
                errors.extend(
                    lawyer
                        .err()
                        .into_iter()
                        .chain(document.err())
                        .chain(comment.err()),
                );
                Err(Error::fields(errors))
            }
        }
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "division_code": "990121103201", "matter": "labor", "statement": "用人单位拖欠工资三个月", "applied_date": "2022-07-04",
    "filed_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "filed_at": "2022-07-04T01:00:00.000000Z", "means_check": "waived",
    "hardship": null, "state": "granted", "due_limit": "legal_aid_assignment", "due_clause": "法律援助法第四十三条",
    "due_date": "2022-07-09", "overdue": false, "lawyer": null, "late_acts": 0, "allowed_actions": ["assign", "withdraw"],
    "version": 2, "history": []
}))]
pub struct LegalAidApplication {
    #[schema(value_type = uuid::Uuid)]
    pub id: LegalAidApplicationId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// Where the applicant lived; it stays with the office that has it.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub matter: LegalAidMatter,
    /// Left out of lists, as are what the means were judged by, and the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub statement: Option<String>,
    pub applied_date: NaiveDate,
    #[schema(value_type = uuid::Uuid)]
    pub filed_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub filed_at: Timestamp,
    pub means_check: MeansCheck,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub means_basis: Option<MeansBasis>,
    /// What the check found.
    pub hardship: Option<bool>,
    pub state: LegalAidState,
    /// What is due next, by which clause, and until when.
    pub due_limit: Option<LegalLimit>,
    pub due_clause: Option<String>,
    pub due_date: Option<NaiveDate>,
    /// The office owes it, and is late.
    pub overdue: bool,
    /// Who was assigned.
    pub lawyer: Option<String>,
    /// How often the office was late.
    pub late_acts: i32,
    /// What its state allows next; of one application, only what the reader may do.
    pub allowed_actions: Vec<LegalAidAction>,
    pub version: i32,
    /// From the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub history: Option<Vec<LegalAidEntry>>,
}

/// One entry of an application's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LegalAidEntry {
    pub sequence: i32,
    pub action: LegalAidAction,
    pub from_state: Option<LegalAidState>,
    pub to_state: LegalAidState,
    pub on_date: NaiveDate,
    /// By when it was to be done.
    pub due_date: Option<NaiveDate>,
    pub late: bool,
    /// What was due after it.
    pub next_limit: Option<LegalLimit>,
    pub next_due_date: Option<NaiveDate>,
    pub lawyer: Option<String>,
    pub hardship: Option<bool>,
    pub document_number: Option<String>,
    pub comment: Option<String>,
    /// Who wrote it down, and when.
    #[schema(value_type = uuid::Uuid)]
    pub actor_id: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub at: Timestamp,
}

impl LegalAidApplication {
    pub fn due(&self) -> Option<Due> {
        let due = self.due_limit.zip(self.due_date);
        due.map(|(limit, date)| Due { limit, date })
    }

    /// What the state and the due date say, as of a day.
    #[must_use]
    pub fn told(mut self, today: NaiveDate) -> Self {
        let due = self.due();
        self.due_clause = due.map(|due| due.limit.clause(self.applied_date).into_owned());
        self.overdue = due.is_some_and(|due| due.is_overdue(today));
        self.allowed_actions = allowed(self.state);
        self
    }

    /// As it is after a step, and the day by which that was owed.
    pub fn after(&self, step: &Step, calendar: &WorkingDays) -> Result<(Self, Option<NaiveDate>)> {
        let state = follow(self.state, step.action).ok_or_else(|| {
            Error::new(Code::LegalAidTransition)
                .detail(
                    format!(
                        "an application in state {} does not take: {}",
                        self.state, step.action
                    ),
                    format!(
                        "{}的法律援助申请不能{}",
                        self.state.label_zh(),
                        step.action.label_zh()
                    ),
                )
                .member("state", self.state.as_str())
        })?;
        let owed = if step.action.is_owed() {
            self.due_date
        } else {
            None
        };
        let due = match state {
            LegalAidState::Granted => Some(LegalLimit::LegalAidAssignment),
            LegalAidState::Objected => Some(LegalLimit::LegalAidObjection),
            _ => None,
        };
        let due = due.map(|limit| Due::of(limit, step.on_date, calendar));
        let next = Self {
            state,
            version: self.version + 1,
            late_acts: self.late_acts + i32::from(owed.is_some_and(|day| step.on_date > day)),
            due_limit: due.map(|due| due.limit),
            due_date: due.map(|due| due.date),
            lawyer: step.lawyer.clone().or_else(|| self.lawyer.clone()),
            hardship: step.hardship.or(self.hardship),
            ..self.clone()
        };
        Ok((next, owed))
    }

    /// Who is granted aid must be found to need it.
    pub fn means_is_checked(&self) -> bool {
        self.means_check == MeansCheck::Required
    }

    /// Until when the office has something to do.
    pub fn waits_until(&self) -> Option<NaiveDate> {
        self.due()
            .filter(|due| due.limit.binds_the_office())
            .map(|due| due.date)
    }
}
