//! Use cases of placements.

use super::model::{
    Evidence, Measure, NewEnding, NewEvidence, NewPlacement, NewVerification, Numbers, Placement,
    PlacementAction, PlacementState, Told, VerificationOutcome, judge, require,
};
use super::store::{self, Entry, Verified};
use super::telling;
use crate::access::{Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::recusals::{self, keep_off};
use crate::casework::{Relocation, transfers};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::employment::persons::{certificate, records};
use crate::employment::seekers::JobSeeker;
use crate::employment::standards::{self, StandardKind};
use crate::employment::{employers, fairs, referrals, retention, seekers, vacancies, words};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{JobSeekerId, PlacementId, UserId};
use crate::registry::residents;

pub use super::counting::{Mark, NewEmployment, count, page as counted};
pub use super::store::{Filter, SEALED_COLUMNS, at_employer, page};

/// A placement in sight, or 404.
pub fn found(db: &mut Db, scope: &Scope, id: PlacementId) -> Result<Placement> {
    store::find(db, scope, id)?.ok_or_else(|| Code::PlacementNotFound.into())
}

fn event(origin: &Origin, action: &'static str, of: &Placement) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .about(of.resident_id)
        .within(of.division_code)
        .change("state", of.state)
}

fn evidence_of(db: &mut Db, placement: &Placement) -> Result<Evidence> {
    let all = store::evidence(db, placement.id)?;
    let last = all.into_iter().last();
    last.ok_or_else(|| Error::internal("a placement has evidence"))
}

/// Adds evidence, verdicts and history.
fn whole(db: &mut Db, mut placement: Placement) -> Result<Placement> {
    let evidence = store::evidence(db, placement.id)?;
    let day = placement.start_date;
    let place = placement.division_code;
    let minimum = standards::service::in_force(db, StandardKind::MinimumWage, place, day)?;
    let minimum_wage_fen = minimum.and_then(|standard| standard.amount_fen);
    let by = Measure {
        start: day,
        today: db.today(),
        minimum_wage: minimum_wage_fen,
        certified: certificate(db, placement.resident_id, day)?.is_some(),
    };
    let verdicts = evidence.last().map(|last| judge(last, by));
    let verdicts = verdicts.unwrap_or_default();
    let history = store::history(db, placement.id)?;
    placement.detail = Some(Told {
        evidence,
        verdicts,
        minimum_wage_fen,
        history,
    });
    Ok(placement)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::PlacementRead>,
    id: PlacementId,
) -> Result<Looked<Placement>> {
    let placement = found(db, permit.scope(), id)?;
    let placement = whole(db, placement)?;
    db.looked(
        event(permit.origin(), "placement.viewed", &placement),
        placement,
    )
}

fn as_entered(
    tx: &Tx<'_>,
    new: &NewEvidence,
    numbers: Numbers,
    revision: i32,
    by: UserId,
) -> Evidence {
    Evidence {
        revision,
        contract_kind: new.contract_kind,
        contract_number: numbers.0,
        contract_from: new.contract_from,
        contract_to: new.contract_to,
        wage_fen: new.wage_fen,
        insured_from: new.insured_from,
        insurance_number: numbers.1,
        entered_by: by,
        entered_at: tx.now(),
    }
}

/// Enters who works where since when, with the evidence. An open file as a job seeker is closed by it.
pub fn enter(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PlacementWrite>,
    new: &NewPlacement,
) -> Result<Recorded<Placement>> {
    let resident = residents::service::standing(tx, permit.scope(), new.resident_id)?;
    let numbers = new.check(resident.birth_date, tx.today())?;
    transfers::hold(transfers::service::offered(tx, resident.id)?)?;
    let employer = new
        .employer_id
        .map(|id| employers::service::found(tx, id))
        .transpose()?;
    if let Some(fair) = new.fair_id {
        fairs::service::known(tx, fair)?;
    }
    let (job_seeker_id, recorded) = sought(tx, permit, new, resident.division_code)?;
    let actor = permit.actor().user;
    let placement = Placement {
        id: tx.new_id(),
        resident_id: resident.id,
        division_code: resident.division_code,
        form: new.form,
        employer_id: new.employer_id,
        employer_type: employer.map(|one| one.employer_type),
        job_seeker_id,
        job_referral_id: new.job_referral_id,
        fair_id: new.fair_id,
        start_date: new.start_date,
        end_date: None,
        leave_reason: None,
        state: PlacementState::Entered,
        evidence_revision: 1,
        verified_at: None,
        detail: None,
        last_transition: 1,
        verified_revision: None,
        version: 1,
    };
    store::insert(tx, &placement)?;
    let evidence = as_entered(tx, &new.evidence, numbers, 1, actor);
    store::insert_evidence(tx, placement.id, &evidence)?;
    log(tx, &placement, PlacementAction::Enter, None, actor, None)?;
    let event = event(permit.origin(), "placement.entered", &placement)
        .change("form", placement.form)
        .change("employer_id", placement.employer_id)
        .change("start_date", placement.start_date);
    let placement = whole(tx, placement)?;
    Ok(tx.record(event, placement)?.along(recorded))
}

type Sought = (Option<JobSeekerId>, Vec<Recorded<JobSeeker>>);

/// The file by which the work was found: that of the referral, else the one that is open.
fn sought(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PlacementWrite>,
    new: &NewPlacement,
    place: DivisionCode,
) -> Result<Sought> {
    let mut seeker = None;
    if let Some(id) = new.job_referral_id {
        let referral = referrals::service::found(tx, permit.scope(), id)?;
        if referral.resident_id != new.resident_id {
            return Err(Code::JobReferralNotFound.into());
        }
        if referral.state != referrals::JobReferralState::Accepted {
            return Err(Code::JobReferralNotAccepted.into());
        }
        let vacancy = vacancies::service::found(tx, referral.vacancy_id)?;
        if new.employer_id != Some(vacancy.employer_id) {
            return Err(Error::field(
                "/employer_id",
                "employer.referral",
                "the employer whose vacancy it was",
                "须为所推荐岗位的用人单位",
            ));
        }
        if store::is_followed(tx, id)? {
            return Err(Error::new(Code::JobReferralNotAccepted).detail(
                "somebody was placed by it already",
                "该岗位推荐已用于其他就业登记",
            ));
        }
        seeker = Some(referral.job_seeker_id);
    }
    let closed = seekers::service::employed(tx, permit.origin(), new.resident_id, place)?;
    let own = |one: &&JobSeeker| one.resident_id == new.resident_id;
    let seeker = seeker.or_else(|| {
        let mut files = closed.iter().map(Recorded::value);
        files.find(own).map(|file| file.id)
    });
    Ok((seeker, closed))
}

fn log(
    tx: &mut Tx<'_>,
    placement: &Placement,
    action: PlacementAction,
    from: Option<PlacementState>,
    actor: UserId,
    comment: Option<&str>,
) -> Result<()> {
    let entry = Entry {
        placement,
        action,
        from,
        actor,
        comment,
    };
    store::insert_transition(tx, &entry)
}

/// As a placement is after an action.
fn after(old: &Placement, action: PlacementAction) -> Result<Placement> {
    Ok(Placement {
        state: old.state.after(action)?,
        last_transition: old.last_transition + 1,
        version: old.version + 1,
        ..old.clone()
    })
}

/// Enters better evidence in place of what is not verified yet.
pub fn resubmit(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PlacementWrite>,
    id: PlacementId,
    seen: IfMatch,
    new: &NewEvidence,
) -> Result<Recorded<Placement>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let person = residents::service::find(tx, permit.scope(), old.resident_id)?;
    let numbers = new.check(old.form, person.birth_date)?;
    let action = PlacementAction::Resubmit;
    let moved = Placement {
        evidence_revision: old.evidence_revision + 1,
        ..after(&old, action)?
    };
    transfers::hold(transfers::service::offered(tx, old.resident_id)?)?;
    let actor = permit.actor().user;
    let evidence = as_entered(tx, new, numbers, moved.evidence_revision, actor);
    // First the version: whoever comes second is told so.
    store::update(tx, &moved, old.version)?;
    store::insert_evidence(tx, id, &evidence)?;
    log(tx, &moved, action, Some(old.state), actor, None)?;
    let event = event(permit.origin(), "placement.resubmitted", &moved)
        .change("revision", moved.evidence_revision);
    let moved = whole(tx, moved)?;
    tx.record(event, moved)
}

/// Verifies what another person entered, or returns it. What is verified is a fact of the resident from the
/// first day on, and is looked at again after three, six and twelve months.
pub fn verify(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PlacementVerify>,
    id: PlacementId,
    seen: IfMatch,
    new: &NewVerification,
) -> Result<Recorded<Placement>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let returns = new.outcome == VerificationOutcome::Return;
    let comment = words::comment(new.comment.as_deref(), returns)?;
    let actor = permit.actor().user;
    let ties = recusals::service::ties_of(tx, actor, old.resident_id)?;
    keep_off(&ties, false)?;
    transfers::hold(transfers::service::offered(tx, old.resident_id)?)?;
    let action = if returns {
        PlacementAction::Return
    } else {
        PlacementAction::Verify
    };
    let mut moved = after(&old, action)?;
    let mut told = telling::Told::Nothing;
    let mut checks = Vec::new();
    if !returns {
        moved.verified_revision = Some(old.evidence_revision);
        moved.verified_at = Some(tx.now());
    }
    // First the version: whoever comes second is told so.
    store::update(tx, &moved, old.version)?;
    if !returns {
        accept(tx, &old, actor)?;
    }
    log(
        tx,
        &moved,
        action,
        Some(old.state),
        actor,
        comment.as_deref(),
    )?;
    let name = if returns {
        "placement.returned"
    } else {
        "placement.verified"
    };
    if !returns {
        checks = retention::service::plan(tx, permit.origin(), &moved)?;
        told = telling::works(tx, permit.origin(), &moved)?;
    }
    let event = event(permit.origin(), name, &moved)
        .change("form", moved.form)
        .change("start_date", moved.start_date)
        .change("revision", moved.evidence_revision);
    let event = told.on(event);
    let moved = whole(tx, moved)?;
    let done = tx.record(event, moved)?.along(told.recorded());
    Ok(done.along(checks))
}

/// Holds the evidence against what new employment asks for, and keeps by what it was held.
fn accept(tx: &mut Tx<'_>, placement: &Placement, actor: UserId) -> Result<()> {
    let evidence = evidence_of(tx, placement)?;
    if evidence.entered_by == actor {
        return Err(Code::PlacementOwn.into());
    }
    let (day, place) = (placement.start_date, placement.division_code);
    let standard = standards::service::required(tx, StandardKind::MinimumWage, place, day)?;
    let certificate = certificate(tx, placement.resident_id, day)?;
    let by = Measure {
        start: day,
        today: tx.today(),
        minimum_wage: standard.amount_fen,
        certified: certificate.is_some(),
    };
    require(&judge(&evidence, by))?;
    let verified = Verified {
        placement: placement.id,
        evidence: &evidence,
        by: actor,
        standard: standard.id,
        minimum_wage: standard.amount_fen.unwrap_or_default(),
        certificate: certificate.ok_or(Code::PlacementEvidence)?,
    };
    store::insert_verification(tx, &verified)
}

/// Puts down that somebody left, and why.
pub fn end(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PlacementWrite>,
    id: PlacementId,
    seen: IfMatch,
    new: &NewEnding,
) -> Result<Recorded<Placement>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    transfers::hold(transfers::service::offered(tx, old.resident_id)?)?;
    leave(tx, permit, &old, new)
}

/// As [`end`], of a placement that was found already.
pub fn leave(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PlacementWrite>,
    old: &Placement,
    new: &NewEnding,
) -> Result<Recorded<Placement>> {
    let comment = words::comment(new.comment.as_deref(), false)?;
    if new.end_date > tx.today() || new.end_date < old.start_date {
        return Err(Error::field(
            "/end_date",
            "end_date.range",
            "from the first day of work to today",
            "须在上岗日至今日之间",
        ));
    }
    let action = PlacementAction::Leave;
    let moved = Placement {
        end_date: Some(new.end_date),
        leave_reason: Some(new.reason),
        ..after(old, action)?
    };
    let origin = permit.origin();
    store::update(tx, &moved, old.version)?;
    let actor = permit.actor().user;
    log(
        tx,
        &moved,
        action,
        Some(old.state),
        actor,
        comment.as_deref(),
    )?;
    let mut told = telling::Told::Nothing;
    let mut checks = Vec::new();
    if old.verified_revision.is_some() {
        checks = retention::service::cancel(tx, origin, &moved)?;
        let next = new.end_date.succ_opt().unwrap_or(new.end_date);
        told = telling::idle(tx, origin, &moved, next)?;
    }
    let event = event(origin, "placement.left", &moved)
        .change("end_date", moved.end_date)
        .change("reason", moved.leave_reason);
    let event = told.on(event);
    let moved = whole(tx, moved)?;
    let done = tx.record(event, moved)?.along(told.recorded());
    Ok(done.along(checks))
}

/// Another county's office goes on with the work that has not ended and went there with the resident.
pub fn move_on(tx: &mut Tx<'_>, to: &Relocation<'_>) -> Result<Vec<Recorded<()>>> {
    let records = records(tx, to.resident)?;
    let open = store::open_of(tx, &records)?.into_iter();
    open.filter(|open| open.division_code == to.to)
        .map(|open| {
            let seen = open.version;
            let moved = Placement {
                version: seen + 1,
                ..open
            };
            store::update(tx, &moved, seen)?;
            let event = event(to.origin, "placement.transferred", &moved)
                .change("from_division_code", to.from);
            tx.record(event, ())
        })
        .collect()
}
