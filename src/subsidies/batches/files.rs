//! A batch on paper and for the bank: what stands in the payment list and in the bank's file. Both hold account
//! numbers in clear, and each time somebody asks for one is on record.

use super::model::{Batch, BatchFile, PaymentBatchAction, PaymentBatchState, Turn};
use super::service::{event, found};
use super::store;
use crate::access::{Act, Permit, acts, divisions};
use crate::db::{Db, Looked};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::PaymentBatchId;
use crate::kernel::money::Fen;
use crate::kernel::name::PersonName;
use crate::programs;
use crate::registry::residents;
use crate::subsidies::payment_files::{BankRow, PaymentList, PaymentRow, Signatures};
use crate::subsidies::payments::{self, Payment};

/// People looked up together.
const TOGETHER: usize = 500;

/// What a batch is called: `丙岭县2022年7月重度残疾人护理补贴`.
fn title(db: &mut Db, batch: &Batch) -> Result<(String, String)> {
    let program = programs::service::find(db, &batch.program_code)?;
    let county = divisions::service::find(db, batch.division)?;
    let county = county.map_or_else(|| batch.division.to_string(), |one| one.name);
    let month = batch.month;
    let title = format!(
        "{county}{}年{}月{}",
        month.year(),
        month.month(),
        program.name_zh
    );
    Ok((title, county))
}

fn payee(payment: &Payment) -> Result<PersonName> {
    PersonName::parse(&payment.payee).map_err(Error::internal)
}

/// The payment list of a batch.
pub fn list(
    db: &mut Db,
    permit: &Permit<acts::PaymentAct>,
    id: PaymentBatchId,
) -> Result<Looked<BatchFile<PaymentList>>> {
    let batch = found(db, permit.scope(), id)?;
    let (title, county) = title(db, &batch)?;
    let all = payments::service::of_batch(db, id)?;
    let mut rows = Vec::new();
    for some in all.chunks(TOGETHER) {
        let ids: Vec<_> = some.iter().map(|payment| payment.resident).collect();
        // Whoever is paid here may have moved to another office since.
        let people = db.in_every_office(|db| residents::service::named(db, &ids))?;
        for payment in some {
            let known = people.get(&payment.resident);
            let (person, _) = known.ok_or_else(|| Error::internal("a payment is a resident's"))?;
            rows.push(PaymentRow {
                name: person.name.clone(),
                citizen_id: person.id_number.clone(),
                account_name: payee(payment)?,
                bank_name: payment.bank_name.clone(),
                account: payment.account.clone(),
                month: batch.month,
                rate: payment.gross,
                arrears: payment.arrears,
                deduction: payment.deduction,
                net: payment.net,
                note: payment.failure.clone().unwrap_or_default(),
            });
        }
    }
    let list = PaymentList {
        title: format!("{title}发放清册"),
        unit: format!("{county}残疾人联合会"),
        date: db.today(),
        rows,
        signatures: signatures(&store::history(db, id)?),
    };
    looked(db, permit, "payment_batch.list_disclosed", batch, list)
}

/// Who took the steps last; what was returned waits for new names.
fn signatures(history: &[Turn]) -> Signatures {
    let begun = history
        .iter()
        .rposition(|turn| turn.action == PaymentBatchAction::Return)
        .map_or(0, |place| place + 1);
    let since = history.get(begun..).unwrap_or_default();
    let last = |actions: &[PaymentBatchAction]| {
        let turn = since.iter().rfind(|turn| actions.contains(&turn.action))?;
        PersonName::parse(&turn.actor.2).ok()
    };
    Signatures {
        made_by: last(&[PaymentBatchAction::Make, PaymentBatchAction::Submit]),
        checked_by: last(&[PaymentBatchAction::Check]),
        approved_by: last(&[PaymentBatchAction::Release]),
    }
}

/// What the bank is to pay: of a batch that is released, the same whenever it is asked for.
pub fn bank_rows(
    db: &mut Db,
    permit: &Permit<acts::PaymentExchange>,
    id: PaymentBatchId,
) -> Result<Looked<BatchFile<Vec<BankRow>>>> {
    let batch = found(db, permit.scope(), id)?;
    if !matches!(
        batch.state,
        PaymentBatchState::Released | PaymentBatchState::Settled
    ) {
        return Err(Code::PaymentBatchUnreleased.into());
    }
    let (title, _) = title(db, &batch)?;
    let all = payments::service::of_batch(db, id)?;
    let row = |payment: &Payment| {
        Ok(BankRow {
            reference: payment.payment_number.clone(),
            account: payment.account.clone(),
            account_name: payee(payment)?,
            bank_name: payment.bank_name.clone(),
            amount: payment.net,
            remark: title.clone(),
        })
    };
    let paid = all.iter().filter(|payment| payment.net > Fen::ZERO);
    let rows = paid.map(row).collect::<Result<Vec<_>>>()?;
    looked(db, permit, "payment_batch.bank_file_disclosed", batch, rows)
}

fn looked<A: Act, T>(
    db: &Db,
    permit: &Permit<A>,
    action: &'static str,
    batch: Batch,
    content: T,
) -> Result<Looked<BatchFile<T>>> {
    let event = event(permit.origin(), action, &batch).change("payments", batch.payment_count);
    let file = BatchFile {
        batch_number: batch.batch_number,
        content,
    };
    db.looked(event, file)
}
