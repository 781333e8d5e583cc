//! Use cases of recoveries: open, serve, withdraw, agree instalments, and what payments keep back.

use std::collections::HashMap;

use super::model::{
    Claim, Content, Instalments, NewInstalments, NewRecovery, NewRecoveryTransition, Notice,
    Overpaid, Recovery, RecoveryAction, RecoveryNoticeMonth, RecoveryStage, RecoveryState, Turn,
    kept_back, said,
};
use super::store::{self, Filter, NewTurn};
use super::{letter, movements};
use crate::access::{Act, Permit, Scope, acts};
use crate::audit::{Event, Origin};
use crate::casework::cases;
use crate::casework::decisions;
use crate::casework::recusals::{self, keep_off};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{EnrollmentId, RecoveryId, ResidentId};
use crate::kernel::money::Fen;
use crate::programs;
use crate::registry::residents;
use crate::subsidies::batches::Batch;
use crate::subsidies::enrollments::{self, Enrollment, EnrollmentReason, EnrollmentState};

pub use super::store::SEALED_COLUMNS;

/// A recovery with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub recovery: Recovery,
    pub allowed: Vec<RecoveryAction>,
    /// Left out of lists.
    pub told: Option<Told>,
}

#[derive(Debug)]
pub struct Told {
    pub months: Vec<Overpaid>,
    /// All that was agreed, the first first.
    pub instalments: Vec<Instalments>,
}

pub fn found(db: &mut Db, scope: &Scope, id: RecoveryId) -> Result<Recovery> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, scope, &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::RecoveryNotFound.into())
}

fn listed<A: Act>(db: &mut Db, permit: &Permit<A>, all: Vec<Recovery>) -> Result<Vec<Shown>> {
    let user = permit.actor().user;
    let acts_in = permit.scope_for::<acts::RecoveryAct>();
    let residents: Vec<_> = all.iter().map(|one| one.resident).collect();
    let ties = recusals::service::ties(db, &[user], &residents)?;
    let shown = |recovery: Recovery| {
        let tied = ties.iter().any(|(_, who, _)| *who == recovery.resident);
        let allowed = if tied || !acts_in.sees(recovery.division) {
            Vec::new()
        } else {
            recovery.allowed(user)
        };
        Shown {
            recovery,
            allowed,
            told: None,
        }
    };
    Ok(all.into_iter().map(shown).collect())
}

fn shown<A: Act>(db: &mut Db, permit: &Permit<A>, recovery: Recovery) -> Result<Shown> {
    let id = recovery.id;
    let instalments = store::instalments(db, &[id])?;
    let told = Told {
        months: store::months(db, id)?,
        instalments: instalments.into_iter().map(|(_, one)| one).collect(),
    };
    let one = listed(db, permit, vec![recovery])?.pop();
    let one = one.ok_or_else(|| Error::internal("one recovery is shown as one"))?;
    Ok(Shown {
        told: Some(told),
        ..one
    })
}

pub(super) fn event(origin: &Origin, action: &'static str, recovery: &Recovery) -> Event {
    Event::new(origin, action)
        .on(&recovery.id)
        .about(recovery.resident)
        .within(recovery.division)
        .change("recovery_number", &recovery.recovery_number)
}

/// Keeps off whoever is tied to the person.
pub(super) fn untied<A>(db: &mut Db, permit: &Permit<A>, recovery: &Recovery) -> Result<()> {
    let ties = recusals::service::ties_of(db, permit.actor().user, recovery.resident)?;
    keep_off(&ties, false)
}

/// What of an enrollment was paid for months in which it did not run.
fn overpaid(db: &mut Db, of: &Enrollment) -> Result<(Vec<Overpaid>, EnrollmentReason)> {
    let entries = enrollments::service::entries_of(db, of.id)?;
    let mut months = store::paid(db, of)?;
    months.retain(|one| enrollments::status_in(&entries, one.month) != EnrollmentState::Active);
    let ends = |entry: &&enrollments::EnrollmentTransition| entry.to != EnrollmentState::Active;
    let last = entries.iter().rev().find(ends);
    let reason = last.map_or(EnrollmentReason::Error, |entry| entry.reason);
    Ok((months, reason))
}

/// Opens a recovery of what an enrollment was paid for months in which it does not run, if there is any; by
/// whoever may end it.
pub fn of_stop<A: Act>(
    tx: &mut Tx<'_>,
    permit: &Permit<A>,
    enrollment: &Enrollment,
    grounds: Option<&str>,
) -> Result<Option<Recorded<Recovery>>> {
    let (months, reason) = overpaid(tx, enrollment)?;
    let total = Fen::sum(months.iter().map(|one| one.amount_fen));
    let total = total.ok_or_else(|| Error::internal("more than can be counted"))?;
    if months.is_empty() {
        return Ok(None);
    }
    let case = cases::service::found(tx, permit, enrollment.case_id)?;
    let beginning = format!("{}-Z", case.case_number);
    let number = store::count_numbered(tx, &beginning)? + 1;
    let recovery = Recovery {
        id: tx.new_id(),
        recovery_number: format!("{beginning}{number}"),
        resident: enrollment.resident_id,
        enrollment: enrollment.id,
        program_code: enrollment.program_code.clone(),
        division: enrollment.division_code,
        reason,
        stage: RecoveryStage::Open,
        last_transition: 1,
        total,
        reserved: Fen::ZERO,
        recovered: Fen::ZERO,
        opened_by: permit.actor().user,
        opened_at: tx.now(),
        version: 1,
        updated_at: tx.now(),
    };
    let content = content(tx, &recovery, &case, &months, grounds)?;
    store::insert(tx, &recovery, &months, &content)?;
    let turn = NewTurn {
        action: RecoveryAction::Open,
        from: None,
        actor: recovery.opened_by,
        service: None,
        comment: grounds,
    };
    store::insert_transition(tx, &recovery, &turn)?;
    let event = event(
        permit.origin(),
        RecoveryAction::Open.recorded_as(),
        &recovery,
    )
    .change("program_code", &recovery.program_code)
    .change("reason", recovery.reason)
    .change("months", months.len())
    .change("amount_fen", recovery.total);
    tx.record(event, recovery).map(Some)
}

fn content(
    tx: &mut Tx<'_>,
    recovery: &Recovery,
    case: &cases::Case,
    months: &[Overpaid],
    grounds: Option<&str>,
) -> Result<Content> {
    let names = residents::service::names(tx, &[recovery.resident])?;
    let (_, addressee, _) = names.into_iter().next().ok_or(Code::ResidentNotFound)?;
    let program = programs::service::find(tx, &recovery.program_code)?;
    let version = programs::service::version(tx, case.program_version_id)?;
    let (office, remedies) = decisions::service::outside(tx, recovery.division)?;
    let month = |one: &Overpaid| RecoveryNoticeMonth {
        month: one.month,
        amount_fen: one.amount_fen,
    };
    Ok(Content {
        office,
        addressee,
        recovery_number: recovery.recovery_number.clone(),
        case_number: case.case_number.clone(),
        program_name_zh: program.name_zh,
        program_name_en: program.name_en,
        legal_basis: version.terms.legal_basis.clone(),
        reason: recovery.reason,
        grounds: grounds.map(str::to_owned),
        months: months.iter().map(month).collect(),
        total_fen: recovery.total,
        remedies,
    })
}

/// Opens a recovery by hand: of what was paid after a stop that is known already.
pub fn create(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RecoveryAct>,
    new: &NewRecovery,
) -> Result<Recorded<Shown>> {
    let grounds = said(new.comment.as_deref(), false, "/comment")?;
    let enrollment = enrollments::service::find(tx, permit.scope(), new.enrollment_id)?;
    let enrollment = enrollment.ok_or(Code::EnrollmentNotFound)?;
    let user = permit.actor().user;
    let ties = recusals::service::ties_of(tx, user, enrollment.resident_id)?;
    keep_off(&ties, false)?;
    let opened = of_stop(tx, permit, &enrollment, grounds)?;
    let opened = opened.ok_or(Code::RecoveryNothing)?;
    let shown = shown(tx, permit, opened.value().clone())?;
    Ok(opened.map(|_| shown))
}

/// Serves or withdraws.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RecoveryAct>,
    id: RecoveryId,
    seen: IfMatch,
    new: &NewRecoveryTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.version)?;
    let comment = new.comment()?;
    let user = permit.actor().user;
    let stage = old.follow(new.action, user)?;
    untied(tx, permit, &old)?;
    let issued = store::notice(tx, id)?.issued_date;
    let service = new.service(issued, tx.today())?;
    let recovery = Recovery {
        stage,
        last_transition: old.last_transition + 1,
        version: old.version + 1,
        updated_at: tx.now(),
        ..old.clone()
    };
    store::update(tx, &recovery, old.version)?;
    let turn = NewTurn {
        action: new.action,
        from: Some(old.stage),
        actor: user,
        service,
        comment,
    };
    store::insert_transition(tx, &recovery, &turn)?;
    let event = event(permit.origin(), new.action.recorded_as(), &recovery)
        .change("state", recovery.state())
        .change("method", service.map(|one| one.method))
        .change("served_date", service.map(|one| one.served_date));
    let shown = shown(tx, permit, recovery)?;
    tx.record(event, shown)
}

/// Agrees how much of each month's payment is kept back, in place of what was agreed before.
pub fn agree(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RecoveryAct>,
    id: RecoveryId,
    new: NewInstalments,
) -> Result<Recorded<Shown>> {
    let recovery = found(tx, permit.scope(), id)?;
    new.check()?;
    recovery.stands("约定抵扣", "instalments")?;
    untied(tx, permit, &recovery)?;
    let before = store::instalments(tx, &[id])?;
    let last = before.last().map(|(_, one)| one.revision);
    store::insert_instalments(tx, id, last, new, permit.actor().user)?;
    let event = event(permit.origin(), "recovery.instalments_agreed", &recovery)
        .change("from_month", new.from_month)
        .change("amount_fen", new.amount_fen);
    let shown = shown(tx, permit, recovery)?;
    tx.record(event, shown)
}

pub fn view(
    db: &mut Db,
    permit: &Permit<acts::RecoveryRead>,
    id: RecoveryId,
) -> Result<Looked<Shown>> {
    let recovery = found(db, permit.scope(), id)?;
    let event = event(permit.origin(), "recovery.viewed", &recovery);
    let shown = shown(db, permit, recovery)?;
    db.looked(event, shown)
}

/// Which part of the list is asked for.
#[derive(Debug)]
pub struct Window {
    pub state: Option<RecoveryState>,
    pub program_code: Option<String>,
    pub resident: Option<ResidentId>,
    pub enrollment: Option<EnrollmentId>,
    pub after: Option<RecoveryId>,
    pub count: i64,
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::RecoveryRead>,
    scope: &Scope,
    window: &Window,
) -> Result<Looked<Vec<Shown>>> {
    let residents = match window.resident {
        Some(resident) => Some(residents::service::records(db, &[resident])?),
        None => None,
    };
    let filter = Filter {
        id: None,
        state: window.state,
        program_code: window.program_code.clone(),
        enrollment: window.enrollment,
        residents,
    };
    let all = store::page(db, scope, &filter, window.after, window.count)?;
    let event = Event::new(permit.origin(), "recovery.listed").within_first(scope.divisions());
    let event = match window.resident {
        Some(resident) => event.about(resident),
        None => event,
    };
    let listed = listed(db, permit, all)?;
    db.looked(event, listed)
}

pub fn history(
    db: &mut Db,
    permit: &Permit<acts::RecoveryRead>,
    id: RecoveryId,
) -> Result<Looked<Vec<Turn>>> {
    let recovery = found(db, permit.scope(), id)?;
    let all = store::history(db, id)?;
    let event = event(permit.origin(), "recovery.history_viewed", &recovery);
    db.looked(event, all)
}

/// A notice, and as a letter in both languages.
#[derive(Debug)]
pub struct Letter {
    pub notice: Notice,
    pub zh: String,
    pub en: String,
}

pub fn notice(
    db: &mut Db,
    permit: &Permit<acts::RecoveryRead>,
    id: RecoveryId,
) -> Result<Looked<Letter>> {
    let recovery = found(db, permit.scope(), id)?;
    let notice = store::notice(db, id)?;
    let event = event(permit.origin(), "recovery.notice_viewed", &recovery);
    let letter = Letter {
        zh: letter::zh(&notice),
        en: letter::en(&notice),
        notice,
    };
    db.looked(event, letter)
}

/// What a batch is to keep back of what is due to some people, by the record that counts for each.
pub fn deductions(
    db: &mut Db,
    batch: &Batch,
    due: &[(ResidentId, Fen)],
) -> Result<HashMap<ResidentId, Vec<(RecoveryId, Fen)>>> {
    let people: Vec<_> = due.iter().map(|(person, _)| *person).collect();
    let records = residents::service::records(db, &people)?;
    let all = store::claimable(db, batch.division, &batch.program_code, &records)?;
    if all.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let mut monthly = HashMap::new();
    for (id, agreed) in store::instalments(db, &ids)? {
        if agreed.from_month <= batch.month {
            monthly.insert(id, agreed.amount_fen);
        }
    }
    let taken = movements::service::taken_in(db, &ids, batch.month)?;
    let whose: Vec<_> = all.iter().map(|one| one.resident).collect();
    let names = residents::service::names(db, &whose)?;
    let counting: HashMap<_, _> = names.into_iter().map(|(id, _, kept)| (id, kept)).collect();
    let claim = |one: &Recovery| {
        Some(Claim {
            recovery: one.id,
            person: *counting.get(&one.resident)?,
            rest: one.rest(),
            // Nothing is kept back that nobody agreed upon.
            monthly: *monthly.get(&one.id)?,
            taken: taken.get(&one.id).copied().unwrap_or(Fen::ZERO),
        })
    };
    let claims: Vec<_> = all.iter().filter_map(claim).collect();
    Ok(kept_back(&claims, due.iter().copied().collect()))
}
