//! SQL of fairs, of what was offered there, and of who came.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{AttendanceResult, FairAttendance, FairKind, JobFair};
use crate::access::{Scope, within};
use crate::db::schema::{job_fair_attendances, job_fair_vacancies, job_fairs};
use crate::db::{Db, MultiBackend, Tx, insert_all, on_unique, types};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{
    JobFairAttendanceId, JobFairId, JobSeekerId, ResidentId, UserId, VacancyId,
};
use crate::kernel::time::Timestamp;

types::text_columns!(FairKind, AttendanceResult);

#[derive(Queryable, Selectable)]
#[diesel(table_name = job_fairs)]
struct Row {
    id: JobFairId,
    kind: FairKind,
    name: String,
    division_code: DivisionCode,
    place: Option<String>,
    from_date: NaiveDate,
    to_date: NaiveDate,
    cancel_reason: Option<String>,
    created_by: UserId,
    created_at: Timestamp,
    version: i32,
}

impl From<Row> for JobFair {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            division_code: row.division_code,
            place: row.place,
            from_date: row.from_date,
            to_date: row.to_date,
            cancel_reason: row.cancel_reason,
            created_by: row.created_by,
            created_at: row.created_at,
            version: row.version,
        }
    }
}

pub fn find(db: &mut Db, id: JobFairId) -> Result<Option<JobFair>> {
    let row: Option<Row> = job_fairs::table
        .find(id)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Into::into))
}

/// Which fairs a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub division: Option<DivisionCode>,
    pub kind: Option<FairKind>,
}

/// Newest first.
pub fn page(
    db: &mut Db,
    filter: &Filter,
    after: Option<JobFairId>,
    count: i64,
) -> Result<Vec<JobFair>> {
    let mut query = job_fairs::table
        .select(Row::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(division) = filter.division {
        let (lowest, highest) = division.range();
        query = query.filter(job_fairs::division_code.between(lowest, highest));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(job_fairs::kind.eq(kind));
    }
    if let Some(after) = after {
        query = query.filter(job_fairs::id.lt(after));
    }
    let rows: Vec<Row> = query
        .order(job_fairs::id.desc())
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub fn insert(tx: &mut Tx<'_>, new: &JobFair) -> Result<()> {
    diesel::insert_into(job_fairs::table)
        .values((
            job_fairs::id.eq(new.id),
            job_fairs::kind.eq(new.kind),
            job_fairs::name.eq(&new.name),
            job_fairs::division_code.eq(new.division_code),
            job_fairs::place.eq(&new.place),
            job_fairs::from_date.eq(new.from_date),
            job_fairs::to_date.eq(new.to_date),
            job_fairs::created_by.eq(new.created_by),
            job_fairs::created_at.eq(new.created_at),
            job_fairs::updated_at.eq(new.created_at),
            job_fairs::version.eq(new.version),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes a fair as it now is, if nobody changed it since it was read.
pub fn update(tx: &mut Tx<'_>, fair: &JobFair, seen: i32) -> Result<()> {
    let now = tx.now();
    let same = job_fairs::table
        .find(fair.id)
        .filter(job_fairs::version.eq(seen));
    let changed = diesel::update(same)
        .set((
            job_fairs::name.eq(&fair.name),
            job_fairs::place.eq(&fair.place),
            job_fairs::to_date.eq(fair.to_date),
            job_fairs::cancel_reason.eq(&fair.cancel_reason),
            job_fairs::updated_at.eq(now),
            job_fairs::version.eq(fair.version),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Code::IfMatchStale.into())
    }
}

pub fn vacancies(db: &mut Db, of: JobFairId) -> Result<Vec<VacancyId>> {
    Ok(job_fair_vacancies::table
        .filter(job_fair_vacancies::fair_id.eq(of))
        .order(job_fair_vacancies::vacancy_id)
        .select(job_fair_vacancies::vacancy_id)
        .load(db.conn())?)
}

#[derive(Insertable)]
#[diesel(table_name = job_fair_vacancies)]
struct Offered {
    fair_id: JobFairId,
    vacancy_id: VacancyId,
}

/// Adds what is offered; none that is offered already.
pub fn add_vacancies(tx: &mut Tx<'_>, of: JobFairId, all: &[VacancyId]) -> Result<()> {
    let rows: Vec<_> = all
        .iter()
        .map(|vacancy_id| Offered {
            fair_id: of,
            vacancy_id: *vacancy_id,
        })
        .collect();
    insert_all!(tx, job_fair_vacancies::table, &rows)?;
    Ok(())
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = job_fair_attendances)]
#[diesel(treat_none_as_default_value = false)]
struct AttendanceRow {
    id: JobFairAttendanceId,
    fair_id: JobFairId,
    job_seeker_id: JobSeekerId,
    resident_id: ResidentId,
    division_code: DivisionCode,
    attended_date: NaiveDate,
    result: AttendanceResult,
    vacancy_id: Option<VacancyId>,
    recorded_by: UserId,
    recorded_at: Timestamp,
}

impl From<AttendanceRow> for FairAttendance {
    fn from(row: AttendanceRow) -> Self {
        Self {
            id: row.id,
            fair_id: row.fair_id,
            job_seeker_id: row.job_seeker_id,
            resident_id: row.resident_id,
            division_code: row.division_code,
            attended_date: row.attended_date,
            result: row.result,
            vacancy_id: row.vacancy_id,
            recorded_by: row.recorded_by,
            recorded_at: row.recorded_at,
        }
    }
}

pub fn insert_attendance(tx: &mut Tx<'_>, new: &FairAttendance) -> Result<()> {
    let row = AttendanceRow {
        id: new.id,
        fair_id: new.fair_id,
        job_seeker_id: new.job_seeker_id,
        resident_id: new.resident_id,
        division_code: new.division_code,
        attended_date: new.attended_date,
        result: new.result,
        vacancy_id: new.vacancy_id,
        recorded_by: new.recorded_by,
        recorded_at: new.recorded_at,
    };
    diesel::insert_into(job_fair_attendances::table)
        .values(&row)
        .execute(tx.conn())
        .map_err(|error| {
            // On SQLite the trigger against replacing speaks first.
            let known = || Code::JobFairAttended.into();
            let index = "job_fair_attendances_fair_id_resident_id_attended_date_key";
            on_unique(error, "job_fair_attendances.", index, known)
        })?;
    Ok(())
}

/// Who of those in sight came, oldest first.
pub fn attendances(
    db: &mut Db,
    scope: &Scope,
    of: JobFairId,
    after: Option<JobFairAttendanceId>,
    count: i64,
) -> Result<Vec<FairAttendance>> {
    let mut query = job_fair_attendances::table
        .select(AttendanceRow::as_select())
        .into_boxed::<MultiBackend>()
        .filter(within!(
            job_fair_attendances::division_code,
            job_fair_attendances::county_code,
            scope
        ))
        .filter(job_fair_attendances::fair_id.eq(of));
    if let Some(after) = after {
        query = query.filter(job_fair_attendances::id.gt(after));
    }
    let rows: Vec<AttendanceRow> = query
        .order(job_fair_attendances::id)
        .limit(count)
        .load(db.conn())?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Whose coming led to what, of those in sight.
pub fn results(
    db: &mut Db,
    scope: &Scope,
    of: JobFairId,
) -> Result<Vec<(ResidentId, AttendanceResult)>> {
    Ok(job_fair_attendances::table
        .select((
            job_fair_attendances::resident_id,
            job_fair_attendances::result,
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            job_fair_attendances::division_code,
            job_fair_attendances::county_code,
            scope
        ))
        .filter(job_fair_attendances::fair_id.eq(of))
        .load(db.conn())?)
}
