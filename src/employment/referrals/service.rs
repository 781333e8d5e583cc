//! Use cases of referrals to vacancies.

use super::model::{
    JobReferral, JobReferralAction, JobReferralState, NewJobReferral, NewJobReferralTransition,
};
use super::store::{self, Entry};
use crate::access::{Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::transfers;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::employment::{fairs, seekers, vacancies, words};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{JobReferralId, JobSeekerId};

pub use super::store::{Filter, SEALED_COLUMNS, page};

pub fn found(db: &mut Db, scope: &Scope, id: JobReferralId) -> Result<JobReferral> {
    store::find(db, scope, id)?.ok_or_else(|| Code::JobReferralNotFound.into())
}

fn event(origin: &Origin, action: &'static str, of: &JobReferral) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .about(of.resident_id)
        .within(of.division_code)
}

fn whole(db: &mut Db, referral: JobReferral) -> Result<JobReferral> {
    Ok(JobReferral {
        history: Some(store::history(db, referral.id)?),
        ..referral
    })
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::JobSeekerRead>,
    id: JobReferralId,
) -> Result<Looked<JobReferral>> {
    let referral = found(db, permit.scope(), id)?;
    let referral = whole(db, referral)?;
    db.looked(
        event(permit.origin(), "job_referral.viewed", &referral),
        referral,
    )
}

/// Sends a job seeker to a vacancy that is open.
pub fn refer(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::JobSeekerWrite>,
    seeker: JobSeekerId,
    new: &NewJobReferral,
) -> Result<Recorded<JobReferral>> {
    let seeker = seekers::service::at_work(tx, permit.scope(), seeker)?.still_open()?;
    let vacancy = vacancies::service::found(tx, new.vacancy_id)?;
    if !vacancy.is_open_on(tx.today()) {
        return Err(Code::VacancyClosed.into());
    }
    if let Some(fair) = new.fair_id {
        fairs::service::known(tx, fair)?;
    }
    let state = JobReferralState::Referred;
    let referral = JobReferral {
        id: tx.new_id(),
        job_seeker_id: seeker.id,
        resident_id: seeker.resident_id,
        vacancy_id: vacancy.id,
        fair_id: new.fair_id,
        division_code: seeker.division_code,
        state,
        allowed_actions: state.allowed(),
        history: None,
        version: 1,
    };
    store::insert(tx, &referral)?;
    let entry = Entry {
        referral: &referral,
        action: JobReferralAction::Refer,
        from: None,
        actor: permit.actor().user,
        comment: None,
    };
    store::insert_transition(tx, &entry)?;
    let event = event(permit.origin(), "job_referral.referred", &referral)
        .change("job_seeker_id", referral.job_seeker_id)
        .change("vacancy_id", referral.vacancy_id)
        .change("fair_id", referral.fair_id);
    let referral = whole(tx, referral)?;
    tx.record(event, referral)
}

/// Puts down what came of a referral.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::JobSeekerWrite>,
    id: JobReferralId,
    seen: IfMatch,
    request: &NewJobReferralTransition,
) -> Result<Recorded<JobReferral>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let comment = words::comment(request.comment.as_deref(), request.action.needs_comment())?;
    let state = old.state.after(request.action)?;
    transfers::hold(transfers::service::offered(tx, old.resident_id)?)?;
    let moved = JobReferral {
        state,
        allowed_actions: state.allowed(),
        version: old.version + 1,
        ..old.clone()
    };
    store::update(tx, &moved, old.version)?;
    let entry = Entry {
        referral: &moved,
        action: request.action,
        from: Some(old.state),
        actor: permit.actor().user,
        comment: comment.as_deref(),
    };
    store::insert_transition(tx, &entry)?;
    let event = event(permit.origin(), request.action.recorded_as(), &moved)
        .change("vacancy_id", moved.vacancy_id)
        .change("state", state);
    let moved = whole(tx, moved)?;
    tx.record(event, moved)
}
