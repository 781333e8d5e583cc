//! A bank's answer, and what came of its rows.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::id::{BankReturnId, PaymentBatchId, PaymentId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::subsidies::payment_files::{
    BankResult, Outcome, Reconciliation, ReturnFile, UnreadableRow, Verdict,
};
use crate::subsidies::payments::{Payment, PaymentState};

vocabulary! {
    /// What the bank says of a payment.
    pub enum BankReturnResult {
        Paid = "paid", "成功";
        Failed = "failed", "失败";
    }
}

vocabulary! {
    /// What is thought of a row of the bank's answer.
    pub enum BankReturnVerdict {
        /// Written down.
        Matched = "matched", "相符";
        UnknownReference = "unknown_reference", "业务编号不存在";
        /// Says once more what a row before it said.
        Repeated = "repeated", "重复";
        /// Another row says otherwise of this payment.
        Contradictory = "contradictory", "结果矛盾";
        AmountDiffers = "amount_differs", "金额不符";
        AccountDiffers = "account_differs", "账号不符";
        NameDiffers = "name_differs", "户名不符";
        /// An earlier file said what became of this payment.
        SettledBefore = "settled_before", "已有结果";
        Unreadable = "unreadable", "无法读取";
    }
}

impl From<Verdict> for BankReturnVerdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Matched => Self::Matched,
            Verdict::UnknownReference => Self::UnknownReference,
            Verdict::Repeated => Self::Repeated,
            Verdict::Contradictory => Self::Contradictory,
            Verdict::AmountDiffers => Self::AmountDiffers,
            Verdict::AccountDiffers => Self::AccountDiffers,
            Verdict::NameDiffers => Self::NameDiffers,
        }
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "batch_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "row_count": 3, "paid_count": 1,
    "failed_count": 1, "verdicts": {"matched": 2, "unknown_reference": 1},
    "read_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e09", "read_at": "2022-07-22T01:00:00.000000Z"
}))]
pub struct BankReturn {
    #[schema(value_type = uuid::Uuid)]
    pub id: BankReturnId,
    #[schema(value_type = uuid::Uuid)]
    pub batch_id: PaymentBatchId,
    /// Of the file.
    pub sha256: String,
    pub row_count: i32,
    /// Payments that are paid by what it says.
    pub paid_count: i32,
    /// Payments that failed by what it says.
    pub failed_count: i32,
    /// How many rows of each verdict.
    #[schema(value_type = std::collections::HashMap<String, i64>)]
    pub verdicts: BTreeMap<BankReturnVerdict, i64>,
    #[schema(value_type = uuid::Uuid)]
    pub read_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub read_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "line": 3, "payment_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "reference": "990121-202207-0001-000002",
    "bank_account_masked": "****2344", "amount_fen": 50000, "result": "failed", "reason": "账号户名不符", "verdict": "matched"
}))]
pub struct BankReturnRow {
    /// Of the sheet or file, from 1.
    pub line: i32,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub payment_id: Option<PaymentId>,
    /// Only where it may be one of ours.
    pub reference: Option<String>,
    pub bank_account_masked: Option<String>,
    #[schema(value_type = Option<i64>)]
    pub amount_fen: Option<Fen>,
    pub result: Option<BankReturnResult>,
    /// The bank's words; of a row that cannot be read, what is wrong with it. Long numbers are masked.
    pub reason: Option<String>,
    pub verdict: BankReturnVerdict,
}

/// What is to be written down.
#[derive(Debug)]
pub struct Applied {
    pub rows: Vec<BankReturnRow>,
    pub paid: Vec<PaymentId>,
    pub failed: Vec<(PaymentId, String)>,
}

/// Digits that may be part of an account's number.
const LONG_NUMBER: usize = 8;
const LONGEST_REASON: usize = 200;

/// The bank's words without numbers of accounts.
fn masked(words: &str) -> String {
    let mut safe = String::new();
    let mut digits = String::new();
    for character in words.chars().chain([' ']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        if digits.len() >= LONG_NUMBER {
            safe.push_str("****");
        } else {
            safe.push_str(&digits);
        }
        digits.clear();
        safe.push(character);
    }
    let safe = safe.trim();
    let words = if safe.is_empty() {
        "未说明原因"
    } else {
        safe
    };
    words.chars().take(LONGEST_REASON).collect()
}

/// Ours begin with a county and a month.
fn ours(reference: &str) -> Option<String> {
    let fits = reference.len() == "990121-202207-0001-000001".len()
        && reference
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-');
    fits.then(|| reference.to_owned())
}

/// What of an answer is to be written down: of payments that were sent, what it says undisputed.
pub fn apply(payments: &[Payment], file: &ReturnFile, found: &Reconciliation) -> Applied {
    let mut applied = Applied {
        rows: Vec::new(),
        paid: Vec::new(),
        failed: Vec::new(),
    };
    for (payment, outcome) in payments.iter().zip(&found.payments) {
        match outcome {
            _ if payment.state != PaymentState::Sent => {}
            Outcome::Paid => applied.paid.push(payment.id),
            Outcome::Failed { reason } => applied.failed.push((payment.id, masked(reason))),
            Outcome::Missing | Outcome::Disputed => {}
        }
    }
    let known: HashMap<_, _> = payments
        .iter()
        .map(|payment| (payment.payment_number.as_str(), payment))
        .collect();
    for (row, verdict) in file.rows.iter().zip(&found.rows) {
        let payment = known.get(row.reference.as_str());
        let is_sent = payment.is_some_and(|payment| payment.state == PaymentState::Sent);
        let verdict = match verdict {
            Verdict::Matched if !is_sent => BankReturnVerdict::SettledBefore,
            other => (*other).into(),
        };
        let (result, reason) = match &row.result {
            BankResult::Paid => (BankReturnResult::Paid, None),
            BankResult::Failed { reason } => (BankReturnResult::Failed, Some(masked(reason))),
        };
        applied.rows.push(BankReturnRow {
            line: i32::try_from(row.line).unwrap_or(i32::MAX),
            payment_id: payment.map(|payment| payment.id),
            reference: ours(&row.reference),
            bank_account_masked: Some(row.account.masked()),
            amount_fen: Some(row.amount),
            result: Some(result),
            reason,
            verdict,
        });
    }
    applied.rows.extend(file.unreadable.iter().map(unreadable));
    applied.rows.sort_by_key(|row| row.line);
    applied
}

fn unreadable(row: &UnreadableRow) -> BankReturnRow {
    let wrong = row.errors.first();
    BankReturnRow {
        line: i32::try_from(row.line).unwrap_or(i32::MAX),
        payment_id: None,
        reference: row.reference.as_deref().and_then(ours),
        bank_account_masked: None,
        amount_fen: None,
        result: None,
        reason: wrong.map(|error| masked(&error.detail.zh)),
        verdict: BankReturnVerdict::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banks_words_hide_long_numbers() {
        for (words, safe) in [
            ("账号6200000000000012344户名不符", "账号****户名不符"),
            ("错误码 4021", "错误码 4021"),
            ("12345678", "****"),
            ("  ", "未说明原因"),
        ] {
            assert_eq!(masked(words), safe);
        }
        assert_eq!(masked(&"长".repeat(300)).chars().count(), LONGEST_REASON);
    }

    #[test]
    fn only_what_may_be_ours_is_kept_of_a_reference() {
        assert!(ours("990121-202207-0001-000001").is_some());
        assert!(ours("6200000000000012344").is_none());
    }
}
