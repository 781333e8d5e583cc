//! Use cases of settlements: list, read, check, return, withdraw, take back.

use super::model::{
    Line, LineState, NewReversal, NewSettlementTransition, Settlement, SettlementAction,
    SettlementState, Sides, Turn,
};
use super::{deductions, store};
use crate::access::organizations;
use crate::access::{Act, Permit, Role, acts};
use crate::audit::{Event, Origin};
use crate::casework::payables::{self, Owed, PayableSource, PayableState};
use crate::casework::recusals;
use crate::db::{Db, Reach, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{Id, RehabilitationPlanId, SettlementId, SettlementLineId};
use crate::kernel::money::Fen;
use crate::kernel::text::reason;
use crate::rehabilitation::institutions::service::works_at;
use crate::rehabilitation::plans::{self, Sight};

pub use super::caps::standing;
pub use super::propose::propose;
pub use super::store::Filter;

/// A settlement with what the caller may do to it.
#[derive(Debug)]
pub struct Shown {
    pub settlement: Settlement,
    pub institution_name: String,
    pub allowed: Vec<SettlementAction>,
    /// Plans of children who are not eligible in that year; told to who proposes.
    pub left_out: Option<Vec<RehabilitationPlanId>>,
    /// Left out of lists.
    pub told: Option<(Vec<Line>, Vec<Turn>)>,
}

/// Whose settlements somebody sees: of the counties they work for, and of the institutions they work at.
fn sight<A: Act>(permit: &Permit<A>) -> Sight {
    Sight {
        cases: permit.scope_beside::<acts::SettlementRead>(Role::InstitutionWorker),
        institutions: works_at(permit),
    }
}

pub fn reach<A: Act>(permit: &Permit<A>) -> Reach {
    let offices = permit.scope_beside::<acts::SettlementRead>(Role::InstitutionWorker);
    Reach::of(permit.actor().user, offices.divisions())
}

fn sides<A: Act>(permit: &Permit<A>, settlement: &Settlement) -> Sides {
    let user = permit.actor().user;
    let offices = permit.scope_for::<acts::SettlementCorrect>();
    let here = |held: &crate::access::Held| held.organization == settlement.institution;
    Sides {
        office: offices.sees(settlement.division_code),
        institution: permit.actor().grants.iter().any(here),
        proposer: settlement.proposed_by == user,
    }
}

pub(super) fn event(origin: &Origin, action: &'static str, settlement: &Settlement) -> Event {
    Event::new(origin, action)
        .on(&settlement.id)
        .within(settlement.division_code)
        .change("institution_id", settlement.institution)
        .change("month", settlement.month)
        .change("state", settlement.state)
}

fn found<A: Act>(db: &mut Db, permit: &Permit<A>, id: SettlementId) -> Result<Settlement> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let one = store::page(db, &sight(permit), &filter, None, 1)?.pop();
    one.ok_or_else(|| Code::SettlementNotFound.into())
}

fn listed<A: Act>(db: &mut Db, permit: &Permit<A>, all: Vec<Settlement>) -> Result<Vec<Shown>> {
    let ids: Vec<_> = all.iter().map(|one| one.institution).collect();
    let known = organizations::service::known(db, &ids)?;
    let show = |settlement: Settlement| {
        let institution = known.iter().find(|one| one.id == settlement.institution);
        let institution =
            institution.ok_or_else(|| Error::internal("an institution is an organization"))?;
        Ok(Shown {
            institution_name: institution.name.clone(),
            allowed: sides(permit, &settlement).allowed(settlement.state),
            left_out: None,
            told: None,
            settlement,
        })
    };
    all.into_iter().map(show).collect()
}

pub(super) fn shown<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    settlement: Settlement,
) -> Result<Shown> {
    let id = settlement.id;
    let told = (store::lines(db, id)?, store::history(db, id)?);
    let one = listed(db, permit, vec![settlement])?.pop();
    let one = one.ok_or_else(|| Error::internal("one settlement is shown as one"))?;
    Ok(Shown {
        told: Some(told),
        ..one
    })
}

pub fn view(db: &mut Db, permit: &Permit<acts::SettlementRead>, id: SettlementId) -> Result<Shown> {
    let settlement = found(db, permit, id)?;
    shown(db, permit, settlement)
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::SettlementRead>,
    filter: &Filter,
    after: Option<SettlementId>,
    count: i64,
) -> Result<Vec<Shown>> {
    let all = store::page(db, &sight(permit), filter, after, count)?;
    listed(db, permit, all)
}

/// Of why something is withdrawn that is owed.
const LONGEST_REASON: usize = 200;

/// Checks, returns or withdraws.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::SettlementAct>,
    id: SettlementId,
    seen: IfMatch,
    request: &NewSettlementTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, permit, id)?;
    seen.check(old.last_transition)?;
    let state = sides(permit, &old).check(old.state, request.action)?;
    let comment = request.comment()?;
    let user = permit.actor().user;
    let lines = store::lines(tx, id)?;
    let checks = request.action == SettlementAction::Check;
    if checks {
        let residents: Vec<_> = lines.iter().map(|line| line.resident_id).collect();
        recusals::service::apart(tx, user, &residents)?;
    }
    let moved = Settlement {
        state,
        checked_by: checks.then_some(user),
        last_transition: old.last_transition + 1,
        ..old.clone()
    };
    store::update(tx, &moved, old.last_transition)?;
    let owed = if checks {
        owe(tx, permit.origin(), &moved, &lines)?
    } else {
        give_up(tx, &moved, &lines)?;
        Vec::new()
    };
    // Comes last: the database looks whether all is there.
    let entry = (request.action, Some(old.state));
    store::insert_transition(tx, &moved, entry, user, comment)?;
    let event = event(permit.origin(), request.action.recorded_as(), &moved)
        .change("amount_fen", moved.amount)
        .change("deduction_fen", moved.deduction);
    let event = match comment {
        Some(comment) => event.reason(comment),
        None => event,
    };
    let shown = shown(tx, permit, moved)?;
    Ok(tx.record(event, shown)?.along(owed))
}

/// Each line that was checked is owed to the institution, as far as nothing is kept back of it.
fn owe(
    tx: &mut Tx<'_>,
    origin: &Origin,
    settlement: &Settlement,
    lines: &[Line],
) -> Result<Vec<Recorded<()>>> {
    let plans: Vec<_> = lines.iter().map(|line| line.plan_id).collect();
    let plans = tx.in_every_office(|db| plans::service::known(db, &plans))?;
    let mut all = Vec::new();
    for line in lines.iter().filter(|line| line.net() > Fen::ZERO) {
        let plan = plans.iter().find(|plan| plan.id == line.plan_id);
        let plan = plan.ok_or_else(|| Error::internal("a line is of a plan"))?;
        let owed = Owed {
            source: PayableSource::RehabilitationSettlement,
            subject_id: Id::new(line.id.uuid()),
            organization_id: settlement.institution,
            case_id: plan.case_id,
            resident_id: line.resident_id,
            program_code: line.program_code.clone(),
            division_code: settlement.division_code,
            month: settlement.month,
            amount: line.net(),
        };
        let owed = payables::service::owe(tx, origin, owed)?;
        store::owe(tx, line.id, *owed.value())?;
        all.push(owed.map(drop));
    }
    Ok(all)
}

/// What is returned or withdrawn leaves nothing: caps and deductions are as before, and sessions may be settled again.
fn give_up(tx: &mut Tx<'_>, settlement: &Settlement, lines: &[Line]) -> Result<()> {
    store::drop_lines(tx, settlement.id)?;
    let ids: Vec<_> = lines.iter().map(|line| line.id).collect();
    deductions::give_up(tx, &ids)?;
    free(tx, lines)
}

/// Sets the sessions of some lines free, wherever the children live by now.
fn free(tx: &mut Tx<'_>, lines: &[Line]) -> Result<()> {
    let plans: Vec<_> = lines.iter().map(|line| line.plan_id).collect();
    let plans = tx.in_every_office(|db| plans::service::known(db, &plans))?;
    let divisions: Vec<_> = plans.iter().map(|plan| plan.division_code).collect();
    let ids: Vec<SettlementLineId> = lines.iter().map(|line| line.id).collect();
    let freed = tx.reaching(&divisions, |tx| store::free(tx, &ids))?;
    let settled: i32 = lines.iter().map(|line| line.session_count).sum();
    if usize::try_from(settled).is_ok_and(|settled| settled == freed) {
        Ok(())
    } else {
        Err(Error::internal("all sessions of a line are set free"))
    }
}

/// Takes a line back after the check: what is not in a payment yet is not paid, what is, the next settlements keep back.
/// The cap is as if the line had not been, and its sessions may be settled again.
pub fn reverse(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::SettlementCorrect>,
    id: SettlementId,
    request: &NewReversal,
) -> Result<Recorded<Shown>> {
    let settlement = found(tx, permit, id)?;
    let sides = sides(permit, &settlement);
    if !sides.office {
        return Err(Code::SettlementNotFound.into());
    }
    if sides.institution || sides.proposer {
        return Err(Code::SettlementOwn.into());
    }
    let reason = reason(&request.reason)?;
    let line = store::lines(tx, id)?
        .into_iter()
        .find(|line| line.id == request.line_id)
        .ok_or(Code::SettlementLineNotFound)?;
    if settlement.state != SettlementState::Checked {
        return Err(Code::SettlementTransition.into());
    }
    let user = permit.actor().user;
    recusals::service::apart(tx, user, &[line.resident_id])?;
    if line.state != LineState::Live {
        return Err(Code::SettlementLineReversed.into());
    }
    let (paid, withdrawn) = not_owed(tx, permit.origin(), &line, reason)?;
    // What a payment has taken, the database notes as owed back.
    if !store::reverse(tx, line.id, user, reason)? {
        return Err(Code::SettlementLineReversed.into());
    }
    if !paid {
        deductions::give_up(tx, &[line.id])?;
    }
    free(tx, std::slice::from_ref(&line))?;
    let event = event(permit.origin(), "settlement.line_reversed", &settlement)
        .about(line.resident_id)
        .change("line_id", line.id)
        .change("amount_fen", line.amount)
        .reason(reason);
    let shown = shown(tx, permit, settlement)?;
    let recorded = tx.record(event, shown)?;
    Ok(match withdrawn {
        Some(withdrawn) => recorded.and(withdrawn).map(|(shown, ())| shown),
        None => recorded,
    })
}

/// Withdraws what is owed for a line, unless it was paid; whether it was. What is on its way is waited for: the bank may
/// not pay it.
fn not_owed(
    tx: &mut Tx<'_>,
    origin: &Origin,
    line: &Line,
    reason: &str,
) -> Result<(bool, Option<Recorded<()>>)> {
    let Some(id) = line.payable else {
        return Ok((false, None));
    };
    let stands = payables::service::of(tx, &[id])?.pop().map(|one| one.state);
    match stands {
        Some(PayableState::Due) => {
            let short: String = reason.chars().take(LONGEST_REASON).collect();
            let withdrawn = payables::service::withdraw(tx, origin, id, &short)?;
            Ok((false, Some(withdrawn)))
        }
        Some(PayableState::InPayment) => Err(Code::PayableInPayment.into()),
        _ => Ok((true, None)),
    }
}
