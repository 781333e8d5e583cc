//! A fair, and who came.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::employment::words::NAME;
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{
    JobFairAttendanceId, JobFairId, JobSeekerId, ResidentId, UserId, VacancyId,
};
use crate::kernel::patch::{Patch, stated};
use crate::kernel::text::{self, maybe, text};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    pub enum FairKind {
        JobFair = "job_fair", "招聘会";
        AssistanceMonth = "assistance_month", "就业援助月";
    }
}

vocabulary! {
    /// What came of somebody's coming.
    pub enum AttendanceResult {
        Informed = "informed", "政策咨询";
        Intent = "intent", "达成意向";
        Offered = "offered", "现场录用";
        Hired = "hired", "已上岗";
    }
}

/// What is planned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "job_fair", "name": "残疾人专场招聘会", "division_code": "990121", "place": "县人力资源市场", "from_date": "2022-07-04",
    "to_date": "2022-07-05", "vacancy_ids": []
}))]
pub struct NewJobFair {
    pub kind: FairKind,
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Whose fair it is.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub place: Option<String>,
    #[serde(deserialize_with = "date::written")]
    pub from_date: NaiveDate,
    /// The last day; the first, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub to_date: Option<NaiveDate>,
    /// What is offered there.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>, max_items = 500)]
    pub vacancy_ids: Vec<VacancyId>,
}

/// What changed; a reason cancels it for good.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"place": "县文化馆"}))]
pub struct JobFairPatch {
    #[serde(default, deserialize_with = "stated")]
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    pub name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub place: Patch<String>,
    #[serde(default, deserialize_with = "date::stated")]
    #[schema(nullable = false)]
    pub to_date: Option<NaiveDate>,
    /// Offered besides.
    #[serde(default, deserialize_with = "stated")]
    #[schema(value_type = Option<Vec<uuid::Uuid>>, max_items = 500, nullable = false)]
    pub add_vacancy_ids: Option<Vec<VacancyId>>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(min_length = 2, max_length = 500, nullable = false)]
    pub cancel_reason: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0e", "kind": "job_fair", "name": "残疾人专场招聘会", "division_code": "990121000000",
    "place": "县人力资源市场", "from_date": "2022-07-04", "to_date": "2022-07-05", "cancel_reason": null,
    "created_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "created_at": "2022-06-20T01:00:00.000000Z", "version": 1
}))]
pub struct JobFair {
    #[schema(value_type = uuid::Uuid)]
    pub id: JobFairId,
    pub kind: FairKind,
    pub name: String,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub place: Option<String>,
    pub from_date: NaiveDate,
    pub to_date: NaiveDate,
    pub cancel_reason: Option<String>,
    #[schema(value_type = uuid::Uuid)]
    pub created_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    pub version: i32,
}

/// A fair with what was offered there and what came of it, of those in the caller's sight.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "fair": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0e", "kind": "job_fair", "name": "残疾人专场招聘会", "division_code": "990121000000",
        "place": null, "from_date": "2022-07-04", "to_date": "2022-07-05", "cancel_reason": null,
        "created_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "created_at": "2022-06-20T01:00:00.000000Z", "version": 1},
    "vacancy_ids": ["0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a"], "persons": 12, "person_times": 15,
    "results": [{"result": "informed", "person_times": 10}]
}))]
pub struct JobFairReport {
    pub fair: JobFair,
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub vacancy_ids: Vec<VacancyId>,
    /// 人
    pub persons: usize,
    /// 人次
    pub person_times: usize,
    pub results: Vec<ResultCount>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FairResultCount, example = json!({"result": "informed", "person_times": 10}))]
pub struct ResultCount {
    pub result: AttendanceResult,
    pub person_times: usize,
}

/// Who came.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"job_seeker_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "result": "informed"}))]
pub struct NewFairAttendance {
    #[schema(value_type = uuid::Uuid)]
    pub job_seeker_id: JobSeekerId,
    /// Today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub attended_date: Option<NaiveDate>,
    pub result: AttendanceResult,
    /// Of what is offered at the fair; needed but for `informed`.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub vacancy_id: Option<VacancyId>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0f", "fair_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0e",
    "job_seeker_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
    "division_code": "990121103201", "attended_date": "2022-07-04", "result": "informed", "vacancy_id": null,
    "recorded_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "recorded_at": "2022-07-04T03:00:00.000000Z"
}))]
pub struct FairAttendance {
    #[schema(value_type = uuid::Uuid)]
    pub id: JobFairAttendanceId,
    #[schema(value_type = uuid::Uuid)]
    pub fair_id: JobFairId,
    #[schema(value_type = uuid::Uuid)]
    pub job_seeker_id: JobSeekerId,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// Where the job seeker lives.
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub attended_date: NaiveDate,
    pub result: AttendanceResult,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub vacancy_id: Option<VacancyId>,
    #[schema(value_type = uuid::Uuid)]
    pub recorded_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub recorded_at: Timestamp,
}

/// The most vacancies that are named at once.
const MOST: usize = 500;

fn sound(fair: &JobFair, vacancies: usize) -> Result<()> {
    let mut errors = Vec::new();
    if fair.to_date < fair.from_date {
        errors.push(FieldError::new(
            "/to_date",
            "period.order",
            "not before from_date",
            "不得早于 from_date",
        ));
    }
    if vacancies > MOST {
        errors.push(FieldError::new(
            "/vacancy_ids",
            "vacancies.count",
            "500 at the most",
            "不超过500个",
        ));
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(errors))
    }
}

impl NewJobFair {
    /// The fair that is planned.
    pub fn check(&self, id: JobFairId, by: UserId, now: Timestamp) -> Result<JobFair> {
        let refuse = |error| Error::fields(vec![error]);
        let fair = JobFair {
            id,
            kind: self.kind,
            name: text("/name", &self.name, NAME).map_err(refuse)?,
            division_code: self.division_code,
            place: maybe("/place", self.place.as_deref(), 200).map_err(refuse)?,
            from_date: self.from_date,
            to_date: self.to_date.unwrap_or(self.from_date),
            cancel_reason: None,
            created_by: by,
            created_at: now,
            version: 1,
        };
        sound(&fair, self.vacancy_ids.len())?;
        Ok(fair)
    }
}

impl JobFair {
    /// As it is after a change.
    pub fn changed(&self, change: &JobFairPatch) -> Result<Self> {
        if self.cancel_reason.is_some() {
            return Err(Code::JobFairNotHeld.into());
        }
        let refuse = |error| Error::fields(vec![error]);
        let mut new = self.clone();
        if let Some(name) = &change.name {
            new.name = text("/name", name, NAME).map_err(refuse)?;
        }
        change.place.apply(&mut new.place);
        new.place = maybe("/place", new.place.as_deref(), 200).map_err(refuse)?;
        new.to_date = change.to_date.unwrap_or(self.to_date);
        if let Some(reason) = &change.cancel_reason {
            let reason = text::reason(reason).map_err(|error| error.at("/cancel_reason"))?;
            new.cancel_reason = Some(reason.to_owned());
        }
        new.version = self.version + 1;
        sound(&new, change.add_vacancy_ids.as_ref().map_or(0, Vec::len))?;
        Ok(new)
    }

    /// The day somebody came, if it is one of the fair's.
    pub fn attended_on(&self, day: NaiveDate) -> Result<NaiveDate> {
        let held = self.cancel_reason.is_none() && (self.from_date..=self.to_date).contains(&day);
        if held {
            Ok(day)
        } else {
            Err(Code::JobFairNotHeld.into())
        }
    }
}
