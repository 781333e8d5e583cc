//! What the bank says became of each payment: XLSX, or CSV in UTF-8 or GBK, with the headers and the
//! words of its own. What a row says is taken as it stands or not at all.

use std::fmt;

use super::bank_file::LONGEST_REFERENCE;
use crate::kernel::bank_account::BankAccount;
use crate::kernel::error::{FieldError, Result};
use crate::kernel::money::Fen;
use crate::kernel::name::PersonName;
use crate::kernel::text;
use crate::sheets::read::{Cell, ReadError, SheetRow, Spreadsheet};
use crate::sheets::table::{Columns, Faults, Heading, MOST_ROWS, Table};
use crate::sheets::values;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Reference,
    Account,
    AccountName,
    Amount,
    Result,
    Reason,
    /// Says why, where no column of its own does.
    Note,
}

impl Heading for Column {
    const ALL: &'static [Self] = &[
        Self::Reference,
        Self::Account,
        Self::AccountName,
        Self::Amount,
        Self::Result,
        Self::Reason,
        Self::Note,
    ];
    const REQUIRED: &'static [Self] = &[Self::Reference, Self::Account, Self::Amount, Self::Result];

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Reference => &[
                "业务编号",
                "流水号",
                "参考号",
                "业务流水号",
                "业务参考号",
                "客户参考号",
                "客户流水号",
                "商户流水号",
            ],
            Self::Account => &[
                "账号",
                "帐号",
                "银行账号",
                "收款账号",
                "收款帐号",
                "收款人账号",
                "收款方账号",
                "卡号",
            ],
            Self::AccountName => &[
                "户名",
                "开户名",
                "账户名",
                "账户名称",
                "收款人",
                "收款户名",
                "收款人户名",
                "收款人名称",
                "收款人姓名",
                "收款方户名",
            ],
            Self::Amount => &[
                "金额",
                "交易金额",
                "发放金额",
                "付款金额",
                "代发金额",
                "实发金额",
            ],
            Self::Result => &[
                "处理结果",
                "结果",
                "状态",
                "处理状态",
                "交易结果",
                "交易状态",
                "发放结果",
                "付款状态",
            ],
            Self::Reason => &[
                "失败原因",
                "原因",
                "退票原因",
                "退回原因",
                "错误信息",
                "返回信息",
                "处理信息",
            ],
            Self::Note => &["备注"],
        }
    }
}

const PAID: [&str; 14] = [
    "成功",
    "处理成功",
    "交易成功",
    "付款成功",
    "支付成功",
    "入账成功",
    "入帐成功",
    "发放成功",
    "代发成功",
    "已入账",
    "已入帐",
    "0000",
    "00000",
    "000000",
];
const FAILED: [&str; 15] = [
    "失败",
    "处理失败",
    "交易失败",
    "付款失败",
    "支付失败",
    "入账失败",
    "入帐失败",
    "发放失败",
    "代发失败",
    "未入账",
    "退票",
    "已退票",
    "退汇",
    "已退汇",
    "已退回",
];
const LONGEST_REASON: usize = 200;

/// What became of a payment at the bank.
#[derive(Clone, PartialEq, Eq)]
pub enum BankResult {
    Paid,
    /// In the bank's words; the result's own where it gives no reason.
    Failed {
        reason: String,
    },
}

/// The bank's words may name the account or its holder.
impl fmt::Debug for BankResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Paid => "Paid",
            Self::Failed { .. } => "Failed(…)",
        })
    }
}

/// What the bank says of one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnRow {
    /// Row of the sheet or line of the file, from 1.
    pub line: u32,
    pub reference: String,
    pub account: BankAccount,
    /// Where the file gives it.
    pub account_name: Option<PersonName>,
    pub amount: Fen,
    pub result: BankResult,
}

/// A row that cannot be taken, and all that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Row of the sheet or line of the file, from 1.
    pub line: u32,
    /// Of which payment it speaks, if that can be read.
    pub reference: Option<String>,
    /// Their pointers count the rows of the list from 0: `/rows/12/amount`.
    pub errors: Vec<FieldError>,
}

/// A bank's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReturnFile {
    pub rows: Vec<ReturnRow>,
    pub unreadable: Vec<UnreadableRow>,
}

impl ReturnFile {
    pub fn errors(&self) -> impl Iterator<Item = &FieldError> {
        self.unreadable.iter().flat_map(|row| &row.errors)
    }
}

/// Fails where it is no such file; what is wrong with a row is told with the row.
pub fn read_return(bytes: &[u8]) -> Result<ReturnFile> {
    let mut sheet = Spreadsheet::of(bytes)?;
    let mut table = Table::<Column, _>::begin(sheet.rows()?)?;
    let mut file = ReturnFile::default();
    let mut index = 0;
    while let Some(row) = table.next() {
        let row = row?;
        if index >= MOST_ROWS {
            return Err(ReadError::TooLarge.into());
        }
        match Reading::of(&row, &table.columns, index) {
            Ok(row) => file.rows.push(row),
            Err(row) => file.unreadable.push(row),
        }
        index += 1;
    }
    Ok(file)
}

struct Reading<'a> {
    row: &'a SheetRow,
    columns: &'a Columns<Column>,
    faults: Faults,
}

impl<'a> Reading<'a> {
    fn of(
        row: &'a SheetRow,
        columns: &'a Columns<Column>,
        index: usize,
    ) -> Result<ReturnRow, UnreadableRow> {
        let mut reading = Self {
            row,
            columns,
            faults: Faults::at(index),
        };
        let reference = reading.reference();
        let account = reading.account();
        let account_name = reading.account_name();
        let amount = reading.amount();
        let result = reading.result();
        match (reference, account, amount, result) {
            (Some(reference), Some(account), Some(amount), Some(result))
                if reading.faults.found.is_empty() =>
            {
                Ok(ReturnRow {
                    line: row.line,
                    reference,
                    account,
                    account_name,
                    amount,
                    result,
                })
            }
            (reference, ..) => Err(UnreadableRow {
                line: row.line,
                reference,
                errors: reading.faults.found,
            }),
        }
    }

    fn cell(&self, column: Column) -> &'a Cell {
        self.columns.cell(self.row, column)
    }

    fn reference(&mut self) -> Option<String> {
        let cell = self.cell(Column::Reference);
        let reference = text::compact(&values::text(cell));
        let (code, en, zh) = if values::has_lost_digits(cell) {
            (
                "reference.lost_digits",
                "the reference was kept as a number and has lost its last digits",
                "业务编号按数字保存，末尾几位已丢失",
            )
        } else if reference.is_empty() {
            (
                "reference.missing",
                "the reference is missing",
                "业务编号为空",
            )
        } else if reference.chars().count() > LONGEST_REFERENCE {
            (
                "reference.format",
                "the reference is too long",
                "业务编号过长",
            )
        } else {
            return Some(reference);
        };
        self.faults.add("reference", code, en, zh);
        None
    }

    fn account(&mut self) -> Option<BankAccount> {
        values::bank_account(self.cell(Column::Account))
            .map_err(|error| {
                self.faults
                    .add("account", error.code(), error.to_string(), error.zh());
            })
            .ok()
    }

    fn account_name(&mut self) -> Option<PersonName> {
        let stated = values::optional(self.cell(Column::AccountName))?;
        PersonName::parse(&stated)
            .map_err(|error| {
                self.faults
                    .add("account_name", error.code(), error.to_string(), error.zh());
            })
            .ok()
    }

    fn amount(&mut self) -> Option<Fen> {
        match values::amount(self.cell(Column::Amount)) {
            Ok(amount) if amount > Fen::ZERO => Some(amount),
            Ok(_) => {
                self.faults.add(
                    "amount",
                    "amount.not_positive",
                    "the amount is more than nothing",
                    "金额应大于零",
                );
                None
            }
            Err(error) => {
                self.faults
                    .add("amount", error.code(), error.to_string(), error.zh());
                None
            }
        }
    }

    fn result(&mut self) -> Option<BankResult> {
        let word = text::compact(&values::text(self.cell(Column::Result)));
        if PAID.contains(&word.as_str()) {
            return Some(BankResult::Paid);
        }
        if FAILED.contains(&word.as_str()) {
            let reason = self.reason().unwrap_or(word);
            return Some(BankResult::Failed { reason });
        }
        self.faults.add(
            "result",
            "result.unknown",
            format!(
                "a result is one of {}, {}",
                PAID.join(", "),
                FAILED.join(", ")
            ),
            format!(
                "处理结果无法识别，应为{}、{}",
                PAID.join("、"),
                FAILED.join("、")
            ),
        );
        None
    }

    fn reason(&self) -> Option<String> {
        let said = [Column::Reason, Column::Note]
            .into_iter()
            .find_map(|column| values::optional(self.cell(column)))?;
        Some(said.chars().take(LONGEST_REASON).collect())
    }
}
