//! Use cases of the bank's answers.

use std::collections::BTreeMap;

use super::model::{BankReturn, BankReturnRow, BankReturnVerdict, apply};
use super::store;
use crate::access::{Permit, acts};
use crate::audit::Event;
use crate::db::{Db, Recorded, Tx};
use crate::kernel::crypto::hex;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{BankReturnId, PaymentBatchId};
use crate::kernel::money::Fen;
use crate::kernel::name::PersonName;
use crate::subsidies::batches::{self, PaymentBatchState};
use crate::subsidies::payment_files::{Expected, ReturnFile, reconcile};
use crate::subsidies::payments::{self, Payment};

fn expected(payment: &Payment) -> Result<Expected> {
    Ok(Expected {
        reference: payment.payment_number.clone(),
        account: payment.account.clone(),
        account_name: PersonName::parse(&payment.payee).map_err(Error::internal)?,
        amount: payment.net,
    })
}

/// Whether an answer to this batch may be read: before it is.
pub fn invite(
    db: &mut Db,
    permit: &Permit<acts::PaymentExchange>,
    batch: PaymentBatchId,
) -> Result<()> {
    let batch = batches::service::found(db, permit.scope(), batch)?;
    match batch.state {
        PaymentBatchState::Released | PaymentBatchState::Settled => Ok(()),
        _ => Err(Code::PaymentBatchUnreleased.into()),
    }
}

/// Writes down what the bank says undisputed of payments that were sent; the rest is kept with what is thought of
/// it. The batch is settled once no payment waits for an answer.
pub fn receive(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::PaymentExchange>,
    id: PaymentBatchId,
    sha256: &[u8],
    file: &ReturnFile,
) -> Result<Recorded<BankReturn>> {
    invite(tx, permit, id)?;
    let batch = batches::service::found(tx, permit.scope(), id)?;
    if let Some(before) = store::read_before(tx, id, sha256)? {
        return Err(Error::new(Code::BankReturnRead).member("bank_return_id", before.to_string()));
    }
    let mut sent = payments::service::of_batch(tx, id)?;
    sent.retain(|payment| payment.net > Fen::ZERO);
    let all = sent.iter().map(expected).collect::<Result<Vec<_>>>()?;
    let applied = apply(&sent, file, &reconcile(&all, file));
    let mut verdicts = BTreeMap::new();
    for row in &applied.rows {
        *verdicts.entry(row.verdict).or_default() += 1;
    }
    let count = |length: usize| i32::try_from(length).map_err(Error::internal);
    let user = permit.actor().user;
    let answer = BankReturn {
        id: tx.new_id(),
        batch_id: id,
        sha256: hex(sha256),
        row_count: count(applied.rows.len())?,
        paid_count: count(applied.paid.len())?,
        failed_count: count(applied.failed.len())?,
        verdicts,
        read_by: user,
        read_at: tx.now(),
    };
    store::insert(tx, &answer, sha256)?;
    store::insert_rows(tx, answer.id, &applied.rows)?;
    payments::service::settle_paid(tx, &applied.paid)?;
    for (payment, why) in &applied.failed {
        payments::service::settle_failed(tx, *payment, why)?;
    }
    let event = Event::new(permit.origin(), "bank_return.received")
        .on(&answer.id)
        .within(batch.division)
        .change("batch_number", &batch.batch_number)
        .change("sha256", &answer.sha256)
        .change("rows", answer.row_count)
        .change("paid", answer.paid_count)
        .change("failed", answer.failed_count);
    let recorded = tx.record(event, answer)?;
    match batches::service::settle(tx, permit.origin(), &batch, user)? {
        Some(settled) => Ok(recorded.and(settled).map(|(answer, _)| answer)),
        None => Ok(recorded),
    }
}

pub fn page(
    db: &mut Db,
    permit: &Permit<acts::PaymentRead>,
    batch: PaymentBatchId,
    after: Option<BankReturnId>,
    count: i64,
) -> Result<Vec<BankReturn>> {
    batches::service::found(db, permit.scope(), batch)?;
    store::page(db, batch, after, count)
}

/// Which rows are asked for.
#[derive(Debug)]
pub struct Window {
    pub batch: PaymentBatchId,
    pub id: BankReturnId,
    pub verdict: Option<BankReturnVerdict>,
    pub after: Option<i32>,
    pub count: i64,
}

pub fn rows(
    db: &mut Db,
    permit: &Permit<acts::PaymentRead>,
    window: &Window,
) -> Result<Vec<BankReturnRow>> {
    batches::service::found(db, permit.scope(), window.batch)?;
    if !store::is_of(db, window.batch, window.id)? {
        return Err(Code::BankReturnNotFound.into());
    }
    store::rows(db, window.id, window.verdict, window.after, window.count)
}
