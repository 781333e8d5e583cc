//! A vacancy.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::employment::words::{self, NAME};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{EmployerId, UserId, VacancyId};
use crate::kernel::money::Fen;
use crate::kernel::patch::{Patch, stated};
use crate::kernel::text::{maybe, text};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::registry::facts::EmploymentForm;

vocabulary! {
    /// What somebody needs at work, and a place of work has (合理便利).
    pub enum WorkAid {
        WheelchairAccess = "wheelchair_access", "无障碍通行";
        AccessibleToilet = "accessible_toilet", "无障碍卫生间";
        SignLanguage = "sign_language", "手语沟通";
        TextCommunication = "text_communication", "文字沟通";
        ScreenReader = "screen_reader", "读屏软件";
        FlexibleHours = "flexible_hours", "弹性工时";
        JobCoach = "job_coach", "就业辅导员";
        Dormitory = "dormitory", "提供住宿";
        /// The work is done at home.
        HomeBased = "home_based", "居家就业";
    }
}

vocabulary! {
    pub enum VacancyState {
        Open = "open", "招聘中";
        Closed = "closed", "已关闭";
    }
}

vocabulary! {
    pub enum VacancyCloseReason {
        Filled = "filled", "已招满";
        Withdrawn = "withdrawn", "单位撤回";
        Expired = "expired", "已到期";
    }
}

/// What an employer offers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "employer_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "title": "装配工", "form": "quota", "division_code": "990121103",
    "openings": 3, "wage_from_fen": 300_000, "wage_to_fen": 400_000, "aids": ["wheelchair_access", "sign_language"],
    "valid_to": "2099-12-31"
}))]
pub struct NewVacancy {
    #[schema(value_type = uuid::Uuid)]
    pub employer_id: EmployerId,
    #[schema(min_length = 1, max_length = 100)]
    pub title: String,
    /// Any but `none`.
    pub form: EmploymentForm,
    /// Where the work is done.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[schema(minimum = 1, maximum = 10_000)]
    pub openings: i32,
    /// A month.
    #[schema(minimum = 1)]
    pub wage_from_fen: Fen,
    #[schema(minimum = 1)]
    pub wage_to_fen: Fen,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub requirements: Option<String>,
    /// What the place of work has.
    #[serde(default)]
    pub aids: Vec<WorkAid>,
    /// The last day to apply.
    #[serde(default, deserialize_with = "date::maybe")]
    pub valid_to: Option<NaiveDate>,
}

/// What changed; a reason closes the vacancy for good.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"close_reason": "filled"}))]
pub struct VacancyPatch {
    #[serde(default, deserialize_with = "stated")]
    #[schema(minimum = 1, maximum = 10_000, nullable = false)]
    pub openings: Option<i32>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(minimum = 1, nullable = false)]
    pub wage_from_fen: Option<Fen>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(minimum = 1, nullable = false)]
    pub wage_to_fen: Option<Fen>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(nullable = false)]
    pub aids: Option<Vec<WorkAid>>,
    #[serde(default, deserialize_with = "date::patched")]
    #[schema(value_type = Option<NaiveDate>)]
    pub valid_to: Patch<NaiveDate>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(nullable = false)]
    pub close_reason: Option<VacancyCloseReason>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "employer_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "title": "装配工", "form": "quota",
    "division_code": "990121103000", "openings": 3, "wage_from_fen": 300_000, "wage_to_fen": 400_000, "requirements": null,
    "aids": ["wheelchair_access", "sign_language"], "valid_to": "2022-12-31", "state": "open", "close_reason": null,
    "created_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "created_at": "2022-01-20T01:00:00.000000Z", "version": 1
}))]
pub struct Vacancy {
    #[schema(value_type = uuid::Uuid)]
    pub id: VacancyId,
    #[schema(value_type = uuid::Uuid)]
    pub employer_id: EmployerId,
    pub title: String,
    pub form: EmploymentForm,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub openings: i32,
    pub wage_from_fen: Fen,
    pub wage_to_fen: Fen,
    pub requirements: Option<String>,
    pub aids: Vec<WorkAid>,
    pub valid_to: Option<NaiveDate>,
    pub state: VacancyState,
    pub close_reason: Option<VacancyCloseReason>,
    #[schema(value_type = uuid::Uuid)]
    pub created_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    pub version: i32,
}

fn sound(openings: i32, from: Fen, to: Fen) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !(1..=10_000).contains(&openings) {
        errors.push(FieldError::new(
            "/openings",
            "openings.range",
            "1 to 10000",
            "须为 1 至 10000",
        ));
    }
    errors.extend(words::amount("/wage_from_fen", from).err());
    errors.extend(words::amount("/wage_to_fen", to).err());
    if to < from {
        errors.push(FieldError::new(
            "/wage_to_fen",
            "wage.order",
            "not less than wage_from_fen",
            "不得低于 wage_from_fen",
        ));
    }
    errors
}

/// Of a day that is said now, not of one that has passed since.
fn to_come(said: Option<NaiveDate>, today: NaiveDate) -> Option<FieldError> {
    said.filter(|last| *last < today).map(|_| {
        FieldError::new(
            "/valid_to",
            "valid_to.past",
            "today or a day to come",
            "不得早于今日",
        )
    })
}

impl NewVacancy {
    /// Title and requirements, if all is as it may be.
    pub fn check(&self, today: NaiveDate) -> Result<(String, Option<String>)> {
        let mut errors = sound(self.openings, self.wage_from_fen, self.wage_to_fen);
        errors.extend(to_come(self.valid_to, today));
        errors.extend(words::form("/form", self.form).err());
        let title = words::keep(text("/title", &self.title, NAME), &mut errors);
        let requirements = maybe("/requirements", self.requirements.as_deref(), 500);
        let requirements = words::keep(requirements, &mut errors);
        match (title, requirements) {
            (Some(title), Some(requirements)) if errors.is_empty() => Ok((title, requirements)),
            _ => Err(Error::fields(errors)),
        }
    }
}

impl Vacancy {
    /// Whether somebody may be sent there on a day.
    pub fn is_open_on(&self, day: NaiveDate) -> bool {
        self.state == VacancyState::Open && self.valid_to.is_none_or(|last| last >= day)
    }

    /// As it is after a change.
    pub fn changed(&self, change: &VacancyPatch, today: NaiveDate) -> Result<Self> {
        if self.state == VacancyState::Closed {
            return Err(Code::VacancyClosed.into());
        }
        let mut new = self.clone();
        new.openings = change.openings.unwrap_or(self.openings);
        new.wage_from_fen = change.wage_from_fen.unwrap_or(self.wage_from_fen);
        new.wage_to_fen = change.wage_to_fen.unwrap_or(self.wage_to_fen);
        if let Some(aids) = &change.aids {
            new.aids.clone_from(aids);
        }
        change.valid_to.apply(&mut new.valid_to);
        if let Some(reason) = change.close_reason {
            (new.state, new.close_reason) = (VacancyState::Closed, Some(reason));
        }
        let mut errors = sound(new.openings, new.wage_from_fen, new.wage_to_fen);
        if new.valid_to != self.valid_to {
            errors.extend(to_come(new.valid_to, today));
        }
        if errors.is_empty() {
            Ok(Self {
                version: self.version + 1,
                ..new
            })
        } else {
            Err(Error::fields(errors))
        }
    }
}
