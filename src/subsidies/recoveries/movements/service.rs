//! Use cases of movements: propose, decide, and what batches keep back.

use std::collections::HashMap;

use super::model::{
    Movement, MovementKind, MovementOutcome, MovementState, NewDecision, NewMovement, fits,
};
use super::store;
use crate::access::{Permit, acts};
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{PaymentId, RecoveryId, RecoveryMovementId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::subsidies::batches::Batch;
use crate::subsidies::recoveries::service::{event, found, untied};

pub use super::store::SEALED_COLUMNS;

/// Proposes a refund or a write-off.
pub fn propose(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RecoveryAct>,
    of: RecoveryId,
    new: &NewMovement,
) -> Result<Recorded<Movement>> {
    let recovery = found(tx, permit.scope(), of)?;
    let note = new.note()?;
    let receipt = new.check(&recovery, tx.today())?;
    untied(tx, permit, &recovery)?;
    if let Some((number, _)) = &receipt
        && store::proves(tx, of, number)?
    {
        return Err(Code::RecoveryReceiptUsed.into());
    }
    let (receipt_number, received_date) = receipt.unzip();
    let movement = Movement {
        id: tx.new_id(),
        recovery_id: of,
        kind: new.kind,
        state: MovementState::Proposed,
        amount_fen: new.amount_fen,
        payment_id: None,
        month: None,
        receipt_number,
        received_date,
        note: note.map(str::to_owned),
        proposed_by: permit.actor().user,
        proposed_at: tx.now(),
        decided_by: None,
        decided_at: None,
        decision_comment: None,
    };
    store::insert(tx, &movement)?;
    let event = event(permit.origin(), "recovery.movement_proposed", &recovery)
        .change("movement_id", movement.id)
        .change("kind", movement.kind)
        .change("amount_fen", movement.amount_fen)
        .change("received_date", movement.received_date);
    tx.record(event, movement)
}

/// Approves or rejects what somebody else proposed.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::RecoveryApprove>,
    of: RecoveryId,
    id: RecoveryMovementId,
    new: &NewDecision,
) -> Result<Recorded<Movement>> {
    let recovery = found(tx, permit.scope(), of)?;
    let old = store::find(tx, of, id)?.ok_or(Code::RecoveryMovementNotFound)?;
    let comment = new.comment()?;
    if old.state != MovementState::Proposed {
        return Err(Code::RecoveryMovementDecided.into());
    }
    let user = permit.actor().user;
    if old.proposed_by == user {
        return Err(Code::RecoveryOwn.into());
    }
    recovery.stands("审批追回款项", "decisions")?;
    untied(tx, permit, &recovery)?;
    let state = match new.outcome {
        MovementOutcome::Approve => {
            fits(old.amount_fen, &recovery)?;
            MovementState::Approved
        }
        MovementOutcome::Reject => MovementState::Rejected,
    };
    let movement = Movement {
        state,
        decided_by: Some(user),
        decided_at: Some(tx.now()),
        decision_comment: comment.map(str::to_owned),
        ..old
    };
    store::decide(tx, &movement)?;
    let event = event(permit.origin(), "recovery.movement_decided", &recovery)
        .change("movement_id", movement.id)
        .change("kind", movement.kind)
        .change("outcome", new.outcome)
        .change("amount_fen", movement.amount_fen);
    tx.record(event, movement)
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::RecoveryRead>,
    of: RecoveryId,
    after: Option<RecoveryMovementId>,
    count: i64,
) -> Result<Looked<Vec<Movement>>> {
    let recovery = found(db, permit.scope(), of)?;
    let all = store::page(db, of, after, count)?;
    let event = event(permit.origin(), "recovery.movements_listed", &recovery);
    db.looked(event, all)
}

/// What payments of a month keep back already for some recoveries.
pub fn taken_in(db: &mut Db, of: &[RecoveryId], month: Month) -> Result<HashMap<RecoveryId, Fen>> {
    let mut taken: HashMap<RecoveryId, Fen> = HashMap::new();
    for (id, amount) in store::offsets_in(db, of, month)? {
        let sum = taken.entry(id).or_insert(Fen::ZERO);
        let more = sum.checked_add(amount);
        *sum = more.ok_or_else(|| Error::internal("more than can be counted"))?;
    }
    Ok(taken)
}

/// Puts down what payments of a batch that is being made keep back.
pub fn reserve(tx: &mut Tx<'_>, batch: &Batch, all: &[(PaymentId, RecoveryId, Fen)]) -> Result<()> {
    let offset = |(payment, recovery, amount): &(PaymentId, RecoveryId, Fen)| Movement {
        id: tx.new_id(),
        recovery_id: *recovery,
        kind: MovementKind::Offset,
        state: MovementState::Reserved,
        amount_fen: *amount,
        payment_id: Some(*payment),
        month: Some(batch.month),
        receipt_number: None,
        received_date: None,
        note: None,
        proposed_by: batch.maker,
        proposed_at: tx.now(),
        decided_by: None,
        decided_at: None,
        decision_comment: None,
    };
    let all: Vec<_> = all.iter().map(offset).collect();
    store::insert_offsets(tx, &all)
}
