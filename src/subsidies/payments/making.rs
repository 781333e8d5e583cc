//! Makes a batch's payments of what is due, a few hundred people at a time.

use std::collections::HashMap;

use super::model::{
    Omission, OmissionReason, Payee, Payment, PaymentState, Share, shares, too_much,
};
use super::owed;
use super::store::{self, NewPayment};
use crate::db::Tx;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{BankAccountId, EntitlementId, PaymentId, RecoveryId, ResidentId};
use crate::kernel::money::Fen;
use crate::registry::bank_accounts::{self, Account};
use crate::registry::residents;
use crate::subsidies::batches::Batch;
use crate::subsidies::recoveries;

/// What came of it.
#[derive(Debug)]
pub struct Made {
    pub count: i32,
    pub total: Fen,
    pub omissions: Vec<Omission>,
}

/// People looked up together.
const TOGETHER: usize = 500;

/// Pays all that is due and not in another payment; who has no account in force is left out.
pub fn make(tx: &mut Tx<'_>, batch: &Batch) -> Result<Made> {
    let due = store::payable(tx, batch.division, &batch.program_code, batch.month)?;
    let mut made = Made {
        count: 0,
        total: Fen::ZERO,
        omissions: Vec::new(),
    };
    for some in shares(due, batch.month)?.chunks(TOGETHER) {
        let known = Known::of(tx, batch, some)?;
        let mut payments = Vec::new();
        let mut offsets = Vec::new();
        for share in some {
            match known.account_of(share.resident) {
                Some((account, payee)) => {
                    made.count += 1;
                    let new = known.payment(tx, batch, share, account, payee, made.count)?;
                    made.total = made
                        .total
                        .checked_add(new.payment.net)
                        .ok_or_else(too_much)?;
                    let id = new.payment.id;
                    let kept = known.kept_back(share.resident).iter();
                    offsets.extend(kept.map(|(recovery, amount)| (id, *recovery, *amount)));
                    payments.push(new);
                }
                None => made.omissions.push(omission(share)?),
            }
        }
        store::insert(tx, &payments)?;
        recoveries::movements::service::reserve(tx, batch, &offsets)?;
    }
    owed::make(tx, batch, &mut made)?;
    store::insert_omissions(tx, batch.id, &made.omissions)?;
    Ok(made)
}

fn omission(share: &Share) -> Result<Omission> {
    let amount = share.gross.checked_add(share.arrears);
    Ok(Omission {
        resident_id: share.resident,
        amount_fen: amount.ok_or_else(too_much)?,
        reason: OmissionReason::NoBankAccount,
    })
}

type Held = (BankAccountId, Account);

/// What is known of some people.
struct Known {
    /// By name, and the record that counts.
    people: HashMap<ResidentId, (String, ResidentId)>,
    accounts: HashMap<ResidentId, Held>,
    failed: HashMap<EntitlementId, PaymentId>,
    /// What is kept back, and for which recoveries.
    kept_back: HashMap<ResidentId, Vec<(RecoveryId, Fen)>>,
}

impl Known {
    fn of(tx: &mut Tx<'_>, batch: &Batch, some: &[Share]) -> Result<Self> {
        let ids: Vec<_> = some.iter().map(|share| share.resident).collect();
        let people: HashMap<_, _> = residents::service::names(tx, &ids)?
            .into_iter()
            .map(|(id, name, counting)| (id, (name, counting)))
            .collect();
        let counting: Vec<_> = people.values().map(|(_, counting)| *counting).collect();
        let months = some.iter().flat_map(|share| &share.months);
        let entitlements: Vec<_> = months.map(|due| due.entitlement).collect();
        let accounts = bank_accounts::service::all_in_force(tx, &counting)?;
        let mut due = Vec::new();
        let mut payee = HashMap::new();
        for share in some {
            let counting = people.get(&share.resident).map(|(_, counting)| *counting);
            // Who cannot be paid has nothing kept back; of a person with two records only one pays.
            if let Some(counting) = counting.filter(|counting| accounts.contains_key(counting))
                && !payee.contains_key(&counting)
            {
                let amount = share.gross.checked_add(share.arrears);
                due.push((counting, amount.ok_or_else(too_much)?));
                payee.insert(counting, share.resident);
            }
        }
        let kept_back = recoveries::service::deductions(tx, batch, &due)?.into_iter();
        Ok(Self {
            kept_back: kept_back
                .filter_map(|(person, all)| Some((*payee.get(&person)?, all)))
                .collect(),
            accounts,
            failed: store::failed_before(tx, &entitlements)?,
            people,
        })
    }

    /// Where somebody is paid, and the name the account is in.
    fn account_of(&self, resident: ResidentId) -> Option<(&Held, &str)> {
        let (name, counting) = self.people.get(&resident)?;
        let held = self.accounts.get(counting)?;
        let holder = held.1.holder.as_ref();
        Some((held, holder.map_or(name.as_str(), |holder| holder.as_str())))
    }

    fn kept_back(&self, resident: ResidentId) -> &[(RecoveryId, Fen)] {
        self.kept_back.get(&resident).map_or(&[], Vec::as_slice)
    }

    fn payment(
        &self,
        tx: &Tx<'_>,
        batch: &Batch,
        share: &Share,
        (bank_account, account): &Held,
        payee: &str,
        place: i32,
    ) -> Result<NewPayment> {
        let kept = self.kept_back(share.resident).iter();
        let deduction = Fen::sum(kept.map(|(_, amount)| *amount)).ok_or_else(too_much)?;
        let due = share.gross.checked_add(share.arrears);
        let net = due.and_then(|due| due.checked_sub(deduction));
        let failed = share
            .months
            .iter()
            .filter_map(|due| self.failed.get(&due.entitlement));
        let payment = Payment {
            id: tx.new_id(),
            payment_number: format!("{}-{place:06}", batch.batch_number),
            batch: batch.id,
            resident: share.resident,
            organization: None,
            program_code: batch.program_code.clone(),
            division: share.division,
            gross: share.gross,
            arrears: share.arrears,
            deduction,
            net: net.ok_or_else(|| Error::internal("a payment is of what can be counted"))?,
            account: account.number.clone(),
            payee: payee.to_owned(),
            bank_name: account.bank_name.clone(),
            state: PaymentState::Pending,
            failure: None,
            retry_of: failed.max().copied(),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        let items = share.months.iter().map(|due| (due.entitlement, due.amount));
        Ok(NewPayment {
            payment,
            payee: Payee::Person(*bank_account),
            items: items.collect(),
            payables: Vec::new(),
        })
    }
}
