//! Makes a batch's payments to organizations, of what is owed to them: one for each person they served.

pub mod store;

use std::collections::BTreeMap;

use super::making::Made;
use super::model::{Omission, OmissionReason, Payee, Payment, PaymentState, too_much};
use super::store::NewPayment;
use crate::casework::payables::{self, Payable};
use crate::casework::payees::{self, OrganizationAccount};
use crate::db::Tx;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{OrganizationId, ResidentId};
use crate::kernel::money::Fen;
use crate::subsidies::batches::Batch;

/// Pays all that is owed and not in another payment; where no account of the organization was confirmed it is left out.
pub fn make(tx: &mut Tx<'_>, batch: &Batch, made: &mut Made) -> Result<()> {
    let open = payables::service::open(tx, batch.division, &batch.program_code, batch.month)?;
    let ids: Vec<_> = open.iter().map(|one| one.id).collect();
    let failed = store::failed_before(tx, &ids)?;
    let mut shares: BTreeMap<(OrganizationId, ResidentId), Vec<Payable>> = BTreeMap::new();
    for one in open {
        let share = (one.owed.organization_id, one.owed.resident_id);
        shares.entry(share).or_default().push(one);
    }
    let organizations: Vec<_> = shares
        .keys()
        .map(|(organization, _)| *organization)
        .collect();
    let accounts = payees::service::in_force(tx, &organizations)?;
    let mut payments = Vec::new();
    for ((organization, resident), owed) in shares {
        let Some((name, account)) = accounts.get(&organization) else {
            leave_out(made, resident, sum(&owed)?)?;
            continue;
        };
        made.count += 1;
        let mut new = payment(tx, batch, &owed, (name, account), made.count)?;
        new.payment.retry_of = owed
            .iter()
            .filter_map(|one| failed.get(&one.id))
            .max()
            .copied();
        let total = made.total.checked_add(new.payment.net);
        made.total = total.ok_or_else(too_much)?;
        payments.push(new);
    }
    super::store::insert(tx, &payments)
}

fn sum(owed: &[Payable]) -> Result<Fen> {
    Fen::sum(owed.iter().map(|one| one.owed.amount)).ok_or_else(too_much)
}

/// A person once, whoever served them.
fn leave_out(made: &mut Made, resident: ResidentId, amount: Fen) -> Result<()> {
    let known = made
        .omissions
        .iter_mut()
        .find(|one| one.resident_id == resident);
    if let Some(known) = known {
        known.amount_fen = known.amount_fen.checked_add(amount).ok_or_else(too_much)?;
    } else {
        made.omissions.push(Omission {
            resident_id: resident,
            amount_fen: amount,
            reason: OmissionReason::NoOrganizationAccount,
        });
    }
    Ok(())
}

fn payment(
    tx: &Tx<'_>,
    batch: &Batch,
    owed: &[Payable],
    (name, account): (&str, &OrganizationAccount),
    place: i32,
) -> Result<NewPayment> {
    let last = owed
        .last()
        .ok_or_else(|| Error::internal("a share is of something"))?;
    let of = |own: bool| {
        let parts = owed
            .iter()
            .filter(|one| (one.owed.month == batch.month) == own);
        Fen::sum(parts.map(|one| one.owed.amount)).ok_or_else(too_much)
    };
    Ok(NewPayment {
        payment: Payment {
            id: tx.new_id(),
            payment_number: format!("{}-{place:06}", batch.batch_number),
            batch: batch.id,
            resident: last.owed.resident_id,
            organization: Some(account.organization_id),
            program_code: batch.program_code.clone(),
            division: last.owed.division_code,
            gross: of(true)?,
            arrears: of(false)?,
            deduction: Fen::ZERO,
            net: sum(owed)?,
            account: account.number.clone(),
            payee: name.to_owned(),
            bank_name: account.bank_name.clone(),
            state: PaymentState::Pending,
            failure: None,
            retry_of: None,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
        },
        payee: Payee::Organization(account.id),
        items: Vec::new(),
        payables: owed.iter().map(|one| (one.id, one.owed.amount)).collect(),
    })
}
