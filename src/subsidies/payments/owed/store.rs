//! SQL of what payments to organizations pay.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::model::{Item, PaymentState};
use super::super::store::{NewPayment, TOGETHER};
use crate::db::schema::{payables, payment_payables, payments};
use crate::db::{Db, Tx, insert_all};
use crate::kernel::error::Result;
use crate::kernel::id::{PayableId, PaymentId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;

diesel::joinable!(payment_payables -> payables (payable_id));
diesel::joinable!(payment_payables -> payments (payment_id));
diesel::allow_tables_to_appear_in_same_query!(payment_payables, payables, payments);

/// Of these, by which payment each was to be paid that failed last.
pub fn failed_before(db: &mut Db, of: &[PayableId]) -> Result<HashMap<PayableId, PaymentId>> {
    let rows: Vec<(PayableId, PaymentId)> = payment_payables::table
        .inner_join(payments::table)
        .filter(payment_payables::payable_id.eq_any(of))
        .filter(payments::state.eq(PaymentState::Failed))
        .order(payments::id)
        .select((payment_payables::payable_id, payments::id))
        .load(db.conn())?;
    Ok(rows.into_iter().collect())
}

#[derive(Insertable)]
#[diesel(table_name = payment_payables)]
struct PayableRow {
    payment_id: PaymentId,
    payable_id: PayableId,
    amount_fen: Fen,
    live: bool,
}

pub fn insert(tx: &mut Tx<'_>, all: &[NewPayment]) -> Result<()> {
    let payable = |payment_id: PaymentId, (payable_id, amount_fen): (PayableId, Fen)| PayableRow {
        payment_id,
        payable_id,
        amount_fen,
        live: true,
    };
    let owed: Vec<_> = all
        .iter()
        .flat_map(|new| new.payables.iter().map(|one| payable(new.payment.id, *one)))
        .collect();
    for some in owed.chunks(TOGETHER) {
        insert_all!(tx, payment_payables::table, some)?;
    }
    Ok(())
}

/// What is owed that a payment pays or was to pay.
pub fn items(db: &mut Db, payment: PaymentId) -> Result<Vec<Item>> {
    let rows: Vec<(PayableId, Month, Fen)> = payment_payables::table
        .inner_join(payables::table)
        .filter(payment_payables::payment_id.eq(payment))
        .order((payables::month, payables::id))
        .select((payables::id, payables::month, payment_payables::amount_fen))
        .load(db.conn())?;
    let item = |(payable_id, month, amount_fen)| Item {
        entitlement_id: None,
        payable_id: Some(payable_id),
        month,
        amount_fen,
    };
    Ok(rows.into_iter().map(item).collect())
}
