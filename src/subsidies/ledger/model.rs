//! An entry of the books, and what an account comes to.

use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::division::DivisionCode;
use crate::kernel::id::{EntitlementId, PayableId, PaymentId, ResidentId};
use crate::kernel::money::Fen;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// An account of the books.
    pub enum Account {
        Obligation = "obligation", "应发";
        Payable = "payable", "待付";
        Paid = "paid", "已付";
        Returned = "returned", "退回";
        Recovery = "recovery", "应收追回";
        WrittenOff = "written_off", "核销";
    }
}

vocabulary! {
    /// What an entry books.
    pub enum EntryKind {
        Due = "due", "应发";
        Reversal = "reversal", "应发冲销";
        Release = "release", "发放";
        Offset = "offset", "抵扣";
        Return = "return", "退票";
        OffsetReturn = "offset_return", "抵扣退回";
        Overpaid = "overpaid", "多发";
        Withdrawal = "withdrawal", "多发撤销";
        Refund = "refund", "退款";
        WriteOff = "write_off", "核销";
    }
}

/// One double entry: the same amount on both sides.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "sequence": 1, "at": "2022-08-11T02:00:00.000000Z", "entry": "due", "debit": "obligation", "credit": "payable", "amount_fen": 55000,
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "program_code": "nursing_subsidy", "division_code": "990121103201",
    "entitlement_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0a", "payable_id": null, "payment_id": null
}))]
pub struct LedgerEntry {
    pub sequence: i64,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub at: Timestamp,
    pub entry: EntryKind,
    pub debit: Account,
    pub credit: Account,
    pub amount_fen: Fen,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    pub program_code: String,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub entitlement_id: Option<EntitlementId>,
    /// What is owed to an organization.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub payable_id: Option<PayableId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub payment_id: Option<PaymentId>,
}

/// What went through an account.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct AccountBalance {
    pub account: Account,
    pub debit_fen: Fen,
    pub credit_fen: Fen,
    /// Debits less credits.
    pub balance_fen: Fen,
}

/// What went through all accounts; debits equal credits.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "accounts": [{"account": "obligation", "debit_fen": 55000, "credit_fen": 0, "balance_fen": 55000},
        {"account": "payable", "debit_fen": 0, "credit_fen": 55000, "balance_fen": -55000}],
    "debit_fen": 55000, "credit_fen": 55000
}))]
pub struct LedgerBalances {
    pub accounts: Vec<AccountBalance>,
    pub debit_fen: Fen,
    pub credit_fen: Fen,
}

impl LedgerBalances {
    /// From the sums of what was booked from one account to another; nothing where they cannot be counted.
    pub fn of(sums: &[(Account, Account, Fen)]) -> Option<Self> {
        let mut accounts = Vec::new();
        for account in Account::ALL {
            let debit = Fen::sum(sums.iter().filter(|sum| sum.0 == *account).map(|sum| sum.2))?;
            let credit = Fen::sum(sums.iter().filter(|sum| sum.1 == *account).map(|sum| sum.2))?;
            accounts.push(AccountBalance {
                account: *account,
                debit_fen: debit,
                credit_fen: credit,
                balance_fen: debit.checked_sub(credit)?,
            });
        }
        Some(Self {
            debit_fen: Fen::sum(accounts.iter().map(|one| one.debit_fen))?,
            credit_fen: Fen::sum(accounts.iter().map(|one| one.credit_fen))?,
            accounts,
        })
    }
}
