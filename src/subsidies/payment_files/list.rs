//! The payment list (发放清册) as offices print, sign and file it: a workbook. The same list gives the
//! same bytes, so that a digest of the file can be signed and compared.

use chrono::NaiveDate;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::kernel::bank_account::BankAccount;
use crate::kernel::citizen_id::CitizenId;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::name::PersonName;
use crate::sheets::table::Faults;

/// A payment list of one batch.
#[derive(Debug, Clone)]
pub struct PaymentList {
    /// `丙岭县2022年7月困难残疾人生活补贴发放清册`
    pub title: String,
    /// Who fills it in (填报单位).
    pub unit: String,
    /// On which day; the file says that it was made then.
    pub date: NaiveDate,
    pub rows: Vec<PaymentRow>,
    pub signatures: Signatures,
}

/// One payment; `net` is `rate` and `arrears` without `deduction`, none of them negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRow {
    pub name: PersonName,
    pub citizen_id: CitizenId,
    /// Whose account it is (开户名).
    pub account_name: PersonName,
    pub bank_name: String,
    pub account: BankAccount,
    pub month: Month,
    /// 标准
    pub rate: Fen,
    /// 补发
    pub arrears: Fen,
    /// 扣回
    pub deduction: Fen,
    /// 实发
    pub net: Fen,
    pub note: String,
}

/// Who made, checked and approved the list; room to sign where nobody is named.
#[derive(Debug, Clone, Default)]
pub struct Signatures {
    /// 制表
    pub made_by: Option<PersonName>,
    /// 复核
    pub checked_by: Option<PersonName>,
    /// 审批
    pub approved_by: Option<PersonName>,
}

const HEADER: [(&str, f64); 12] = [
    ("序号", 6.0),
    ("姓名", 12.0),
    ("身份证号", 21.0),
    ("开户名", 12.0),
    ("开户行", 24.0),
    ("账号", 23.0),
    ("月份", 10.0),
    ("标准", 12.0),
    ("补发", 12.0),
    ("扣回", 12.0),
    ("实发", 14.0),
    ("备注", 20.0),
];
const LAST_COLUMN: u16 = 11;
const FIRST_AMOUNT: u16 = 7;
const HEADER_ROW: u32 = 2;
const PAPER_A4: u8 = 9;
/// From here on a number cell does not hold every fen.
const TOO_MUCH: Fen = Fen::new(1_000_000_000_000_000);

/// The amounts of a row, or of all.
#[derive(Debug, Clone, Copy)]
struct Amounts {
    rate: Fen,
    arrears: Fen,
    deduction: Fen,
    net: Fen,
}

impl Amounts {
    const fn of(row: &PaymentRow) -> Self {
        Self {
            rate: row.rate,
            arrears: row.arrears,
            deduction: row.deduction,
            net: row.net,
        }
    }

    const fn named(self) -> [(&'static str, Fen); 4] {
        [
            ("rate", self.rate),
            ("arrears", self.arrears),
            ("deduction", self.deduction),
            ("net", self.net),
        ]
    }

    fn add_up(self) -> bool {
        let due = self.rate.checked_add(self.arrears);
        due.and_then(|due| due.checked_sub(self.deduction)) == Some(self.net)
    }
}

/// Refuses a list whose amounts do not add up, row by row.
pub fn write_list(list: &PaymentList) -> Result<Vec<u8>> {
    check_rows(&list.rows)?;
    let total = total(&list.rows).ok_or_else(too_much)?;
    write(list, total).map_err(Error::internal)
}

fn check_rows(rows: &[PaymentRow]) -> Result<()> {
    let mut errors = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let mut faults = Faults::at(index);
        let amounts = Amounts::of(row);
        for (field, amount) in amounts.named() {
            if amount < Fen::ZERO || amount >= TOO_MUCH {
                faults.add(
                    field,
                    "amount.range",
                    "an amount is not negative and can be counted",
                    "金额不得为负数，也不得过大",
                );
            }
        }
        if !amounts.add_up() {
            faults.add(
                "net",
                "amount.sum",
                "what is paid is the rate and arrears without the deduction",
                "实发应等于标准加补发减扣回",
            );
        }
        errors.append(&mut faults.found);
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(errors))
    }
}

fn total(rows: &[PaymentRow]) -> Option<Amounts> {
    let sum =
        |of: fn(&PaymentRow) -> Fen| Fen::sum(rows.iter().map(of)).filter(|sum| *sum < TOO_MUCH);
    Some(Amounts {
        rate: sum(|row| row.rate)?,
        arrears: sum(|row| row.arrears)?,
        deduction: sum(|row| row.deduction)?,
        net: sum(|row| row.net)?,
    })
}

fn too_much() -> Error {
    Error::field(
        "/rows",
        "amount.too_large",
        "the sum is more than can be counted",
        "合计金额过大",
    )
}

struct Looks {
    title: Format,
    plain: Format,
    header: Format,
    text: Format,
    amount: Format,
}

impl Looks {
    fn new() -> Self {
        let cell = Format::new().set_border(FormatBorder::Thin);
        let centered = |format: &Format| format.clone().set_align(FormatAlign::Center);
        Self {
            title: centered(&Format::new()).set_bold().set_font_size(16),
            plain: Format::new(),
            header: centered(&cell).set_bold(),
            text: cell.clone().set_num_format("@"),
            amount: cell.set_num_format("#,##0.00"),
        }
    }
}

fn write(list: &PaymentList, total: Amounts) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::parse_from_str(&list.date.to_string())?;
    let properties = DocProperties::new()
        .set_title(&list.title)
        .set_company(&list.unit)
        .set_creation_datetime(&made);
    workbook.set_properties(&properties);
    let sheet = workbook.add_worksheet();
    let looks = Looks::new();
    head(sheet, list, &looks)?;
    let mut at = HEADER_ROW + 1;
    for (row, number) in list.rows.iter().zip(1_u32..) {
        line(sheet, at, number, row, &looks)?;
        at += 1;
    }
    foot(sheet, at, list, total, &looks)?;
    workbook.save_to_buffer()
}

fn head(sheet: &mut Worksheet, list: &PaymentList, looks: &Looks) -> Result<(), XlsxError> {
    sheet
        .set_name("发放清册")?
        .set_landscape()
        .set_paper_size(PAPER_A4)
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(HEADER_ROW, HEADER_ROW)?
        .set_freeze_panes(HEADER_ROW + 1, 0)?
        .merge_range(0, 0, 0, LAST_COLUMN, &list.title, &looks.title)?;
    let unit = format!("填报单位：{}", list.unit);
    let date = format!("填报日期：{}", list.date.format("%Y年%-m月%-d日"));
    sheet
        .merge_range(1, 0, 1, 5, &unit, &looks.plain)?
        .merge_range(1, 6, 1, LAST_COLUMN, &date, &looks.plain)?;
    for ((title, width), column) in HEADER.into_iter().zip(0..) {
        sheet
            .set_column_width(column, width)?
            .write_string_with_format(HEADER_ROW, column, title, &looks.header)?;
    }
    Ok(())
}

/// Strings stay strings: digits keep their end, and nothing becomes a formula.
fn line(
    sheet: &mut Worksheet,
    at: u32,
    number: u32,
    row: &PaymentRow,
    looks: &Looks,
) -> Result<(), XlsxError> {
    sheet.write_number_with_format(at, 0, number, &looks.header.clone().unset_bold())?;
    let texts = [
        row.name.as_str(),
        row.citizen_id.as_str(),
        row.account_name.as_str(),
        &row.bank_name,
        row.account.as_str(),
        &row.month.to_string(),
    ];
    for (text, column) in texts.into_iter().zip(1..) {
        sheet.write_string_with_format(at, column, text, &looks.text)?;
    }
    amounts(sheet, at, Amounts::of(row), looks)?;
    sheet.write_string_with_format(at, LAST_COLUMN, &row.note, &looks.text)?;
    Ok(())
}

fn amounts(
    sheet: &mut Worksheet,
    at: u32,
    amounts: Amounts,
    looks: &Looks,
) -> Result<(), XlsxError> {
    for ((_, amount), column) in amounts.named().into_iter().zip(FIRST_AMOUNT..) {
        sheet.write_number_with_format(at, column, number(amount), &looks.amount)?;
    }
    Ok(())
}

/// The number whose decimals a spreadsheet shows are these; an amount that is too large for that
/// was refused.
fn number(amount: Fen) -> f64 {
    amount.decimal().parse().unwrap_or(f64::NAN)
}

fn foot(
    sheet: &mut Worksheet,
    at: u32,
    list: &PaymentList,
    total: Amounts,
    looks: &Looks,
) -> Result<(), XlsxError> {
    sheet.merge_range(at, 0, at, FIRST_AMOUNT - 1, "合计", &looks.header)?;
    amounts(sheet, at, total, looks)?;
    sheet.write_string_with_format(at, LAST_COLUMN, "", &looks.text)?;
    let words = format!("合计金额（大写）：人民币{}", total.net.in_capitals());
    sheet.merge_range(at + 1, 0, at + 1, LAST_COLUMN, &words, &looks.text)?;
    let Signatures {
        made_by,
        checked_by,
        approved_by,
    } = &list.signatures;
    let signed = [
        ("制表", made_by),
        ("复核", checked_by),
        ("审批", approved_by),
    ];
    for ((act, name), column) in signed.into_iter().zip([0, 4, 8]) {
        let name = name.as_ref().map_or("", PersonName::as_str);
        let text = format!("{act}：{name}");
        sheet.merge_range(at + 3, column, at + 3, column + 3, &text, &looks.plain)?;
    }
    Ok(())
}
