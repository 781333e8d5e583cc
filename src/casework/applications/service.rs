//! Use cases of applications.

use super::model::{
    Application, Filed, NewApplication, NewSubmission, Submitted, is_of_one_case, of_program,
};
use super::store;
use crate::access::{Act, Permit, acts};
use crate::audit::{Event, Origin};
use crate::casework::cases::service::{Action, Filter, MOST_TOGETHER};
use crate::casework::cases::{self, Desk, NewCase, NewTransition, State};
use crate::casework::{documents, transfers};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ApplicationId, ResidentId};
use crate::programs::{self, Decision, Outcome, Program};
use crate::registry::residents;

fn found<A: Act>(db: &mut Db, permit: &Permit<A>, id: ApplicationId) -> Result<Application> {
    store::find(db, permit.scope(), id)?.ok_or_else(|| Code::ApplicationNotFound.into())
}

fn event(origin: &Origin, action: &'static str, application: &Application) -> Event {
    Event::new(origin, action)
        .on(&application.id)
        .about(application.resident_id)
        .within(application.division_code)
}

fn with<T>(mut all: Vec<T>, one: T) -> Vec<T> {
    all.push(one);
    all
}

/// Opens a draft for every program named, or none: what cannot be asked for is named, all of it at once.
pub fn create(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseFile>,
    desk: &Desk,
    new: NewApplication,
) -> Result<Recorded<Filed>> {
    new.check()?;
    let resident = residents::service::standing(tx, permit.scope(), new.resident_id)?;
    transfers::hold(transfers::service::offered(tx, resident.id)?)?;
    let application = Application {
        id: tx.new_id(),
        resident_id: resident.id,
        division_code: resident.division_code,
        created_by: permit.actor().user,
        created_at: tx.now(),
    };
    store::insert(tx, &application)?;
    let codes = new.programs.iter().map(|asked| asked.program_code.as_str());
    let event = event(permit.origin(), "application.created", &application)
        .change("program_codes", codes.collect::<Vec<_>>())
        .change("documents", &new.documents);
    let mut filed = tx.record(event, Vec::new())?;
    let mut refused = Vec::new();
    for (index, asked) in new.programs.into_iter().enumerate() {
        let case = NewCase {
            resident_id: resident.id,
            program_code: asked.program_code,
            details: asked.details,
        };
        let opened =
            tx.attempt(|tx| cases::service::open(tx, permit, desk, case, Some(application.id)));
        match opened {
            Ok(opened) => filed = filed.and(opened).map(|(cases, case)| with(cases, case)),
            Err(error) if error.is_fault() => return Err(error),
            Err(error) => refused.extend(of_program(index, &error)),
        }
    }
    if !refused.is_empty() {
        return Err(Error::fields(refused));
    }
    let ids: Vec<_> = filed.value().iter().map(|shown| shown.case.id).collect();
    documents::service::reuse(tx, permit, &new.documents, resident.id, &ids)?;
    Ok(filed.map(|cases| Filed { application, cases }))
}

/// The application with its cases, without what the rules say of them.
fn filed(db: &mut Db, permit: &Permit<acts::CaseRead>, application: Application) -> Result<Filed> {
    let filter = Filter {
        application: Some(application.id),
        ..Filter::default()
    };
    let cases = cases::service::page(db, permit, None, &filter, None, MOST_TOGETHER)?;
    Ok(Filed { application, cases })
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    id: ApplicationId,
) -> Result<Looked<Filed>> {
    let application = found(db, permit, id)?;
    let event = event(permit.origin(), "application.viewed", &application);
    let filed = filed(db, permit, application)?;
    db.looked(event, filed)
}

/// A page of one resident's applications, newest first.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    resident: ResidentId,
    after: Option<ApplicationId>,
    count: i64,
) -> Result<Looked<Vec<Filed>>> {
    let resident = residents::service::find(db, permit.scope(), resident)?;
    let all = store::page(db, permit.scope(), resident.id, after, count)?
        .into_iter()
        .map(|application| filed(db, permit, application))
        .collect::<Result<Vec<_>>>()?;
    let event = Event::new(permit.origin(), "application.listed")
        .about(resident.id)
        .within(resident.division_code);
    db.looked(event, all)
}

/// Submits every draft of an application. One that cannot be submitted stays a draft and does not hold
/// up the others.
pub fn submit(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    desk: &Desk,
    id: ApplicationId,
    asked: &NewSubmission,
) -> Result<Recorded<(Application, Vec<Submitted>)>> {
    let application = found(tx, permit, id)?;
    let drafts: Vec<_> = cases::service::of_application(tx, permit.scope(), id)?
        .into_iter()
        .filter(|case| case.position.state == State::Draft)
        .collect();
    if drafts.is_empty() {
        return Err(Code::ApplicationSubmitted.into());
    }
    let begun = event(permit.origin(), "application.submitted", &application);
    let mut results = tx.record(begun, Vec::new())?;
    for case in drafts {
        let transition = NewTransition {
            action: Action::Submit,
            comment: asked.comment.clone(),
        };
        let seen = IfMatch::seen(case.version);
        let moved =
            tx.attempt(|tx| cases::service::act(tx, permit, desk, case.id, seen, transition));
        let result = match moved {
            Ok(moved) => moved.map(|shown| Submitted::Moved(Box::new(shown))),
            Err(error) if is_of_one_case(error.code()) => {
                let refused = event(permit.origin(), "application.case_kept", &application)
                    .refused()
                    .reason(error.code().as_str())
                    .change("case_id", case.id);
                tx.record(refused, Submitted::Kept(case.id, error))?
            }
            Err(error) => return Err(error),
        };
        results = results.and(result).map(|(all, one)| with(all, one));
    }
    Ok(results.map(|results| (application, results)))
}

/// What a resident could ask for today, or could if more were known: programs that have no case of
/// theirs open.
pub fn proposals(
    db: &mut Db,
    permit: &Permit<acts::CaseFile>,
    resident: ResidentId,
) -> Result<Looked<Vec<(Program, Decision)>>> {
    let resident = residents::service::standing(db, permit.scope(), resident)?;
    let today = db.today();
    let records = residents::service::records(db, &[resident.id])?;
    let taken = cases::service::open_programs(db, &records)?;
    let mut proposals = Vec::new();
    for program in programs::service::all(db)? {
        if taken.contains(&program.code) {
            continue;
        }
        let division = resident.division_code;
        let version = match programs::service::in_force(db, &program.code, division, today) {
            Ok(version) => version,
            Err(error) if error.code() == Code::ProgramNoVersion => continue,
            Err(error) => return Err(error),
        };
        let decision = programs::service::decide(db, &version, &resident, today)?;
        if decision.outcome != Outcome::NotEligible {
            proposals.push((program, decision));
        }
    }
    let codes = proposals.iter().map(|(program, _)| program.code.as_str());
    let event = Event::new(permit.origin(), "application.proposals_listed")
        .about(resident.id)
        .within(resident.division_code)
        .change("program_codes", codes.collect::<Vec<_>>());
    db.looked(event, proposals)
}
