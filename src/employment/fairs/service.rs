//! Use cases of fairs.

use std::collections::{BTreeSet, HashMap};

use super::model::{
    AttendanceResult, FairAttendance, JobFair, JobFairPatch, JobFairReport, NewFairAttendance,
    NewJobFair, ResultCount,
};
use super::store;
use crate::access::{Permit, Scope, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::employment::{seekers, vacancies};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{JobFairAttendanceId, JobFairId, VacancyId};
use crate::registry::residents;

pub use super::store::{Filter, page};

/// A fair, whosever it is.
pub fn known(db: &mut Db, id: JobFairId) -> Result<JobFair> {
    store::find(db, id)?.ok_or_else(|| Code::JobFairNotFound.into())
}

fn event(origin: &Origin, action: &'static str, of: &JobFair) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .within(of.division_code)
}

/// A fair with what came of it, of those in sight: a person counts once, whatever records they have.
fn report(db: &mut Db, scope: &Scope, fair: JobFair) -> Result<JobFairReport> {
    let all = store::results(db, scope, fair.id)?;
    let records: Vec<_> = all.iter().map(|(resident, _)| *resident).collect();
    let kept: HashMap<_, _> = residents::service::kept_for_each(db, &records)?
        .into_iter()
        .collect();
    let person = |id| kept.get(&id).copied().unwrap_or(id);
    let persons: BTreeSet<_> = records.iter().map(|id| person(*id)).collect();
    let count = |result: &AttendanceResult| ResultCount {
        result: *result,
        person_times: all.iter().filter(|(_, one)| one == result).count(),
    };
    Ok(JobFairReport {
        vacancy_ids: store::vacancies(db, fair.id)?,
        persons: persons.len(),
        person_times: all.len(),
        results: AttendanceResult::ALL.iter().map(count).collect(),
        fair,
    })
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::VacancyRead>,
    id: JobFairId,
) -> Result<JobFairReport> {
    let fair = known(db, id)?;
    report(db, &permit.scope_for::<acts::JobSeekerRead>(), fair)
}

/// Adds vacancies that exist, each once.
fn offer(tx: &mut Tx<'_>, at: JobFairId, named: &[VacancyId]) -> Result<()> {
    let offered: BTreeSet<_> = store::vacancies(tx, at)?.into_iter().collect();
    let named: BTreeSet<_> = named.iter().copied().collect();
    let new: Vec<_> = named.difference(&offered).copied().collect();
    let exist = vacancies::service::titles(tx, &new)?;
    if exist.len() != new.len() {
        return Err(Code::VacancyNotFound.into());
    }
    store::add_vacancies(tx, at, &new)
}

pub fn plan(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::VacancyWrite>,
    new: &NewJobFair,
) -> Result<Recorded<JobFairReport>> {
    let fair = new.check(tx.new_id(), permit.actor().user, tx.now())?;
    if !permit.scope().sees(fair.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    divisions::service::current(tx, fair.division_code, "/division_code")?;
    store::insert(tx, &fair)?;
    offer(tx, fair.id, &new.vacancy_ids)?;
    let event = event(permit.origin(), "job_fair.planned", &fair)
        .change("kind", fair.kind)
        .change("from_date", fair.from_date)
        .change("to_date", fair.to_date);
    let shown = report(tx, permit.scope(), fair)?;
    tx.record(event, shown)
}

pub fn change(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::VacancyWrite>,
    id: JobFairId,
    seen: IfMatch,
    change: &JobFairPatch,
) -> Result<Recorded<JobFairReport>> {
    let old = known(tx, id)?;
    if !permit.scope().sees(old.division_code) {
        return Err(Code::JobFairNotFound.into());
    }
    seen.check(old.version)?;
    let new = old.changed(change)?;
    store::update(tx, &new, old.version)?;
    offer(
        tx,
        id,
        change.add_vacancy_ids.as_deref().unwrap_or_default(),
    )?;
    let event = event(permit.origin(), "job_fair.updated", &new)
        .change("to_date", new.to_date)
        .change("reason", &new.cancel_reason);
    let shown = report(tx, permit.scope(), new)?;
    tx.record(event, shown)
}

/// Puts down that a job seeker came, and what came of it.
pub fn attend(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::JobSeekerWrite>,
    id: JobFairId,
    new: &NewFairAttendance,
) -> Result<Recorded<FairAttendance>> {
    let seeker = seekers::service::at_work(tx, permit.scope(), new.job_seeker_id)?;
    let fair = known(tx, id)?;
    let today = tx.today();
    let day = new.attended_date.unwrap_or(today);
    if day > today {
        return Err(Error::field(
            "/attended_date",
            "attended_date.future",
            "not a day to come",
            "不得为今后的日期",
        ));
    }
    let offered = store::vacancies(tx, id)?;
    let known = new.vacancy_id.is_none_or(|one| offered.contains(&one));
    if !known || (new.vacancy_id.is_none() && new.result != AttendanceResult::Informed) {
        return Err(Error::field(
            "/vacancy_id",
            "vacancy.not_offered",
            "one that is offered at the fair",
            "须为本次活动提供的岗位",
        ));
    }
    let attendance = FairAttendance {
        id: tx.new_id(),
        fair_id: id,
        job_seeker_id: seeker.id,
        resident_id: seeker.resident_id,
        division_code: seeker.division_code,
        attended_date: fair.attended_on(day)?,
        result: new.result,
        vacancy_id: new.vacancy_id,
        recorded_by: permit.actor().user,
        recorded_at: tx.now(),
    };
    store::insert_attendance(tx, &attendance)?;
    let event = Event::new(permit.origin(), "job_fair.attended")
        .on(&id)
        .about(attendance.resident_id)
        .within(attendance.division_code)
        .change("attended_date", attendance.attended_date)
        .change("result", attendance.result);
    tx.record(event, attendance)
}

/// Who of those in sight came.
pub fn attendances(
    db: &mut Db,
    permit: &Permit<acts::JobSeekerRead>,
    id: JobFairId,
    after: Option<JobFairAttendanceId>,
    count: i64,
) -> Result<Looked<Vec<FairAttendance>>> {
    let fair = known(db, id)?;
    let all = store::attendances(db, permit.scope(), id, after, count)?;
    let event = Event::new(permit.origin(), "job_fair.attendances_viewed")
        .on(&fair.id)
        .within_first(permit.scope().divisions());
    db.looked(event, all)
}
