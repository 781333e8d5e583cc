//! Asking for a run, and doing it piece by piece.

use std::sync::Arc;

use super::judge::{Verdict, judge};
use super::model::{EntitlementRun, NewRun, NewRunTransition, RunAction, RunState};
use super::store;
use crate::access::users::{self, UserState};
use crate::access::{Act, Permit, acts, divisions, sessions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{EnrollmentId, EntitlementId, EntitlementRunId, RequestId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::subsidies::enrollments;
use crate::subsidies::entitlements::{self, Entitlement, EntitlementState};

pub use super::store::{page, waiting};

/// Enrollments of one transaction.
const PIECE: i64 = 500;

/// Queues a run; whichever process is free does it.
pub fn ask(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::EntitlementRun>,
    asked: &NewRun,
) -> Result<Recorded<EntitlementRun>> {
    asked.check(Month::of(tx.today()))?;
    divisions::service::known(tx, asked.division_code)?;
    if !permit.scope().sees(asked.division_code) {
        return Err(Code::DivisionNotFound.into());
    }
    let scope = permit.scope_in(Some(asked.division_code))?;
    let total = enrollments::service::count(tx, &scope)?;
    let run = EntitlementRun {
        id: tx.new_id(),
        division_code: asked.division_code,
        month: asked.month,
        state: RunState::Queued,
        done: 0,
        total: i32::try_from(total).map_err(Error::internal)?,
        due_count: 0,
        held_count: 0,
        due_fen: Fen::ZERO,
        requested_by: permit.actor().user,
        requested_at: tx.now(),
        finished_at: None,
        version: 1,
        allowed_actions: RunState::Queued.allowed(),
    };
    store::insert(tx, &run)?;
    let event = event(permit.origin(), "entitlement_run.requested", &run).change("total", total);
    tx.record(event, run)
}

fn event(origin: &Origin, action: &'static str, run: &EntitlementRun) -> Event {
    Event::new(origin, action)
        .on(&run.id)
        .within(run.division_code)
        .change("month", run.month)
}

pub fn get<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    id: EntitlementRunId,
) -> Result<EntitlementRun> {
    store::find(db, permit.scope(), id)?.ok_or_else(|| Code::RunNotFound.into())
}

/// Cancels a run, or lets one that was cancelled or failed go on where it stopped. What it found until then
/// stays.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::EntitlementRun>,
    id: EntitlementRunId,
    seen: IfMatch,
    asked: &NewRunTransition,
) -> Result<Recorded<EntitlementRun>> {
    let run = get(tx, permit, id)?;
    seen.check(run.version)?;
    if !run.allowed_actions.contains(&asked.action) {
        return Err(Code::RunTransition.into());
    }
    let to = match asked.action {
        RunAction::Cancel => RunState::Cancelled,
        RunAction::Resume => RunState::Queued,
    };
    store::change(tx, &run, to)?;
    let changed = get(tx, permit, id)?;
    tx.record(
        event(permit.origin(), asked.action.recorded_as(), &run),
        changed,
    )
}

/// A run that this process has taken.
#[derive(Debug)]
pub struct Claimed {
    pub run: EntitlementRun,
    /// The last enrollment that was looked at.
    pub reached: Option<EnrollmentId>,
    attempt: i32,
    username: String,
}

/// Takes a waiting run; nothing where it was tried too often, or whoever asked has no account any more, which
/// ends it.
pub fn claim(
    tx: &mut Tx<'_>,
    request: RequestId,
    (id, attempts): (EntitlementRunId, i32),
) -> Result<Recorded<Option<Claimed>>> {
    let (reached, may_be_tried) = store::claim(tx, id, attempts)?;
    let run = store::anywhere(tx, id)?;
    let attempt = attempts + 1;
    let origin = Origin::system(request);
    let user = users::service::get(tx, run.requested_by)?;
    if !may_be_tried || user.state != UserState::Active {
        store::finish(tx, (id, attempt), RunState::Failed)?;
        return tx.record(
            event(&origin, "entitlement_run.failed", &run).failed(),
            None,
        );
    }
    let event = event(&origin, "entitlement_run.started", &run).change("attempt", attempt);
    let claimed = Claimed {
        run,
        reached,
        attempt,
        username: user.username,
    };
    tx.record(event, Some(claimed))
}

/// What a piece adds to its run.
#[derive(Debug, Clone, Copy)]
pub struct Tally {
    pub done: i32,
    pub due: i32,
    pub held: i32,
    pub due_fen: Fen,
}

/// What some enrollments come to.
#[derive(Debug)]
pub struct Piece {
    pub reached: EnrollmentId,
    tally: Tally,
    make: Vec<Entitlement>,
    settle: Vec<Entitlement>,
    reverse: Vec<(EntitlementId, i32)>,
}

impl Piece {
    /// What was found of a month, where something else, the same or nothing stands. What is due and not paid is
    /// taken back where it is not what was found.
    fn add(&mut self, found: Entitlement, stands: Option<Entitlement>) -> Result<()> {
        if found.state == EntitlementState::Held {
            self.tally.held += 1;
        }
        let same = stands.as_ref().is_some_and(|one| {
            (one.state, one.amount_fen, &one.reasons)
                == (found.state, found.amount_fen, &found.reasons)
        });
        if same {
            return Ok(());
        }
        if found.state == EntitlementState::Due {
            let sum = self.tally.due_fen.checked_add(found.amount_fen);
            self.tally.due_fen = sum.ok_or_else(|| Error::internal("a run beyond counting"))?;
            self.tally.due += 1;
        }
        match stands {
            Some(held) if held.state == EntitlementState::Held => self.settle.push(Entitlement {
                id: held.id,
                version: held.version + 1,
                created_at: held.created_at,
                ..found
            }),
            stands => {
                self.reverse.extend(stands.map(|due| (due.id, due.version)));
                self.make.push(found);
            }
        }
        Ok(())
    }
}

/// The next enrollments, with the rights of whoever asked, as they are now; nothing where all are done.
pub fn next_piece(
    db: &mut Db,
    claimed: &Claimed,
    reached: Option<EnrollmentId>,
    request: RequestId,
) -> Result<Option<Piece>> {
    let run = &claimed.run;
    let actor = sessions::service::actor_named(db, &claimed.username, request)?;
    let permit = Arc::new(actor).permit::<acts::EntitlementRun>()?;
    let scope = permit.scope_in(Some(run.division_code))?;
    let chunk = enrollments::service::with_history(db, &scope, reached, PIECE)?;
    let Some((last, _)) = chunk.last() else {
        return Ok(None);
    };
    let judged = judge(db, &chunk, run.month)?;
    let mut piece = Piece {
        reached: last.id,
        tally: Tally {
            done: i32::try_from(chunk.len()).map_err(Error::internal)?,
            due: 0,
            held: 0,
            due_fen: Fen::ZERO,
        },
        make: Vec::new(),
        settle: Vec::new(),
        reverse: Vec::new(),
    };
    let now = db.now();
    for over in judged.over {
        match over.state {
            EntitlementState::Due => piece.reverse.push((over.id, over.version)),
            _ => piece.settle.push(Entitlement {
                run_id: run.id,
                run_month: run.month.max(over.month),
                state: EntitlementState::Reversed,
                version: over.version + 1,
                updated_at: now,
                ..over
            }),
        }
    }
    for (question, verdict) in judged.found {
        let enrollment = question.enrollment;
        let mut found = Entitlement {
            id: db.new_id(),
            resident_id: enrollment.resident_id,
            enrollment_id: enrollment.id,
            program_code: enrollment.program_code.clone(),
            division_code: enrollment.division_code,
            month: question.month,
            run_month: run.month,
            run_id: run.id,
            state: EntitlementState::Held,
            amount_fen: Fen::ZERO,
            reasons: Vec::new(),
            program_version_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
            facts: None,
        };
        match verdict {
            Verdict::Due {
                amount,
                version,
                facts,
            } => {
                found.state = EntitlementState::Due;
                found.amount_fen = amount;
                found.program_version_id = Some(version);
                found.facts = Some(facts);
            }
            Verdict::Held { reasons, version } => {
                found.reasons = reasons;
                found.program_version_id = version;
            }
        }
        piece.add(found, question.stands)?;
    }
    Ok(Some(piece))
}

/// Keeps what some enrollments come to, and that they are done: both or neither.
pub fn keep(
    tx: &mut Tx<'_>,
    request: RequestId,
    claimed: &Claimed,
    piece: Piece,
) -> Result<Recorded<()>> {
    let run = &claimed.run;
    store::advance(tx, (run.id, claimed.attempt), piece.reached, piece.tally)?;
    let changed: Vec<EntitlementId> = piece.settle.iter().map(|one| one.id).collect();
    let reversed: Vec<EntitlementId> = piece.reverse.iter().map(|(id, _)| *id).collect();
    for (id, version) in piece.reverse {
        entitlements::service::reverse(tx, id, version)?;
    }
    entitlements::service::insert(tx, piece.make)?;
    for one in piece.settle {
        entitlements::service::settle(tx, one)?;
    }
    let origin = Origin::system(request);
    let event = event(&origin, "entitlement_run.progressed", run)
        .change("done", piece.tally.done)
        .change("due_count", piece.tally.due)
        .change("held_count", piece.tally.held)
        .change("due_fen", piece.tally.due_fen)
        .change("changed", changed)
        .change("reversed", reversed);
    tx.record(event, ())
}

/// Nothing is left to be looked at.
pub fn finish(tx: &mut Tx<'_>, request: RequestId, claimed: &Claimed) -> Result<Recorded<()>> {
    let run = &claimed.run;
    store::finish(tx, (run.id, claimed.attempt), RunState::Done)?;
    let origin = Origin::system(request);
    tx.record(event(&origin, "entitlement_run.finished", run), ())
}
