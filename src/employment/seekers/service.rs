//! Use cases of job seekers.

use super::model::{
    Contact, Distance, JobSeeker, JobSeekerCloseReason, JobSeekerPatch, JobSeekerState, NewContact,
    NewJobSeeker,
};
use super::store;
use crate::access::{Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::transfers;
use crate::casework::{Approval, Relocation, Termination};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::employment::persons::{kept_at, of_all_records, records, write_at};
use crate::employment::words::NOTE;
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{JobSeekerId, ResidentId};
use crate::kernel::month::Month;
use crate::kernel::text::text;
use crate::registry::Resident;
use crate::registry::facts::EmploymentForm;
use crate::registry::residents;

pub use super::graduates::{
    GraduateEmployment, Graduates, count as count_graduates, page as graduates,
};
pub use super::store::{Filter, SEALED_COLUMNS, page};

/// A file in sight, or 404.
pub fn found(db: &mut Db, scope: &Scope, id: JobSeekerId) -> Result<JobSeeker> {
    store::find(db, scope, id)?.ok_or_else(|| Code::JobSeekerNotFound.into())
}

/// As [`found`], to be written on: while somebody moves to another county, both ends hold.
pub fn at_work(tx: &mut Tx<'_>, scope: &Scope, id: JobSeekerId) -> Result<JobSeeker> {
    let found = found(tx, scope, id)?;
    transfers::hold(transfers::service::offered(tx, found.resident_id)?)?;
    Ok(found)
}

fn event(origin: &Origin, action: &'static str, of: &JobSeeker) -> Event {
    Event::new(origin, action)
        .on(&of.id)
        .about(of.resident_id)
        .within(of.division_code)
}

fn whole(db: &mut Db, seeker: JobSeeker) -> Result<JobSeeker> {
    Ok(JobSeeker {
        contacts: store::contacts(db, seeker.id)?,
        ..seeker
    })
}

/// A file with what is needed at work, what is planned, and what was done.
pub fn view(
    db: &mut Db,
    permit: &Permit<acts::JobSeekerRead>,
    id: JobSeekerId,
) -> Result<Looked<JobSeeker>> {
    let seeker = found(db, permit.scope(), id)?;
    let seeker = whole(db, seeker)?;
    db.looked(event(permit.origin(), "job_seeker.viewed", &seeker), seeker)
}

/// A new file of somebody, with nothing in it yet.
fn blank(tx: &mut Tx<'_>, origin: &Origin, of: &Resident) -> Result<JobSeeker> {
    let opened_by = origin
        .user
        .ok_or_else(|| Error::internal("a file is opened by a person"))?;
    Ok(JobSeeker {
        id: tx.new_id(),
        resident_id: of.id,
        case_id: None,
        division_code: of.division_code,
        state: JobSeekerState::Open,
        close_reason: None,
        forms: Vec::new(),
        skills: None,
        distance: Distance::County,
        wage_from_fen: None,
        needed_aids: Vec::new(),
        graduated_date: None,
        school: None,
        willing: None,
        plan: None,
        contacts: Vec::new(),
        opened_by,
        opened_at: tx.now(),
        closed_at: None,
        version: 1,
    })
}

fn opened(tx: &mut Tx<'_>, origin: &Origin, seeker: JobSeeker) -> Result<Recorded<JobSeeker>> {
    store::insert(tx, &seeker)?;
    let event = event(origin, "job_seeker.opened", &seeker)
        .change("case_id", seeker.case_id)
        .change("forms", &seeker.forms)
        .change("distance", seeker.distance)
        .change("graduated_date", seeker.graduated_date)
        .change("willing", seeker.willing);
    tx.record(event, seeker)
}

/// Opens somebody's file.
pub fn open(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::JobSeekerWrite>,
    new: NewJobSeeker,
) -> Result<Recorded<JobSeeker>> {
    let resident = residents::service::standing(tx, permit.scope(), new.resident_id)?;
    let seeker = JobSeeker {
        forms: new.forms,
        skills: new.skills,
        distance: new.distance,
        wage_from_fen: new.wage_from_fen,
        needed_aids: new.needed_aids,
        graduated_date: new.graduated_date,
        school: new.school,
        willing: new.willing,
        plan: new.plan,
        ..blank(tx, permit.origin(), &resident)?
    };
    let seeker = seeker.sound(tx.today())?;
    transfers::hold(transfers::service::offered(tx, resident.id)?)?;
    opened(tx, permit.origin(), seeker)
}

/// The file that an approved application opens, unless the person has one.
pub fn open_for(tx: &mut Tx<'_>, approval: &Approval<'_>) -> Result<Recorded<()>> {
    let case = approval.case;
    let Some(resident) = kept_at(tx, case.resident_id, case.division_code)? else {
        // Their record is kept in another county, which looks after them.
        let event = Event::new(approval.origin, "case.service_due")
            .on(&case.id)
            .about(case.resident_id)
            .within(case.division_code);
        return tx.record(event, ());
    };
    let said = |name: &str| case.details.get(name).and_then(|value| value.as_str());
    let form = said("intent").and_then(|word| word.parse().ok());
    let graduated = said("graduated_month").and_then(|text| Month::parse(text).ok());
    // Who is still at school is no graduate yet; what they said stays with the case.
    let graduated = graduated
        .map(Month::first_day)
        .filter(|day| *day <= tx.today());
    let seeker = JobSeeker {
        case_id: (resident.id == case.resident_id).then_some(case.id),
        forms: vec![form.unwrap_or(EmploymentForm::Quota)],
        skills: said("skills").map(str::to_owned),
        plan: said("note").map(str::to_owned),
        graduated_date: graduated,
        // Who applies wants to work.
        willing: graduated.map(|_| true),
        ..blank(tx, approval.origin, &resident)?
    };
    let seeker = seeker.sound(tx.today())?;
    let opening = write_at(tx, resident.division_code, |tx| {
        tx.attempt(|tx| opened(tx, approval.origin, seeker))
    });
    match opening {
        Ok(opened) => Ok(opened.map(drop)),
        Err(error) if error.code() == Code::JobSeekerOpen => {
            let event = Event::new(approval.origin, "job_seeker.open_already")
                .about(case.resident_id)
                .within(case.division_code)
                .change("case_id", case.id);
            tx.record(event, ())
        }
        Err(error) => Err(error),
    }
}

pub fn change(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::JobSeekerWrite>,
    id: JobSeekerId,
    seen: IfMatch,
    change: &JobSeekerPatch,
) -> Result<Recorded<JobSeeker>> {
    let old = at_work(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let new = old.changed(change, tx.now())?;
    store::update(tx, &new, old.version)?;
    let event = event(permit.origin(), "job_seeker.updated", &new)
        .change("forms", &new.forms)
        .change("distance", new.distance)
        .change("willing", new.willing)
        .change("state", new.state)
        .change("reason", new.close_reason);
    let new = whole(tx, new)?;
    tx.record(event, new)
}

/// Closes an open file for a reason that came about elsewhere.
fn close(
    tx: &mut Tx<'_>,
    origin: &Origin,
    open: JobSeeker,
    reason: JobSeekerCloseReason,
) -> Result<Recorded<JobSeeker>> {
    let (seen, now) = (open.version, tx.now());
    let closed = JobSeeker {
        version: seen + 1,
        ..open.closed(reason, now)
    };
    store::update(tx, &closed, seen)?;
    let event = event(origin, "job_seeker.updated", &closed)
        .change("state", closed.state)
        .change("reason", reason);
    tx.record(event, closed)
}

/// Closes the open files of somebody who works now, whichever of their records they are of; those of another county
/// are that county's.
pub fn employed(
    tx: &mut Tx<'_>,
    origin: &Origin,
    of: ResidentId,
    place: DivisionCode,
) -> Result<Vec<Recorded<JobSeeker>>> {
    let open = of_all_records(tx, of, store::open_of)?;
    let mut closed = Vec::new();
    for file in open {
        let at = file.division_code;
        if at.county() == place.county() {
            closed.push(write_at(tx, at, |tx| {
                close(tx, origin, file, JobSeekerCloseReason::Employed)
            })?);
        }
    }
    Ok(closed)
}

/// Ends what an approval opened; nothing where it has ended.
pub fn close_for(tx: &mut Tx<'_>, stop: &Termination<'_>) -> Result<Option<Recorded<JobSeeker>>> {
    let records = records(tx, stop.case.resident_id)?;
    let mut open = store::open_of(tx, &records)?.into_iter();
    open.find(|open| open.case_id == Some(stop.case.id))
        .map(|open| close(tx, stop.origin, open, JobSeekerCloseReason::NoLongerSeeking))
        .transpose()
}

/// Another county's office goes on with the open files that went there with the resident.
pub fn move_on(tx: &mut Tx<'_>, to: &Relocation<'_>) -> Result<Vec<Recorded<()>>> {
    let records = records(tx, to.resident)?;
    let open = store::open_of(tx, &records)?.into_iter();
    open.filter(|open| open.division_code == to.to)
        .map(|open| {
            let seen = open.version;
            let moved = JobSeeker {
                version: seen + 1,
                ..open
            };
            store::update(tx, &moved, seen)?;
            let event = event(to.origin, "job_seeker.transferred", &moved)
                .change("from_division_code", to.from);
            tx.record(event, ())
        })
        .collect()
}

/// Puts down what was done for a job seeker.
pub fn contact(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::JobSeekerWrite>,
    id: JobSeekerId,
    new: &NewContact,
) -> Result<Recorded<Contact>> {
    let seeker = at_work(tx, permit.scope(), id)?.still_open()?;
    let note = text("/note", &new.note, NOTE).map_err(|error| Error::fields(vec![error]))?;
    let today = tx.today();
    let contact_date = new.contact_date.unwrap_or(today);
    if contact_date > today {
        return Err(Error::field(
            "/contact_date",
            "contact_date.future",
            "not a day to come",
            "不得为今后的日期",
        ));
    }
    let contact = Contact {
        id: tx.new_id(),
        kind: new.kind,
        contact_date,
        note,
        made_by: permit.actor().user,
        made_at: tx.now(),
    };
    store::insert_contact(tx, id, &contact)?;
    let event = event(permit.origin(), "job_seeker.contacted", &seeker)
        .change("kind", contact.kind)
        .change("contact_date", contact.contact_date);
    tx.record(event, contact)
}
