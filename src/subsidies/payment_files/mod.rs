//! Payments on paper and at the bank, as files: `list` is the payment list (发放清册) that is signed,
//! `bank_file` what the bank is sent, `returns` what it sends back, `reconcile` holds that against
//! what was sent. Pure: rows in, bytes out, and the other way; no database, no clock. Imports
//! `sheets` and `kernel`.

mod bank_file;
mod list;
mod reconcile;
mod returns;

#[cfg(test)]
mod tests;

pub use bank_file::{BankRow, write_bank_file};
pub use list::{PaymentList, PaymentRow, Signatures, write_list};
pub use reconcile::{Expected, Outcome, Reconciliation, Verdict, reconcile};
pub use returns::{BankResult, ReturnFile, ReturnRow, UnreadableRow, read_return};

pub use crate::sheets::write::Encoding;
