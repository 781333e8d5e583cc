//! A job seeker's file.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::employment::vacancies::WorkAid;
use crate::employment::words::{self, NAME, NOTE};
use crate::kernel::date;
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{CaseId, JobSeekerContactId, JobSeekerId, ResidentId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::patch::{Patch, stated};
use crate::kernel::text::maybe;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::registry::facts::EmploymentForm;

vocabulary! {
    pub enum JobSeekerState {
        Open = "open", "求职中";
        Closed = "closed", "已结束";
    }
}

vocabulary! {
    pub enum JobSeekerCloseReason {
        Employed = "employed", "已就业";
        NoLongerSeeking = "no_longer_seeking", "不再求职";
        Moved = "moved", "已迁出";
        Deceased = "deceased", "已死亡";
        Other = "other", "其他";
    }
}

vocabulary! {
    /// How far from home somebody would work.
    pub enum Distance {
        Home = "home", "居家";
        Village = "village", "本村（社区）";
        Township = "township", "本乡镇（街道）";
        County = "county", "本县（市、区）";
        City = "city", "本市";
    }
}

impl Distance {
    /// Up to which division; none for who works at home.
    pub const fn level(self) -> Option<DivisionLevel> {
        match self {
            Self::Home => None,
            Self::Village => Some(DivisionLevel::Village),
            Self::Township => Some(DivisionLevel::Township),
            Self::County => Some(DivisionLevel::County),
            Self::City => Some(DivisionLevel::City),
        }
    }
}

vocabulary! {
    /// What was done for a job seeker.
    pub enum ContactKind {
        Call = "call", "电话联系";
        Visit = "visit", "上门走访";
        Interview = "interview", "面谈";
        Guidance = "guidance", "职业指导";
        Training = "training", "技能培训";
        Other = "other", "其他";
    }
}

/// Whose file is opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "forms": ["quota", "flexible"], "skills": "办公软件", "distance": "county",
    "wage_from_fen": 250_000, "needed_aids": ["wheelchair_access"], "graduated_date": "2022-06-30", "school": "虚川学院", "willing": true,
    "plan": "推荐办公文员岗位，安排面试辅导"
}))]
pub struct NewJobSeeker {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// What work is sought: one form at least, and not `none`.
    #[schema(min_items = 1)]
    pub forms: Vec<EmploymentForm>,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub skills: Option<String>,
    pub distance: Distance,
    /// A month, at least.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub wage_from_fen: Option<Fen>,
    #[serde(default)]
    pub needed_aids: Vec<WorkAid>,
    /// Of graduates.
    #[serde(default, deserialize_with = "date::maybe")]
    pub graduated_date: Option<NaiveDate>,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub school: Option<String>,
    /// Whether a graduate wants to work now.
    #[serde(default)]
    pub willing: Option<bool>,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub plan: Option<String>,
}

/// What changed; a reason closes the file for good.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"willing": false, "plan": "本人拟备考，三个月后再联系"}))]
pub struct JobSeekerPatch {
    #[serde(default, deserialize_with = "stated")]
    #[schema(min_items = 1, nullable = false)]
    pub forms: Option<Vec<EmploymentForm>>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub skills: Patch<String>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(nullable = false)]
    pub distance: Option<Distance>,
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub wage_from_fen: Patch<Fen>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(nullable = false)]
    pub needed_aids: Option<Vec<WorkAid>>,
    #[serde(default, deserialize_with = "date::patched")]
    #[schema(value_type = Option<NaiveDate>)]
    pub graduated_date: Patch<NaiveDate>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    pub school: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub willing: Patch<bool>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1000)]
    pub plan: Patch<String>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(nullable = false)]
    pub close_reason: Option<JobSeekerCloseReason>,
}

/// What somebody did for a job seeker.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewJobSeekerContact, example = json!({"kind": "visit", "note": "上门了解求职意向，愿意从事装配工作"}))]
pub struct NewContact {
    pub kind: ContactKind,
    /// Today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub contact_date: Option<NaiveDate>,
    #[schema(min_length = 1, max_length = 1000)]
    pub note: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = JobSeekerContact, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0c", "kind": "visit", "contact_date": "2022-07-04", "note": "上门了解求职意向",
    "made_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "made_at": "2022-07-04T02:00:00.000000Z"
}))]
pub struct Contact {
    #[schema(value_type = uuid::Uuid)]
    pub id: JobSeekerContactId,
    pub kind: ContactKind,
    pub contact_date: NaiveDate,
    pub note: String,
    #[schema(value_type = uuid::Uuid)]
    pub made_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub made_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "case_id": null,
    "division_code": "990121103201", "state": "open", "close_reason": null, "forms": ["quota"], "skills": "办公软件", "distance": "county",
    "wage_from_fen": 250_000, "needed_aids": ["wheelchair_access"], "graduated_date": "2022-06-30", "school": "虚川学院", "willing": true,
    "plan": "推荐办公文员岗位", "contacts": [], "opened_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "opened_at": "2022-07-04T01:00:00.000000Z", "closed_at": null, "version": 1
}))]
pub struct JobSeeker {
    #[schema(value_type = uuid::Uuid)]
    pub id: JobSeekerId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// Whose approval opened the file, where one did.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub case_id: Option<CaseId>,
    /// Where they live.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub state: JobSeekerState,
    pub close_reason: Option<JobSeekerCloseReason>,
    pub forms: Vec<EmploymentForm>,
    pub skills: Option<String>,
    pub distance: Distance,
    pub wage_from_fen: Option<Fen>,
    pub needed_aids: Vec<WorkAid>,
    pub graduated_date: Option<NaiveDate>,
    pub school: Option<String>,
    pub willing: Option<bool>,
    pub plan: Option<String>,
    /// Oldest first.
    pub contacts: Vec<Contact>,
    #[schema(value_type = uuid::Uuid)]
    pub opened_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub opened_at: Timestamp,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub closed_at: Option<Timestamp>,
    pub version: i32,
}

impl JobSeeker {
    /// What is wrong with it, all at once; its texts without what surrounds them.
    pub fn sound(mut self, today: NaiveDate) -> Result<Self> {
        let mut errors = Vec::new();
        if self.graduated_date.is_some_and(|day| day > today) {
            errors.push(FieldError::new(
                "/graduated_date",
                "graduated_date.future",
                "not a day to come",
                "不得为今后的日期",
            ));
        }
        if self.forms.is_empty() {
            errors.push(FieldError::new(
                "/forms",
                "forms.empty",
                "one form of employment at least",
                "至少一种就业形式",
            ));
        }
        for form in &self.forms {
            errors.extend(words::form("/forms", *form).err());
        }
        if let Some(wage) = self.wage_from_fen {
            errors.extend(words::amount("/wage_from_fen", wage).err());
        }
        if self.graduated_date.is_none() && (self.school.is_some() || self.willing.is_some()) {
            errors.push(FieldError::new(
                "/graduated_date",
                "graduate.date",
                "school and willing are a graduate's",
                "学校和就业意愿仅毕业生填写，须有毕业日期",
            ));
        }
        let skills = maybe("/skills", self.skills.as_deref(), 200);
        self.skills = words::keep(skills, &mut errors).flatten();
        let school = maybe("/school", self.school.as_deref(), NAME);
        self.school = words::keep(school, &mut errors).flatten();
        let plan = maybe("/plan", self.plan.as_deref(), NOTE);
        self.plan = words::keep(plan, &mut errors).flatten();
        self.forms.sort_unstable();
        self.forms.dedup();
        self.needed_aids.sort_unstable();
        self.needed_aids.dedup();
        if errors.is_empty() {
            Ok(self)
        } else {
            Err(Error::fields(errors))
        }
    }

    pub fn still_open(self) -> Result<Self> {
        match self.state {
            JobSeekerState::Open => Ok(self),
            JobSeekerState::Closed => Err(Code::JobSeekerClosed.into()),
        }
    }

    /// As it is after a change.
    pub fn changed(&self, change: &JobSeekerPatch, now: Timestamp) -> Result<Self> {
        let mut new = self.clone().still_open()?;
        if let Some(forms) = &change.forms {
            new.forms.clone_from(forms);
        }
        if let Some(aids) = &change.needed_aids {
            new.needed_aids.clone_from(aids);
        }
        new.distance = change.distance.unwrap_or(self.distance);
        change.skills.apply(&mut new.skills);
        change.wage_from_fen.apply(&mut new.wage_from_fen);
        change.graduated_date.apply(&mut new.graduated_date);
        change.school.apply(&mut new.school);
        change.willing.apply(&mut new.willing);
        change.plan.apply(&mut new.plan);
        new.version = self.version + 1;
        let new = new.sound(now.office_date())?;
        Ok(match change.close_reason {
            Some(reason) => new.closed(reason, now),
            None => new,
        })
    }

    #[must_use]
    pub fn closed(self, reason: JobSeekerCloseReason, now: Timestamp) -> Self {
        Self {
            state: JobSeekerState::Closed,
            close_reason: Some(reason),
            closed_at: Some(now),
            ..self
        }
    }
}
