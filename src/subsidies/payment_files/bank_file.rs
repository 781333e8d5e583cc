//! The file a bank pays by: CSV, each payment under our number, by which the bank's answer is matched.

use std::collections::HashMap;

use crate::kernel::bank_account::BankAccount;
use crate::kernel::error::FieldError;
use crate::kernel::money::Fen;
use crate::kernel::name::PersonName;
use crate::sheets::table::Faults;
use crate::sheets::write::{Encoding, Unwritable, csv};

/// What the bank is told of one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankRow {
    /// The number of the payment: letters, digits and dashes, one to each payment.
    pub reference: String,
    pub account: BankAccount,
    pub account_name: PersonName,
    pub bank_name: String,
    pub amount: Fen,
    /// What the receiver reads on the statement (附言).
    pub remark: String,
}

const HEADER: [&str; 7] = [
    "序号",
    "账号",
    "户名",
    "开户行",
    "金额(元)",
    "附言",
    "业务编号",
];
/// The field that each column is made from.
const FIELDS: [&str; 7] = [
    "number",
    "account",
    "account_name",
    "bank_name",
    "amount",
    "remark",
    "reference",
];
pub(super) const LONGEST_REFERENCE: usize = 64;

/// All that is wrong with the rows at once; a character that the encoding cannot write is an error.
pub fn write_bank_file(rows: &[BankRow], encoding: Encoding) -> Result<Vec<u8>, Vec<FieldError>> {
    let mut errors = check(rows);
    let lines = rows
        .iter()
        .zip(1_u32..)
        .map(|(row, number)| cells(row, number));
    let written = csv(HEADER, lines, encoding);
    if let Err(unwritable) = &written {
        errors.extend(unwritable.iter().map(|cell| cannot_write(*cell, encoding)));
    }
    match written {
        Ok(bytes) if errors.is_empty() => Ok(bytes),
        _ => Err(errors),
    }
}

fn cells(row: &BankRow, number: u32) -> [String; 7] {
    [
        number.to_string(),
        row.account.as_str().to_owned(),
        row.account_name.as_str().to_owned(),
        row.bank_name.clone(),
        row.amount.decimal(),
        row.remark.clone(),
        row.reference.clone(),
    ]
}

fn check(rows: &[BankRow]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut seen = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        let mut faults = Faults::at(index);
        if !is_reference(&row.reference) {
            faults.add(
                "reference",
                "reference.format",
                format!("1 to {LONGEST_REFERENCE} letters, digits and dashes, no dash first"),
                format!("业务编号应为1至{LONGEST_REFERENCE}位字母、数字或连字符，首位不得为连字符"),
            );
        }
        if let Some(earlier) = seen.insert(&row.reference, index) {
            faults.add(
                "reference",
                "reference.duplicate",
                format!("row {} has this reference already", earlier + 1),
                format!("业务编号与第{}条重复", earlier + 1),
            );
        }
        if row.amount <= Fen::ZERO {
            faults.add(
                "amount",
                "amount.not_positive",
                "the amount is more than nothing",
                "金额应大于零",
            );
        }
        errors.append(&mut faults.found);
    }
    errors
}

/// Stands in a file as it is, and is read back as it was.
fn is_reference(text: &str) -> bool {
    (1..=LONGEST_REFERENCE).contains(&text.len())
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn cannot_write(cell: Unwritable, encoding: Encoding) -> FieldError {
    let field = FIELDS.get(cell.column).copied().unwrap_or_default();
    let (encoding, row) = (encoding.label_zh(), cell.row + 1);
    FieldError::new(
        format!("/rows/{}/{field}", cell.row),
        "encoding.unwritable",
        format!("row {row} has a character that {encoding} cannot write"),
        format!("第{row}条含有{encoding}编码无法表示的字"),
    )
}
