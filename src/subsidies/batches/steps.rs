//! The steps of a payment batch. Each is somebody's duty, and one person has one duty in a batch.

use super::model::{Batch, NewBatchTransition, PaymentBatchAction, PaymentBatchState};
use super::service::{Shown, event, found, shown, standings};
use super::store::{self, NewTurn};
use crate::access::{Permit, acts};
use crate::audit::Origin;
use crate::casework::recusals;
use crate::db::{Db, Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::{PaymentBatchId, UserId};
use crate::subsidies::payments::{self, PaymentState};
use crate::subsidies::{budgets, flags};

/// Takes a step.
pub fn act(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PaymentAct>,
    id: PaymentBatchId,
    seen: IfMatch,
    request: &NewBatchTransition,
) -> Result<Recorded<Shown>> {
    let old = found(tx, permit.scope(), id)?;
    seen.check(old.last_transition)?;
    let comment = request.comment()?;
    let all = standings(tx, permit, std::slice::from_ref(&old))?;
    let standing = all.get(&id).copied().unwrap_or_default();
    let action = request.action;
    let (state, duty) = standing.check(old.state, action)?;
    let user = permit.actor().user;
    let batch = Batch {
        state,
        last_transition: old.last_transition + 1,
        ..prepared(tx, &old, action, user)?
    };
    store::update(tx, &batch, old.last_transition)?;
    match action {
        PaymentBatchAction::Release => payments::service::move_all(tx, &batch, PaymentState::Sent)?,
        PaymentBatchAction::Cancel => {
            payments::service::move_all(tx, &batch, PaymentState::Cancelled)?;
        }
        _ => {}
    }
    let turn = NewTurn {
        action,
        from: Some(old.state),
        actor: user,
        duty: Some(duty),
        comment,
    };
    // Comes last: the database looks whether all is there.
    store::insert_transition(tx, &batch, &turn)?;
    let origin = permit.origin();
    let event = event(origin, action.recorded_as(), &batch)
        .change("state", batch.state)
        .change("payments", batch.payment_count)
        .change("amount_fen", batch.total);
    let event = match comment {
        Some(comment) => event.reason(comment),
        None => event,
    };
    let recorded = tx.record(event, ())?;
    // Where all was kept back, there is nothing to wait for.
    match settle(tx, origin, &batch, user)? {
        Some(settled) => {
            let shown = shown(tx, permit, settled.value().clone())?;
            Ok(recorded.and(settled).map(|_| shown))
        }
        None => {
            let shown = shown(tx, permit, batch)?;
            Ok(recorded.map(|()| shown))
        }
    }
}

/// What a step asks for, and what it leaves on the batch.
fn prepared(
    tx: &mut Tx<'_>,
    old: &Batch,
    action: PaymentBatchAction,
    user: UserId,
) -> Result<Batch> {
    let mut batch = old.clone();
    match action {
        PaymentBatchAction::Submit => {
            flags::service::inspect(tx, old)?;
            batch.digest = Some(unaltered(tx, old)?);
            batch.maker = user;
        }
        PaymentBatchAction::Check => {
            keep_off(tx, old, user)?;
            unaltered(tx, old)?;
            batch.checker = Some(user);
        }
        PaymentBatchAction::Return => batch.checker = None,
        PaymentBatchAction::Release => {
            keep_off(tx, old, user)?;
            unaltered(tx, old)?;
            let open = flags::service::count_open(tx, old.id)?;
            if open > 0 || !flags::service::news(tx, old)?.is_empty() {
                return Err(Code::PaymentBatchFlagged.into());
            }
            budgets::service::check(tx, old)?;
            batch.releaser = Some(user);
            batch.released_at = Some(tx.now());
        }
        _ => {}
    }
    Ok(batch)
}

/// The digest of the payments; what was submitted before is the same still.
fn unaltered(db: &mut Db, batch: &Batch) -> Result<Vec<u8>> {
    let digest = payments::service::digest(db, batch.id)?;
    match &batch.digest {
        Some(submitted) if *submitted != digest => Err(Code::PaymentBatchAltered.into()),
        _ => Ok(digest),
    }
}

/// Nobody checks or releases what is paid to themself or their own.
fn keep_off(db: &mut Db, batch: &Batch, user: UserId) -> Result<()> {
    let tied = db.in_every_office(|db| {
        let all = recusals::service::tied_to(db, &[user])?;
        let people: Vec<_> = all.into_iter().map(|(_, resident)| resident).collect();
        payments::service::paid_among(db, batch.id, &people)
    })?;
    match tied {
        Some(_) => Err(Code::CaseRecusal.into()),
        None => Ok(()),
    }
}

/// Whether something speaks against a batch that somebody is about to release, and nobody has heard of it.
pub fn has_news(
    db: &mut Db,
    permit: &Permit<acts::PaymentAct>,
    id: PaymentBatchId,
) -> Result<bool> {
    let batch = found(db, permit.scope(), id)?;
    let all = standings(db, permit, std::slice::from_ref(&batch))?;
    let standing = all.get(&id).copied().unwrap_or_default();
    let about_to = standing
        .check(batch.state, PaymentBatchAction::Release)
        .is_ok();
    Ok(about_to && !flags::service::news(db, &batch)?.is_empty())
}

/// Keeps that, before the release is refused because of it.
pub fn inspect(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PaymentAct>,
    id: PaymentBatchId,
) -> Result<Recorded<()>> {
    let batch = found(tx, permit.scope(), id)?;
    let count = match batch.state {
        PaymentBatchState::Checked => flags::service::inspect(tx, &batch)?,
        _ => 0,
    };
    let event = event(permit.origin(), "payment_batch.inspected", &batch);
    tx.record(event.change("flags", count), ())
}

/// Ends a batch that was released once the bank has answered for each payment.
pub fn settle(
    tx: &mut Tx<'_>,
    origin: &Origin,
    batch: &Batch,
    user: UserId,
) -> Result<Option<Recorded<Batch>>> {
    let waits = payments::service::tally(tx, batch.id)?
        .iter()
        .any(|(state, _)| *state == PaymentState::Sent);
    if batch.state != PaymentBatchState::Released || waits {
        return Ok(None);
    }
    let settled = Batch {
        state: PaymentBatchState::Settled,
        last_transition: batch.last_transition + 1,
        ..batch.clone()
    };
    store::update(tx, &settled, batch.last_transition)?;
    let turn = NewTurn {
        action: PaymentBatchAction::Settle,
        from: Some(batch.state),
        actor: user,
        duty: None,
        comment: None,
    };
    store::insert_transition(tx, &settled, &turn)?;
    let event = event(origin, PaymentBatchAction::Settle.recorded_as(), &settled);
    let event = event.change("state", settled.state);
    tx.record(event, settled).map(Some)
}
