//! Holds a bank's answer against what it was sent. Nothing is guessed: a payment is paid where one
//! undisputed row says so, of the same account and amount, and of the same name if the row has one.

use std::collections::HashMap;

use super::returns::{BankResult, ReturnFile, ReturnRow};
use crate::kernel::bank_account::BankAccount;
use crate::kernel::money::Fen;
use crate::kernel::name::PersonName;
use crate::kernel::vocabulary::vocabulary;

/// A payment the bank was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub reference: String,
    pub account: BankAccount,
    pub account_name: PersonName,
    pub amount: Fen,
}

/// What is known of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Paid,
    Failed {
        reason: String,
    },
    /// No row speaks of it, but for such as do not even say of which payment they speak.
    Missing,
    /// What the file says of it cannot be taken: somebody has to ask the bank.
    Disputed,
}

vocabulary! {
    /// What is thought of a row.
    pub enum Verdict {
        Matched = "matched", "相符";
        UnknownReference = "unknown_reference", "业务编号不存在";
        /// Says once more what a row before it said, and changes nothing. Who is named twice may
        /// have been paid twice.
        Repeated = "repeated", "重复";
        /// Another row says otherwise of this payment.
        Contradictory = "contradictory", "结果矛盾";
        AmountDiffers = "amount_differs", "金额不符";
        AccountDiffers = "account_differs", "账号不符";
        NameDiffers = "name_differs", "户名不符";
    }
}

/// A bank's answer, held against what it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// In the order of what was expected.
    pub payments: Vec<Outcome>,
    /// In the order of the rows that could be read.
    pub rows: Vec<Verdict>,
}

pub fn reconcile(expected: &[Expected], file: &ReturnFile) -> Reconciliation {
    let mut said = said_of(file);
    let mut rows = vec![Verdict::UnknownReference; file.rows.len()];
    let mut twice = HashMap::<&str, u32>::new();
    for payment in expected {
        *twice.entry(&payment.reference).or_default() += 1;
    }
    let payments = expected
        .iter()
        .map(|payment| {
            let Some(said) = said.get_mut(payment.reference.as_str()) else {
                return Outcome::Missing;
            };
            // A number that two payments share says nothing of either.
            said.unclear |= twice.get(payment.reference.as_str()) != Some(&1);
            judge(payment, said, &mut rows)
        })
        .collect();
    Reconciliation { payments, rows }
}

/// What a file says of one payment.
#[derive(Default)]
struct Said<'f> {
    rows: Vec<(usize, &'f ReturnRow)>,
    /// Some row of it could not be read.
    unclear: bool,
}

fn said_of(file: &ReturnFile) -> HashMap<&str, Said<'_>> {
    let mut said = HashMap::<&str, Said<'_>>::new();
    for (place, row) in file.rows.iter().enumerate() {
        let said = said.entry(&row.reference).or_default();
        said.rows.push((place, row));
    }
    for row in &file.unreadable {
        if let Some(reference) = &row.reference {
            said.entry(reference).or_default().unclear = true;
        }
    }
    said
}

fn judge(payment: &Expected, said: &Said<'_>, verdicts: &mut [Verdict]) -> Outcome {
    let mut rows = said.rows.iter().copied();
    let Some((place, first)) = rows.next() else {
        return Outcome::Disputed;
    };
    let contradicted = rows.clone().any(|(_, row)| !says_the_same(first, row));
    let verdict = match differs(payment, first) {
        _ if contradicted || said.unclear => Verdict::Contradictory,
        Some(difference) => difference,
        None => Verdict::Matched,
    };
    set(verdicts, place, verdict);
    for (place, _) in rows {
        let repeated = if verdict == Verdict::Matched {
            Verdict::Repeated
        } else {
            verdict
        };
        set(verdicts, place, repeated);
    }
    match (verdict, &first.result) {
        (Verdict::Matched, BankResult::Paid) => Outcome::Paid,
        (Verdict::Matched, BankResult::Failed { reason }) => Outcome::Failed {
            reason: reason.clone(),
        },
        _ => Outcome::Disputed,
    }
}

fn set(verdicts: &mut [Verdict], place: usize, verdict: Verdict) {
    if let Some(known) = verdicts.get_mut(place) {
        *known = verdict;
    }
}

/// Why it failed may be said in other words.
fn says_the_same(one: &ReturnRow, other: &ReturnRow) -> bool {
    let paid = |row: &ReturnRow| row.result == BankResult::Paid;
    one.account == other.account
        && one.account_name == other.account_name
        && one.amount == other.amount
        && paid(one) == paid(other)
}

fn differs(payment: &Expected, row: &ReturnRow) -> Option<Verdict> {
    if row.amount != payment.amount {
        Some(Verdict::AmountDiffers)
    } else if row.account != payment.account {
        Some(Verdict::AccountDiffers)
    } else if row
        .account_name
        .as_ref()
        .is_some_and(|name| *name != payment.account_name)
    {
        Some(Verdict::NameDiffers)
    } else {
        None
    }
}
