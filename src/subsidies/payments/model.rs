//! A payment, and how what is due becomes one.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::bank_account::BankAccount;
use crate::kernel::crypto::{Hash, hex};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{
    BankAccountId, EntitlementId, OrganizationAccountId, OrganizationId, PayableId, PaymentBatchId,
    PaymentId, ResidentId,
};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// State of a payment.
    pub enum PaymentState {
        Pending = "pending", "待发放";
        /// Its batch is released, and the bank has not answered.
        Sent = "sent", "发放中";
        Paid = "paid", "已到账";
        Failed = "failed", "发放失败";
        Cancelled = "cancelled", "已作废";
    }
}

vocabulary! {
    /// Why what is due to somebody is not in a batch.
    pub enum OmissionReason {
        NoBankAccount = "no_bank_account", "没有生效的银行账户";
        NoOrganizationAccount = "no_organization_account", "服务机构没有已确认的收款账户";
    }
}

/// A month that is due and that no payment pays.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    pub entitlement: EntitlementId,
    pub resident: ResidentId,
    pub division: DivisionCode,
    pub month: Month,
    pub amount: Fen,
}

/// What is due to one person.
#[derive(Debug)]
pub struct Share {
    pub resident: ResidentId,
    /// Where the last of the months is due.
    pub division: DivisionCode,
    pub gross: Fen,
    pub arrears: Fen,
    pub months: Vec<Due>,
}

/// One share a person, village by village. What is due for the batch's own month is its gross amount, the rest
/// are arrears.
pub fn shares(all: Vec<Due>, month: Month) -> Result<Vec<Share>> {
    let mut by_person: BTreeMap<ResidentId, Vec<Due>> = BTreeMap::new();
    for due in all {
        by_person.entry(due.resident).or_default().push(due);
    }
    let mut shares = Vec::new();
    for (resident, mut months) in by_person {
        months.sort_by_key(|due| (due.month, due.entitlement));
        let Some(last) = months.last() else {
            continue;
        };
        let of = |own: bool| {
            let parts = months.iter().filter(|due| (due.month == month) == own);
            Fen::sum(parts.map(|due| due.amount)).ok_or_else(too_much)
        };
        shares.push(Share {
            resident,
            division: last.division,
            gross: of(true)?,
            arrears: of(false)?,
            months,
        });
    }
    shares.sort_by_key(|share| (share.division, share.resident));
    Ok(shares)
}

pub fn too_much() -> Error {
    Error::internal("more than can be counted")
}

/// Of whom something is due that cannot be paid.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PaymentOmission)]
pub struct Omission {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    pub amount_fen: Fen,
    pub reason: OmissionReason,
}

#[derive(Debug, Clone)]
pub struct Payment {
    pub id: PaymentId,
    pub payment_number: String,
    pub batch: PaymentBatchId,
    pub resident: ResidentId,
    /// Who is paid for having served them; the person themself where nobody.
    pub organization: Option<OrganizationId>,
    pub program_code: String,
    pub division: DivisionCode,
    pub gross: Fen,
    pub arrears: Fen,
    pub deduction: Fen,
    pub net: Fen,
    pub account: BankAccount,
    pub payee: String,
    pub bank_name: String,
    pub state: PaymentState,
    pub failure: Option<String>,
    pub retry_of: Option<PaymentId>,
    pub version: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Whose account a payment goes to.
#[derive(Debug, Clone, Copy)]
pub enum Payee {
    Person(BankAccountId),
    Organization(OrganizationAccountId),
}

/// One month of a payment, or what is owed to an organization for one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PaymentItem)]
pub struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = uuid::Uuid, nullable = false)]
    pub entitlement_id: Option<EntitlementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = uuid::Uuid, nullable = false)]
    pub payable_id: Option<PayableId>,
    #[schema(value_type = String)]
    pub month: Month,
    pub amount_fen: Fen,
}

/// What a batch's digest says of one payment.
#[derive(Debug)]
pub struct Line {
    pub payment_number: String,
    pub resident: ResidentId,
    pub account_index: Vec<u8>,
    pub net: Fen,
}

/// SHA-256 of the payments in their order.
pub fn digest(lines: &[Line]) -> Vec<u8> {
    let mut hash = Hash::default();
    for line in lines {
        let text = format!(
            "{}|{}|{}|{}\n",
            line.payment_number,
            line.resident,
            hex(&line.account_index),
            line.net.get()
        );
        hash.update(text.as_bytes());
    }
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(resident: u128, village: &str, month: &str, fen: i64) -> Due {
        Due {
            entitlement: EntitlementId::new(uuid::Uuid::from_u128(resident * 100)),
            resident: ResidentId::new(uuid::Uuid::from_u128(resident)),
            division: village.parse().unwrap(),
            month: month.parse().unwrap(),
            amount: Fen::new(fen),
        }
    }

    #[test]
    fn what_is_due_to_a_person_is_one_share() {
        let all = vec![
            due(1, "990121103202", "2022-07", 500),
            due(2, "990121103201", "2022-06", 40),
            due(1, "990121103202", "2022-05", 7),
            due(1, "990121103201", "2022-06", 3),
        ];
        let shares = shares(all, "2022-07".parse().unwrap()).unwrap();
        let told: Vec<_> = shares
            .iter()
            .map(|one| (one.division.to_string(), one.gross.get(), one.arrears.get()))
            .collect();
        assert_eq!(
            told,
            [
                ("990121103201".to_owned(), 0, 40),
                ("990121103202".to_owned(), 500, 10),
            ]
        );
    }

    #[test]
    fn a_digest_tells_every_change() {
        let line = |number: &str, net: i64| Line {
            payment_number: number.to_owned(),
            resident: ResidentId::new(uuid::Uuid::from_u128(1)),
            account_index: vec![1, 2],
            net: Fen::new(net),
        };
        let first = digest(&[line("1", 5), line("2", 6)]);
        assert_eq!(first, digest(&[line("1", 5), line("2", 6)]));
        for other in [
            vec![line("1", 5)],
            vec![line("2", 6), line("1", 5)],
            vec![line("1", 5), line("2", 7)],
        ] {
            assert_ne!(first, digest(&other));
        }
    }
}
