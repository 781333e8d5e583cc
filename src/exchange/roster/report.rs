//! The report of an import as offices want it back: a workbook that says of every row what became
//! of it and what to correct. Rows go to a temporary file as they come.

use std::fmt;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::finding::Finding;
use super::service::RowReport;

const HEADER: [(&str, f64); 7] = [
    ("序号", 8.0),
    ("行号", 8.0),
    ("结果", 18.0),
    ("结果代码", 24.0),
    ("问题代码", 32.0),
    ("列", 16.0),
    ("说明", 70.0),
];

/// A report in the making.
pub struct Report {
    workbook: Workbook,
    path: PathBuf,
    next: u32,
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("path", &self.path)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl Report {
    pub fn begin(path: &Path) -> Result<Self, XlsxError> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("导入结果")?.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        for ((title, width), column) in HEADER.into_iter().zip(0..) {
            sheet
                .set_column_width(column, width)?
                .write_string_with_format(0, column, title, &bold)?;
        }
        Ok(Self {
            workbook,
            path: path.to_owned(),
            next: 1,
        })
    }

    /// One line a finding; a row without any has one line, too.
    pub fn add(&mut self, row: &RowReport) -> Result<(), XlsxError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        let findings = row
            .findings
            .iter()
            .map(Some)
            .chain(row.findings.is_empty().then_some(None));
        for finding in findings {
            line(sheet, self.next, row, finding)?;
            self.next += 1;
        }
        Ok(())
    }

    pub fn save(mut self) -> Result<(), XlsxError> {
        self.workbook.save(&self.path)
    }
}

fn line(
    sheet: &mut Worksheet,
    at: u32,
    row: &RowReport,
    finding: Option<&Finding>,
) -> Result<(), XlsxError> {
    sheet
        .write_number(at, 0, row.row)?
        .write_number(at, 1, row.line)?;
    let none = ("", "", "");
    let (code, column, detail) = finding.map_or(none, |finding| {
        (
            finding.code,
            finding.column.as_str(),
            finding.detail_zh.as_str(),
        )
    });
    // Strings stay strings: nothing that a roster says becomes a formula.
    for (text, column) in [
        row.outcome.label_zh(),
        row.outcome.as_str(),
        code,
        column,
        detail,
    ]
    .into_iter()
    .zip(2..)
    {
        sheet.write_string(at, column, text)?;
    }
    Ok(())
}
