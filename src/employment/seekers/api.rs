//! `/v1/job-seekers`: open, list, read, change and close; what was done for them, and which work would fit.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, patch, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{
    Contact, Distance, JobSeeker, JobSeekerCloseReason, JobSeekerPatch, JobSeekerState, NewContact,
    NewJobSeeker,
};
use super::service::{self, Filter, GraduateEmployment, Graduates};
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::employment::matching::{self, JobMatch};
use crate::http::page::{is_place, page_of, whole_page_of};
use crate::http::{
    Answer, Creation, IdempotencyKey, IfMatch, Paging, Params, ReadErrors, Routes, WriteErrors,
    etag,
};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{JobSeekerId, ResidentId};
use crate::registry::facts::EmploymentForm;

page_of!(JobSeekerPage, ListedJobSeeker);
whole_page_of!(JobMatchPage, JobMatch);

/// A file in a list: without what is needed at work, what is planned and what was done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "division_code": "990121103201",
    "state": "open", "close_reason": null, "forms": ["quota"], "distance": "county", "graduated_date": null, "willing": null, "version": 1
}))]
pub struct ListedJobSeeker {
    #[schema(value_type = uuid::Uuid)]
    id: JobSeekerId,
    #[schema(value_type = uuid::Uuid)]
    resident_id: ResidentId,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    state: JobSeekerState,
    close_reason: Option<JobSeekerCloseReason>,
    forms: Vec<EmploymentForm>,
    distance: Distance,
    graduated_date: Option<NaiveDate>,
    willing: Option<bool>,
    version: i32,
}

impl From<JobSeeker> for ListedJobSeeker {
    fn from(seeker: JobSeeker) -> Self {
        Self {
            id: seeker.id,
            resident_id: seeker.resident_id,
            division_code: seeker.division_code,
            state: seeker.state,
            close_reason: seeker.close_reason,
            forms: seeker.forms,
            distance: seeker.distance,
            graduated_date: seeker.graduated_date,
            willing: seeker.willing,
            version: seeker.version,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct JobSeekerQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(inline)]
    state: Option<JobSeekerState>,
    #[param(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    /// Of who graduated in that year.
    #[param(minimum = 2000, maximum = 2200, example = 2022)]
    graduated_in: Option<i32>,
    /// Of graduates: whether they want to work now.
    willing: Option<bool>,
    /// Exactly those that count as graduates of that year, one a person; with no other filter but the division, `willing` and
    /// `employed`.
    #[param(minimum = 2000, maximum = 2200, example = 2022)]
    graduates_of: Option<i32>,
    /// With `graduates_of`: whether their work began in that year, with verified evidence.
    employed: Option<bool>,
    /// 1 to 200, 50 unless given.
    #[serde(skip_serializing_if = "is_place")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "is_place")]
    cursor: Option<String>,
}

fn year(name: &str, asked: Option<i32>) -> Result<Option<i32>> {
    if asked.is_none_or(|year| (2000..=2200).contains(&year)) {
        return Ok(asked);
    }
    Err(Error::parameter(
        name,
        "year.range",
        "2000 to 2200",
        "须为 2000 至 2200",
    ))
}

impl JobSeekerQuery {
    /// Which graduates are asked for, if any.
    fn counted(&self) -> Result<Option<Graduates>> {
        let Some(year) = year("graduates_of", self.graduates_of)? else {
            if self.employed.is_some() {
                let (en, zh) = ("with graduates_of", "须与 graduates_of 同用");
                return Err(Error::parameter("employed", "filter.alone", en, zh));
            }
            return Ok(None);
        };
        if self.state.is_some() || self.resident_id.is_some() || self.graduated_in.is_some() {
            let (en, zh) = (
                "with no other filter but the division, willing and employed",
                "只能与 division_code、willing、employed 同用",
            );
            return Err(Error::parameter("graduates_of", "filter.alone", en, zh));
        }
        Ok(Some(Graduates {
            year,
            willing: self.willing,
            employed: self.employed,
        }))
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct GraduatesQuery {
    /// Only this division and all beneath it.
    #[param(value_type = Option<String>, example = "990121000000")]
    division_code: Option<DivisionCode>,
    #[param(minimum = 2000, maximum = 2200, example = 2022)]
    year: i32,
}

/// List job seekers, newest first
///
/// Without what they need at work: who looks at that reads the file, and that is recorded.
#[utoipa::path(
    operation_id = "list_job_seekers", tag = "employment", params(JobSeekerQuery), extensions(("x-permit" = json!("job_seeker.read"))),
    responses((status = 200, description = "A page of files", body = JobSeekerPage), ReadErrors)
)]
#[get("/v1/job-seekers")]
async fn list_job_seekers(
    permit: Permit<acts::JobSeekerRead>,
    store: web::Data<Store>,
    Params(query): Params<JobSeekerQuery>,
) -> Result<web::Json<JobSeekerPage>> {
    let keys = store.keys();
    let paging = Paging::of(
        keys,
        "list_job_seekers",
        &query,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let (after, count) = paging.window();
    let scope = permit.scope_in(query.division_code)?;
    let graduated_in = year("graduated_in", query.graduated_in)?;
    let counted = query.counted()?;
    let filter = Filter {
        state: query.state,
        resident: query.resident_id,
        graduated_in,
        willing: query.willing,
    };
    let rows = store
        .read(permit.reach(), move |db| match counted {
            Some(asked) => service::graduates(db, &scope, asked, after, count),
            None => service::page(db, &scope, &filter, after, count),
        })
        .await?;
    let (rows, next) = paging.cut(rows, |one| one.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(JobSeekerPage { items, next }))
}

/// Graduates of a year, and who of them works
///
/// Distinct persons by the last file that says when they graduated. `GET /v1/job-seekers?graduates_of=…` lists exactly these.
#[utoipa::path(
    operation_id = "get_graduate_employment", tag = "employment", params(GraduatesQuery),
    extensions(("x-permit" = json!("job_seeker.read"))),
    responses((status = 200, description = "How many", body = GraduateEmployment), ReadErrors)
)]
#[get("/v1/job-seekers/graduates")]
async fn get_graduate_employment(
    permit: Permit<acts::JobSeekerRead>,
    store: web::Data<Store>,
    Params(query): Params<GraduatesQuery>,
) -> Result<web::Json<GraduateEmployment>> {
    let scope = permit.scope_in(query.division_code)?;
    let asked = year("year", Some(query.year))?.unwrap_or(query.year);
    let counted = store
        .read(permit.reach(), move |db| {
            service::count_graduates(db, &scope, asked)
        })
        .await?;
    Ok(web::Json(counted))
}

/// Read a job seeker's file
///
/// The look is recorded.
#[utoipa::path(
    operation_id = "get_job_seeker", tag = "employment", params(("id" = uuid::Uuid, Path)), extensions(("x-permit" = json!("job_seeker.read"))),
    responses((status = 200, description = "The file", body = JobSeeker, headers(("ETag" = String, description = "Its version"))), ReadErrors)
)]
#[get("/v1/job-seekers/{id}")]
async fn get_job_seeker(
    permit: Permit<acts::JobSeekerRead>,
    store: web::Data<Store>,
    id: web::Path<JobSeekerId>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| service::view(db, &permit, *id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.version)))
        .json(shown))
}

/// Open a job seeker's file
///
/// One open file a person: 409 `job_seeker.open`. An approved application for employment opens one by itself.
#[utoipa::path(
    operation_id = "create_job_seeker", tag = "employment",
    params(IdempotencyKey),
    request_body = NewJobSeeker, extensions(("x-permit" = json!("job_seeker.write"))),
    responses(
        (status = 201, description = "Opened", body = JobSeeker,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/job-seekers")]
async fn create_job_seeker(
    permit: Permit<acts::JobSeekerWrite>,
    store: web::Data<Store>,
    new: Creation<NewJobSeeker>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::open(tx, &permit, new)?.try_map(|shown| {
            Answer::created(
                format!("/v1/job-seekers/{}", shown.id),
                shown.version,
                &shown,
            )
        })
    })
    .await
}

/// Change or close a job seeker's file
///
/// A `close_reason` closes it for good; a placement closes it by itself.
#[utoipa::path(
    operation_id = "update_job_seeker", tag = "employment",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The ETag you saw"), IdempotencyKey),
    request_body = JobSeekerPatch, extensions(("x-permit" = json!("job_seeker.write"))),
    responses(
        (status = 200, description = "As it now is", body = JobSeeker, headers(("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[patch("/v1/job-seekers/{id}")]
async fn update_job_seeker(
    permit: Permit<acts::JobSeekerWrite>,
    store: web::Data<Store>,
    id: web::Path<JobSeekerId>,
    seen: IfMatch,
    change: Creation<JobSeekerPatch>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    change
        .once(&store, permit.reach(), &origin, move |tx, change| {
            service::change(tx, &permit, *id, seen, &change)?
                .try_map(|shown| Answer::changed(shown.version, &shown))
        })
        .await
}

/// Put down what was done for a job seeker
///
/// Calls, visits, guidance, training. What is put down stays.
#[utoipa::path(
    operation_id = "create_job_seeker_contact", tag = "employment",
    params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewContact, extensions(("x-permit" = json!("job_seeker.write"))),
    responses(
        (status = 201, description = "Kept", body = Contact,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/job-seekers/{id}/contacts")]
async fn create_job_seeker_contact(
    permit: Permit<acts::JobSeekerWrite>,
    store: web::Data<Store>,
    id: web::Path<JobSeekerId>,
    new: Creation<NewContact>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::contact(tx, &permit, *id, &new)?
            .try_map(|shown| Answer::created(format!("/v1/job-seekers/{id}"), 1, &shown))
    })
    .await
}

/// Which vacancies would fit a job seeker, and why
///
/// Open vacancies of the city, those that fit all the way first, each with what it was judged by: form, distance, what
/// is needed at work, wage. What somebody needs is for the office that looks, not for employers; the look is recorded.
#[utoipa::path(
    operation_id = "list_job_matches", tag = "employment", params(("id" = uuid::Uuid, Path)),
    extensions(("x-permit" = json!("job_seeker.read"))),
    responses((status = 200, description = "Up to fifty; `next` is null", body = JobMatchPage), ReadErrors)
)]
#[get("/v1/job-seekers/{id}/matches")]
async fn list_job_matches(
    permit: Permit<acts::JobSeekerRead>,
    store: web::Data<Store>,
    id: web::Path<JobSeekerId>,
) -> Result<web::Json<JobMatchPage>> {
    let items = store
        .look(permit.reach(), move |db| matching::of(db, &permit, *id))
        .await?;
    Ok(web::Json(JobMatchPage::whole(items)))
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(list_job_seekers)
        .service(create_job_seeker)
        .service(get_graduate_employment)
        .service(get_job_seeker)
        .service(update_job_seeker)
        .service(create_job_seeker_contact)
        .service(list_job_matches);
}
