//! Use cases of recusal.

use super::model::{Ending, NewEnding, NewRecusal, Recusal, Tie, keep_off};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::{Event, Origin};
use crate::casework::cases::{self, Case};
use crate::casework::tasks;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{CaseId, RecusalId, ResidentId, UserId};

pub use super::store::{tied_to, ties};

/// What ties one user to one resident.
pub fn ties_of(db: &mut Db, user: UserId, resident: ResidentId) -> Result<Vec<Tie>> {
    let all = store::ties(db, &[user], &[resident])?;
    Ok(all.into_iter().map(|(_, _, tie)| tie).collect())
}

/// Nobody has a hand in what is done with and paid for their own, wherever these live.
pub fn apart(db: &mut Db, user: UserId, residents: &[ResidentId]) -> Result<()> {
    let ties = db.in_every_office(|db| store::ties(db, &[user], residents))?;
    let ties: Vec<_> = ties.into_iter().map(|(_, _, tie)| tie).collect();
    keep_off(&ties, false)
}

fn event(origin: &Origin, action: &'static str, case: &Case) -> Event {
    Event::new(origin, action)
        .about(case.resident_id)
        .within(case.division_code)
        .change("case_number", &case.case_number)
}

/// What is declared and detected of a case's resident.
pub fn list(
    db: &mut Db,
    permit: &Permit<acts::RecusalRead>,
    id: CaseId,
) -> Result<Looked<Vec<Recusal>>> {
    let case = cases::service::found(db, permit, id)?;
    let mut all = store::declared(db, case.resident_id)?;
    let detected = store::detected(db, case.resident_id)?;
    all.extend(detected.into_iter().map(|(user, detection)| Recusal {
        id: None,
        user,
        tie: Tie::Detected(detection),
        reason: None,
        declared_at: None,
        ended: None,
    }));
    db.looked(
        event(permit.origin(), "case.recusals_listed", &case).on(&id),
        all,
    )
}

/// Declares the caller's own relation to a case's resident; what of theirs waits with the caller goes
/// to somebody else, by rule.
pub fn declare(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::CaseAct>,
    id: CaseId,
    new: &NewRecusal,
) -> Result<Recorded<Recusal>> {
    let case = cases::service::found(tx, permit, id)?;
    let (user, resident) = (permit.actor().user, case.resident_id);
    let recusal = store::insert(tx, user, resident, new.relation, new.reason()?)?;
    let event = event(permit.origin(), "recusal.declared", &case)
        .on(&recusal)
        .change("relation", new.relation);
    let declared = found(tx, resident, recusal)?;
    let recorded = tx.record(event, declared)?;
    let passed_on = tasks::service::pass_on(tx, permit.origin(), user, resident)?;
    Ok(recorded.along(passed_on))
}

fn found(db: &mut Db, resident: ResidentId, id: RecusalId) -> Result<Recusal> {
    store::find(db, resident, id)?.ok_or_else(|| Code::RecusalNotFound.into())
}

/// Ends a declared relation that does not hold any more; never the one who declared it.
pub fn end(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RecusalEnd>,
    id: CaseId,
    recusal: RecusalId,
    new: &NewEnding,
) -> Result<Recorded<Recusal>> {
    let case = cases::service::found(tx, permit, id)?;
    let declared = found(tx, case.resident_id, recusal)?;
    let reason = new.reason()?;
    let by = permit.actor().user;
    if declared.user.0 == by {
        return Err(Error::new(Code::RecusalOwn));
    }
    let ending = Ending {
        at: tx.now(),
        by,
        reason: reason.to_owned(),
    };
    store::end(tx, recusal, &ending)?;
    let event = event(permit.origin(), "recusal.ended", &case)
        .on(&recusal)
        .reason(reason)
        .change("username", &declared.user.1);
    let ended = Recusal {
        ended: Some(ending),
        ..declared
    };
    tx.record(event, ended)
}
