//! A public list as it is put up in the village (公示): a workbook with masked names.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::model::{PublicList, PublicListEntry};
use crate::kernel::error::{Error, Result};
use crate::kernel::month::Month;

const HEADER: [(&str, f64); 7] = [
    ("序号", 6.0),
    ("姓名", 12.0),
    ("乡镇村", 30.0),
    ("项目", 26.0),
    ("金额（元）", 14.0),
    ("期限", 22.0),
    ("监督电话", 18.0),
];
const LAST_COLUMN: u16 = 6;
const AMOUNT_COLUMN: u16 = 4;
const HEADER_ROW: u32 = 2;

/// What a public list is put up with.
#[derive(Debug)]
pub struct Sheet {
    pub list: PublicList,
    pub entries: Vec<PublicListEntry>,
    pub place: String,
    pub program: String,
}

impl Sheet {
    fn title(&self) -> String {
        format!("{}{}发放公示", self.place, self.program)
    }
}

pub fn write(sheet: &Sheet) -> Result<Vec<u8>> {
    workbook(sheet).map_err(Error::internal)
}

fn period(first: Month, last: Month) -> String {
    let month = |one: Month| format!("{}年{}月", one.year(), one.month());
    if first == last {
        month(first)
    } else {
        format!("{}至{}", month(first), month(last))
    }
}

fn workbook(content: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let list = &content.list;
    let published = list.published_at.office_date();
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::parse_from_str(&published.to_string())?;
    let properties = DocProperties::new()
        .set_title(content.title())
        .set_creation_datetime(&made);
    workbook.set_properties(&properties);
    let sheet = workbook.add_worksheet();
    let cell = Format::new().set_border(FormatBorder::Thin);
    let header = cell.clone().set_bold().set_align(FormatAlign::Center);
    let text = cell.clone().set_num_format("@");
    let amount = cell.set_num_format("#,##0.00");
    head(sheet, content, &header)?;
    let period = period(list.first_month, list.last_month);
    let mut at = HEADER_ROW + 1;
    for entry in &content.entries {
        let texts = [
            (0, entry.place.to_string()),
            (1, entry.name_masked.clone()),
            (2, entry.division_name.clone()),
            (3, content.program.clone()),
            (5, period.clone()),
            (6, list.phone.clone()),
        ];
        for (column, said) in texts {
            sheet.write_string_with_format(at, column, &said, &text)?;
        }
        let yuan: f64 = entry.amount_fen.decimal().parse().unwrap_or(f64::NAN);
        sheet.write_number_with_format(at, AMOUNT_COLUMN, yuan, &amount)?;
        at += 1;
    }
    let sum = format!(
        "合计：{}人，{}元（大写：人民币{}）；其中未成年人{}人，不予公示姓名",
        list.person_count,
        list.total_fen.yuan(),
        list.total_fen.in_capitals(),
        list.minor_count
    );
    sheet.merge_range(at, 0, at, LAST_COLUMN, &sum, &text)?;
    workbook.save_to_buffer()
}

fn head(sheet: &mut Worksheet, content: &Sheet, header: &Format) -> Result<(), XlsxError> {
    let title = Format::new()
        .set_bold()
        .set_font_size(16)
        .set_align(FormatAlign::Center);
    let list = &content.list;
    let dates = format!(
        "公示时间：{}至{}",
        list.published_at.office_date().format("%Y年%-m月%-d日"),
        list.to_date.format("%Y年%-m月%-d日")
    );
    sheet
        .set_name("公示")?
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(HEADER_ROW, HEADER_ROW)?
        .set_freeze_panes(HEADER_ROW + 1, 0)?
        .merge_range(0, 0, 0, LAST_COLUMN, &content.title(), &title)?
        .merge_range(1, 0, 1, LAST_COLUMN, &dates, &Format::new())?;
    for ((name, width), column) in HEADER.into_iter().zip(0..) {
        sheet
            .set_column_width(column, width)?
            .write_string_with_format(HEADER_ROW, column, name, header)?;
    }
    Ok(())
}
