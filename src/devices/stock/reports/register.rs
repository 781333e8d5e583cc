//! The register of what went in and out (出入库登记表) as offices print, sign and file it: a workbook.

use chrono::NaiveDate;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::devices::stock::service::Shown;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Fen;

#[derive(Debug)]
pub struct Register {
    pub warehouse: String,
    pub period: (NaiveDate, NaiveDate),
    /// On which day it was made.
    pub date: NaiveDate,
    /// The first first.
    pub rows: Vec<RegisterRow>,
}

#[derive(Debug)]
pub struct RegisterRow {
    pub shown: Shown,
    /// Of a case in sight.
    pub case_number: String,
}

const HEADER: [(&str, f64); 21] = [
    ("序号", 6.0),
    ("日期", 12.0),
    ("单号", 24.0),
    ("类型", 12.0),
    ("版本", 7.0),
    ("编码", 9.0),
    ("名称", 20.0),
    ("品牌", 12.0),
    ("型号", 12.0),
    ("批号", 14.0),
    ("序列号", 16.0),
    ("单位", 6.0),
    ("入库数量", 10.0),
    ("出库数量", 10.0),
    ("结存", 8.0),
    ("单价(元)", 12.0),
    ("金额(元)", 14.0),
    ("资金来源", 16.0),
    ("来源或去向", 24.0),
    ("经办人", 18.0),
    ("备注", 24.0),
];
const LAST_COLUMN: u16 = 20;
const FIRST_NUMBER: u16 = 12;
const FIRST_AMOUNT: u16 = 15;
const HEADER_ROW: u32 = 2;
const PAPER_A4: u8 = 9;

struct Looks {
    title: Format,
    plain: Format,
    header: Format,
    text: Format,
    number: Format,
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
            number: cell.clone().set_num_format("0"),
            amount: cell.set_num_format("#,##0.00"),
        }
    }
}

/// What came in and what went out.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    came: i64,
    went: i64,
    value: Fen,
}

pub fn write(register: &Register) -> Result<Vec<u8>> {
    let mut sums = Sums::default();
    for row in &register.rows {
        let (change, value) = (i64::from(row.shown.movement.change), value(row)?);
        sums.came += change.max(0);
        sums.went += (-change).max(0);
        let more = sums.value.checked_add(value);
        sums.value = more.ok_or_else(|| Error::internal("a register beyond counting"))?;
    }
    workbook(register, sums).map_err(Error::internal)
}

/// What it is worth: less than nothing where it went out.
fn value(row: &RegisterRow) -> Result<Fen> {
    let movement = &row.shown.movement;
    let value = movement
        .lot
        .is
        .unit_price
        .checked_mul(i64::from(movement.change));
    value.ok_or_else(|| Error::internal("a movement beyond counting"))
}

fn workbook(register: &Register, sums: Sums) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let title = format!("{}出入库登记表", register.warehouse);
    let made = ExcelDateTime::parse_from_str(&register.date.to_string())?;
    let properties = DocProperties::new()
        .set_title(&title)
        .set_creation_datetime(&made);
    workbook.set_properties(&properties);
    let sheet = workbook.add_worksheet();
    let looks = Looks::new();
    head(sheet, register, &title, &looks)?;
    let mut at = HEADER_ROW + 1;
    for (row, number) in register.rows.iter().zip(1_u32..) {
        line(sheet, at, number, row, &looks)?;
        at += 1;
    }
    foot(sheet, at, sums, &looks)?;
    workbook.save_to_buffer()
}

fn head(
    sheet: &mut Worksheet,
    register: &Register,
    title: &str,
    looks: &Looks,
) -> Result<(), XlsxError> {
    sheet
        .set_name("出入库登记表")?
        .set_landscape()
        .set_paper_size(PAPER_A4)
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(HEADER_ROW, HEADER_ROW)?
        .set_freeze_panes(HEADER_ROW + 1, 0)?
        .merge_range(0, 0, 0, LAST_COLUMN, title, &looks.title)?;
    let day = |date: NaiveDate| date.format("%Y年%-m月%-d日").to_string();
    let (from, to) = register.period;
    let period = format!("期间：{}至{}", day(from), day(to));
    let made = format!("制表日期：{}", day(register.date));
    sheet
        .merge_range(1, 0, 1, 10, &period, &looks.plain)?
        .merge_range(1, 11, 1, LAST_COLUMN, &made, &looks.plain)?;
    for ((title, width), column) in HEADER.into_iter().zip(0..) {
        sheet
            .set_column_width(column, width)?
            .write_string_with_format(HEADER_ROW, column, title, &looks.header)?;
    }
    Ok(())
}

fn text(text: Option<&String>) -> &str {
    text.map_or("", String::as_str)
}

/// Strings stay strings: digits keep their beginning, and nothing becomes a formula.
fn line(
    sheet: &mut Worksheet,
    at: u32,
    number: u32,
    row: &RegisterRow,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let (shown, movement) = (&row.shown, &row.shown.movement);
    let lot = &movement.lot.is;
    sheet.write_number_with_format(at, 0, number, &looks.number)?;
    let kind = if movement.reverses.is_some() {
        format!("冲销{}", movement.kind.label_zh())
    } else {
        movement.kind.label_zh().to_owned()
    };
    let texts = [
        &movement.moved_date.to_string(),
        &movement.number,
        &kind,
        lot.edition.as_str(),
        lot.code.as_str(),
        &shown.name_zh,
        text(lot.brand.as_ref()),
        text(lot.model.as_ref()),
        text(lot.batch_number.as_ref()),
        text(lot.serial_number.as_ref()),
        &shown.unit,
    ];
    for (text, column) in texts.into_iter().zip(1..) {
        sheet.write_string_with_format(at, column, text, &looks.text)?;
    }
    for (moved, column) in [
        (movement.change, FIRST_NUMBER),
        (-movement.change, FIRST_NUMBER + 1),
    ] {
        if moved > 0 {
            sheet.write_number_with_format(at, column, moved, &looks.number)?;
        } else {
            sheet.write_blank(at, column, &looks.number)?;
        }
    }
    sheet.write_number_with_format(at, FIRST_NUMBER + 2, movement.balance, &looks.number)?;
    let price = lot.unit_price;
    let value = price
        .checked_mul(i64::from(movement.change))
        .unwrap_or_default();
    for (amount, column) in [(price, FIRST_AMOUNT), (value, FIRST_AMOUNT + 1)] {
        sheet.write_number_with_format(at, column, yuan(amount), &looks.amount)?;
    }
    let counterpart = [text(movement.counterpart.as_ref()), &row.case_number];
    let counterpart = counterpart.into_iter().find(|said| !said.is_empty());
    let rest = [
        lot.fund_source.label_zh(),
        counterpart.unwrap_or_default(),
        &shown.actor_name,
        text(movement.note.as_ref()),
    ];
    for (text, column) in rest.into_iter().zip(FIRST_AMOUNT + 2..) {
        sheet.write_string_with_format(at, column, text, &looks.text)?;
    }
    Ok(())
}

/// The number whose decimals a spreadsheet shows are these.
fn yuan(amount: Fen) -> f64 {
    amount.decimal().parse().unwrap_or(f64::NAN)
}

fn foot(sheet: &mut Worksheet, at: u32, sums: Sums, looks: &Looks) -> Result<(), XlsxError> {
    sheet.merge_range(at, 0, at, FIRST_NUMBER - 1, "合计", &looks.header)?;
    for (sum, column) in [(sums.came, FIRST_NUMBER), (sums.went, FIRST_NUMBER + 1)] {
        let sum = i32::try_from(sum).unwrap_or(i32::MAX);
        sheet.write_number_with_format(at, column, sum, &looks.number)?;
    }
    sheet.write_number_with_format(at, FIRST_AMOUNT + 1, yuan(sums.value), &looks.amount)?;
    for (act, column) in [("制表：", 0), ("保管：", 7), ("审核：", 14)] {
        sheet.merge_range(at + 2, column, at + 2, column + 5, act, &looks.plain)?;
    }
    Ok(())
}
