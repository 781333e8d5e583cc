//! Use cases of notices.

use std::collections::HashMap;

use super::model::{
    Closing, Content, Granted, NewService, Notice, NoticeKind, Remedy, Service, Way, ask_until,
};
use super::store;
use crate::access::{Permit, acts, divisions, organizations};
use crate::audit::{Event, Origin};
use crate::casework::cases::service as cases;
use crate::casework::cases::{Case, State};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{CaseId, DecisionNoticeId, OrganizationId};
use crate::programs::{self, Decision, ProgramVersion};
use crate::registry::residents;

pub use super::store::decider;

/// What those of some cases that are closed, or reconsidered, still allow.
pub fn closings(db: &mut Db, of: &[&Case]) -> Result<HashMap<CaseId, Closing>> {
    let closed: Vec<&Case> = of
        .iter()
        .copied()
        .filter(|case| {
            matches!(
                case.position.state,
                State::Rejected | State::Terminated | State::UnderReconsideration
            )
        })
        .collect();
    if closed.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<_> = closed.iter().map(|case| case.id).collect();
    let people: Vec<_> = closed.iter().map(|case| case.resident_id).collect();
    let mut found = store::closings(db, &ids)?;
    let served = store::served(db, &ids)?;
    let open = store::open(db, &people)?;
    Ok(closed
        .into_iter()
        .filter_map(|case| {
            let (sequence, closing) = found.remove(&case.id)?;
            let until = served.get(&(case.id, sequence)).map(|day| ask_until(*day));
            let other_open = open.iter().any(|(resident, program, id)| {
                (*resident, program) == (case.resident_id, &case.program_code) && *id != case.id
            });
            let closing = Closing {
                ask_until: until.unwrap_or(closing.ask_until),
                other_open,
                ..closing
            };
            Some((case.id, closing))
        })
        .collect())
}

/// As `closings`, of one case.
pub fn closing(db: &mut Db, of: &Case) -> Result<Option<Closing>> {
    Ok(closings(db, &[of])?.remove(&of.id))
}

/// A decision that has just been made.
#[derive(Debug)]
pub struct Made<'a> {
    pub kind: NoticeKind,
    /// As it now stands.
    pub case: &'a Case,
    pub version: &'a ProgramVersion,
    /// What the rules said, where they were asked.
    pub decision: Option<&'a Decision>,
    pub grounds: Option<&'a str>,
    pub office: OrganizationId,
}

/// Puts a decision in writing; the number of the notice.
pub fn issue(tx: &mut Tx<'_>, made: &Made<'_>) -> Result<String> {
    let Made {
        kind,
        case,
        version,
        ..
    } = *made;
    // Whoever's case it is may have moved out of sight since it was closed.
    let resident = residents::service::named(tx, &[case.resident_id])?
        .remove(&case.resident_id)
        .map(|(resident, _)| resident)
        .ok_or(Code::ResidentNotFound)?;
    let before = store::of_case(tx, case.id)?;
    let upheld = before
        .iter()
        .rfind(|notice| notice.kind.is_reconsidered())
        .filter(|_| kind == NoticeKind::Upholding);
    let (clauses, amount) = match (upheld, made.decision) {
        (Some(upheld), _) => (upheld.content.clauses.clone(), None),
        (None, Some(decision)) => (kind.decisive(decision), granted(kind, decision, version)),
        (None, None) => {
            let today = tx.today();
            let decision = programs::service::decide(tx, version, &resident, today)?;
            (kind.decisive(&decision), granted(kind, &decision, version))
        }
    };
    let program = programs::service::find(tx, &case.program_code)?;
    let content = Content {
        office: organizations::service::name(tx, made.office)?,
        addressee: resident.name.as_str().to_owned(),
        case_number: case.case_number.clone(),
        program_code: program.code,
        program_name_zh: program.name_zh,
        program_name_en: program.name_en,
        program_version: version.version,
        legal_basis: version.terms.legal_basis.clone(),
        upheld_number: upheld.map(|notice| notice.number.clone()),
        grounds: made.grounds.map(str::to_owned),
        clauses,
        amount,
        remedies: remedies(tx, kind, case.division_code)?,
    };
    let number = format!("{}-J{}", case.case_number, before.len() + 1);
    store::insert(tx, case, kind, &number, &content)?;
    Ok(number)
}

fn granted(kind: NoticeKind, decision: &Decision, version: &ProgramVersion) -> Option<Granted> {
    let amount_fen = decision
        .amount_fen
        .filter(|_| kind == NoticeKind::Approval)?;
    Some(Granted {
        amount_fen,
        period: version.terms.period,
        zh: decision.amount_zh.clone(),
        en: decision.amount_en.clone(),
        reason_zh: decision.amount_reason_zh.clone(),
        reason_en: decision.amount_reason_en.clone(),
    })
}

/// Where somebody may turn to who disagrees.
fn remedies(db: &mut Db, kind: NoticeKind, division: DivisionCode) -> Result<Vec<Remedy>> {
    let county = division.county().unwrap_or(division);
    let mut all = Vec::new();
    if kind.is_reconsidered() {
        all.push((Way::Reconsideration, federation(db, county)?));
    }
    if let Some(city) = county.parent().filter(|_| kind == NoticeKind::Upholding) {
        all.push((Way::Supervision, federation(db, city)?));
    }
    let government = format!("{}人民政府", divisions::service::known(db, county)?.name);
    all.push((Way::AdministrativeReview, government));
    all.push((Way::Litigation, "人民法院".to_owned()));
    let remedy = |(way, office)| Remedy { way, office };
    Ok(all.into_iter().map(remedy).collect())
}

/// Where else than at the office somebody may turn to, and the name of the federation that answers for a county.
pub fn outside(db: &mut Db, division: DivisionCode) -> Result<(String, Vec<Remedy>)> {
    let county = division.county().unwrap_or(division);
    let office = federation(db, county)?;
    let government = format!("{}人民政府", divisions::service::known(db, county)?.name);
    let remedies = [
        (Way::Supervision, office.clone()),
        (Way::AdministrativeReview, government),
        (Way::Litigation, "人民法院".to_owned()),
    ];
    let remedy = |(way, office)| Remedy { way, office };
    Ok((office, remedies.map(remedy).into()))
}

fn federation(db: &mut Db, division: DivisionCode) -> Result<String> {
    if let Some(name) = organizations::service::federation_of(db, division)? {
        return Ok(name);
    }
    let name = divisions::service::known(db, division)?.name;
    Ok(format!("{name}残疾人联合会"))
}

fn event(origin: &Origin, action: &'static str, case: &Case) -> Event {
    Event::new(origin, action)
        .on(&case.id)
        .about(case.resident_id)
        .within(case.division_code)
        .change("case_number", &case.case_number)
}

pub fn list(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    case: CaseId,
) -> Result<Looked<Vec<Notice>>> {
    let case = cases::found(db, permit, case)?;
    let all = store::of_case(db, case.id)?;
    db.looked(event(permit.origin(), "case.notices_viewed", &case), all)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::CaseRead>,
    case: CaseId,
    id: DecisionNoticeId,
) -> Result<Looked<Notice>> {
    let case = cases::found(db, permit, case)?;
    let notice = store::find(db, case.id, id)?.ok_or(Code::NoticeNotFound)?;
    let event =
        event(permit.origin(), "case.notice_viewed", &case).change("notice", &notice.number);
    db.looked(event, notice)
}

/// Puts down that a notice was served, once.
pub fn serve(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    case: CaseId,
    id: DecisionNoticeId,
    new: NewService,
) -> Result<Recorded<Notice>> {
    let case = cases::found(tx, permit, case)?;
    let notice = store::find(tx, case.id, id)?.ok_or(Code::NoticeNotFound)?;
    if notice.service.is_some() {
        return Err(Code::NoticeServed.into());
    }
    new.check(notice.issued_date, tx.today())?;
    let service = Service {
        method: new.method,
        recipient: new.recipient,
        served_date: new.served_date,
        recorded_by: permit.actor().user,
        recorded_at: tx.now(),
    };
    store::insert_service(tx, &notice, &service)?;
    let event = event(permit.origin(), "case.notice_served", &case)
        .change("notice", &notice.number)
        .change("method", service.method)
        .change("served_date", service.served_date);
    let served = Notice {
        service: Some(service),
        ..notice
    };
    tx.record(event, served)
}
