//! Reads a spreadsheet row by row: XLSX, or CSV in UTF-8 or GBK, told apart by their content. Of a
//! workbook only the shared texts are held in memory, of a CSV file one row. A workbook that would
//! unpack to more than an office's lists ever hold is refused before any of it is held.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek, SeekFrom};
use std::path::Path;

use calamine::{
    DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError,
    open_workbook_from_rs,
};
use chrono::NaiveDate;
use csv::ByteRecord;
use encoding_rs::{Encoding, GB18030, UTF_8};

use super::unpacked;
use crate::kernel::error::{Code, Error};

/// Cells further to the right belong to no list an office keeps.
const MAX_COLUMNS: usize = 256;
/// What a cell of a workbook holds at most.
const MAX_CHARACTERS: usize = 32_767;
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";
const OLE_MAGIC: &[u8] = b"\xD0\xCF\x11\xE0";
const UTF_8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// What stands in a cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    Number(f64),
    Date(NaiveDate),
}

/// A row with something in it.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetRow {
    /// Row of the sheet or line of the file, from 1.
    pub line: u32,
    pub cells: Vec<Cell>,
}

/// Why a file cannot be read, as a sentence for whoever sent it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("this is an Excel 97-2003 workbook; save it as .xlsx and send it again")]
    OldWorkbook,
    #[error("this is neither an Excel workbook (.xlsx) nor a CSV file")]
    NotASpreadsheet,
    #[error("the workbook is damaged or protected by a password: {0}")]
    Workbook(#[from] XlsxError),
    #[error("the file holds more than any list an office keeps")]
    TooLarge,
    #[error("the workbook has no visible worksheet")]
    NoWorksheet,
    #[error("the CSV file is damaged: {0}")]
    Csv(#[from] csv::Error),
    #[error("no header was found in the first {searched} rows; it needs the columns {columns}")]
    NoHeader { searched: u32, columns: String },
}

impl ReadError {
    pub fn zh(&self) -> String {
        match self {
            Self::Io(error) => format!("文件无法读取：{error}"),
            Self::OldWorkbook => "这是旧版Excel文件（.xls），请另存为.xlsx后重新上传".to_owned(),
            Self::NotASpreadsheet => "文件既不是Excel工作簿（.xlsx），也不是CSV文件".to_owned(),
            Self::Workbook(error) => format!("Excel工作簿已损坏或设有密码：{error}"),
            Self::TooLarge => "文件内容过多，超出名册应有的规模".to_owned(),
            Self::NoWorksheet => "工作簿中没有可见的工作表".to_owned(),
            Self::Csv(error) => format!("CSV文件已损坏：{error}"),
            Self::NoHeader { searched, columns } => {
                format!("前{searched}行中没有找到表头，表头须含：{columns}")
            }
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Self::new(Code::FileUnreadable).detail(error.to_string(), error.zh())
    }
}

/// Rows as they are read; nothing useful follows an error.
pub type Rows<'a> = Box<dyn Iterator<Item = Result<SheetRow, ReadError>> + 'a>;

/// What a spreadsheet is read from: a file, or bytes that somebody sent.
pub trait Source: BufRead + Seek {}

impl<S: BufRead + Seek> Source for S {}

/// An opened spreadsheet; its first visible worksheet counts.
pub struct Spreadsheet<S = BufReader<File>>(Content<S>);

enum Content<S> {
    Workbook {
        workbook: Box<Xlsx<S>>,
        worksheet: String,
    },
    Csv {
        file: S,
        start: SeekFrom,
        encoding: &'static Encoding,
    },
}

impl Spreadsheet {
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::read(BufReader::new(File::open(path)?))
    }
}

impl<'b> Spreadsheet<Cursor<&'b [u8]>> {
    pub fn of(bytes: &'b [u8]) -> Result<Self, ReadError> {
        Self::read(Cursor::new(bytes))
    }
}

impl<S: Source> Spreadsheet<S> {
    fn read(mut file: S) -> Result<Self, ReadError> {
        let start = file.fill_buf()?;
        let content = if start.starts_with(ZIP_MAGIC) {
            open_workbook(file)?
        } else if start.starts_with(OLE_MAGIC) {
            return Err(ReadError::OldWorkbook);
        } else if start.contains(&0) {
            return Err(ReadError::NotASpreadsheet);
        } else {
            open_csv(file)?
        };
        Ok(Self(content))
    }

    /// How many rows there are, titles and empty ones included, as far as the file says.
    pub fn rows_about(&mut self) -> Result<u64, ReadError> {
        match &mut self.0 {
            Content::Workbook {
                workbook,
                worksheet,
            } => {
                let dimensions = workbook.worksheet_cells_reader(worksheet)?.dimensions();
                Ok(u64::from(dimensions.end.0) + 1)
            }
            Content::Csv { file, start, .. } => {
                file.seek(*start)?;
                let mut lines = 0;
                while file.skip_until(b'\n')? > 0 {
                    lines += 1;
                }
                Ok(lines)
            }
        }
    }

    /// The rows from the first, without empty ones.
    pub fn rows(&mut self) -> Result<Rows<'_>, ReadError> {
        match &mut self.0 {
            Content::Workbook {
                workbook,
                worksheet,
            } => Ok(Box::new(WorkbookRows {
                cells: Some(workbook.worksheet_cells_reader(worksheet)?),
                ahead: None,
            })),
            Content::Csv {
                file,
                start,
                encoding,
            } => {
                file.seek(*start)?;
                Ok(Box::new(CsvRows {
                    records: csv::ReaderBuilder::new()
                        .has_headers(false)
                        .flexible(true)
                        .from_reader(file),
                    encoding,
                    record: ByteRecord::new(),
                }))
            }
        }
    }
}

impl<S> fmt::Debug for Spreadsheet<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Content::Workbook { .. } => "xlsx",
            Content::Csv { encoding, .. } => encoding.name(),
        };
        write!(f, "Spreadsheet({kind})")
    }
}

fn open_workbook<S: Source>(mut file: S) -> Result<Content<S>, ReadError> {
    unpacked::check(&mut file)?;
    file.rewind()?;
    let workbook: Xlsx<_> = open_workbook_from_rs(file)?;
    let worksheet = workbook
        .sheets_metadata()
        .iter()
        .find(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet)
        .ok_or(ReadError::NoWorksheet)?
        .name
        .clone();
    Ok(Content::Workbook {
        workbook: Box::new(workbook),
        worksheet,
    })
}

fn open_csv<S: Source>(mut file: S) -> Result<Content<S>, ReadError> {
    let start = if file.fill_buf()?.starts_with(UTF_8_BOM) {
        3
    } else {
        0
    };
    let encoding = detect_encoding(&mut file)?;
    Ok(Content::Csv {
        file,
        start: SeekFrom::Start(start),
        encoding,
    })
}

/// UTF-8 if every line is, otherwise GB18030, of which GBK is a part. No character of either holds
/// the byte of a line's end, so lines can be tried one at a time.
fn detect_encoding(file: &mut impl BufRead) -> Result<&'static Encoding, ReadError> {
    let mut line = Vec::new();
    while file.read_until(b'\n', &mut line)? > 0 {
        if std::str::from_utf8(&line).is_err() {
            return Ok(GB18030);
        }
        line.clear();
    }
    Ok(UTF_8)
}

struct WorkbookRows<'a, S: Source> {
    /// Gone at the end of the sheet, past which calamine reads into an error.
    cells: Option<XlsxCellReader<'a, S>>,
    /// The first cell of the next row, met while reading the row before.
    ahead: Option<(u32, usize, Cell)>,
}

impl<S: Source> WorkbookRows<'_, S> {
    fn next_cell(&mut self) -> Result<Option<(u32, usize, Cell)>, ReadError> {
        if let Some(cell) = self.ahead.take() {
            return Ok(Some(cell));
        }
        let Some(cells) = &mut self.cells else {
            return Ok(None);
        };
        while let Some(cell) = cells.next_cell()? {
            let (row, column) = cell.get_position();
            let column = usize::try_from(column).unwrap_or(usize::MAX);
            let content = Cell::from(cell.get_value());
            if column < MAX_COLUMNS && content != Cell::Empty {
                return Ok(Some((row, column, content)));
            }
        }
        self.cells = None;
        Ok(None)
    }

    fn next_row(&mut self) -> Result<Option<SheetRow>, ReadError> {
        let mut cells = Vec::new();
        let mut current = None;
        while let Some((row, column, cell)) = self.next_cell()? {
            if *current.get_or_insert(row) != row {
                self.ahead = Some((row, column, cell));
                break;
            }
            if cells.len() <= column {
                cells.resize(column + 1, Cell::Empty);
            }
            if let Some(place) = cells.get_mut(column) {
                *place = cell;
            }
        }
        Ok(current.map(|row| SheetRow {
            line: row.saturating_add(1),
            cells,
        }))
    }
}

impl<S: Source> Iterator for WorkbookRows<'_, S> {
    type Item = Result<SheetRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_row().transpose()
    }
}

impl From<&DataRef<'_>> for Cell {
    fn from(value: &DataRef<'_>) -> Self {
        match value {
            DataRef::Empty => Self::Empty,
            DataRef::String(text) | DataRef::DurationIso(text) => Self::text(text),
            DataRef::SharedString(text) => Self::text(text),
            DataRef::DateTimeIso(text) => text
                .get(..10)
                .and_then(|date| date.parse().ok())
                .map_or_else(|| Self::text(text), Self::Date),
            DataRef::Float(number) => Self::Number(*number),
            DataRef::Int(number) => Self::Text(number.to_string()),
            DataRef::Bool(truth) => Self::Text(truth.to_string()),
            DataRef::Error(error) => Self::Text(error.to_string()),
            DataRef::DateTime(moment) => {
                let (year, month, day, ..) = moment.to_ymd_hms_milli();
                NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
                    .filter(|_| moment.is_datetime())
                    .map_or_else(|| Self::Number(moment.as_f64()), Self::Date)
            }
        }
    }
}

impl Cell {
    fn text(text: &str) -> Self {
        if text.trim().is_empty() {
            return Self::Empty;
        }
        Self::Text(text.chars().take(MAX_CHARACTERS).collect())
    }
}

/// CSV is cut into fields before it is decoded: in GB18030 as in UTF-8, no other character
/// holds the byte of a comma, a quote or a line's end. A record's line counts the empty ones before it as its
/// own.
struct CsvRows<'a, S> {
    records: csv::Reader<&'a mut S>,
    encoding: &'static Encoding,
    record: ByteRecord,
}

impl<S: Source> CsvRows<'_, S> {
    fn next_row(&mut self) -> Result<Option<SheetRow>, ReadError> {
        while self.records.read_byte_record(&mut self.record)? {
            let cells: Vec<_> = self
                .record
                .iter()
                .take(MAX_COLUMNS)
                .map(|field| Cell::text(&self.encoding.decode_without_bom_handling(field).0))
                .collect();
            if cells.iter().any(|cell| *cell != Cell::Empty) {
                let line = self.record.position().map_or(0, csv::Position::line);
                return Ok(Some(SheetRow {
                    line: u32::try_from(line).unwrap_or(u32::MAX),
                    cells,
                }));
            }
        }
        Ok(None)
    }
}

impl<S: Source> Iterator for CsvRows<'_, S> {
    type Item = Result<SheetRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_row().transpose()
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::GBK;

    use super::*;

    fn rows_of(content: &[u8]) -> Result<Vec<SheetRow>, ReadError> {
        Spreadsheet::of(content)?.rows()?.collect()
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn csv_is_read_in_any_of_its_encodings() {
        let content = "姓名,备注\n张三,\"一,\n二\"\n,\n李四\n";
        let expected = [
            SheetRow {
                line: 1,
                cells: vec![text("姓名"), text("备注")],
            },
            SheetRow {
                line: 2,
                cells: vec![text("张三"), text("一,\n二")],
            },
            SheetRow {
                line: 5,
                cells: vec![text("李四")],
            },
        ];
        let with_bom = [UTF_8_BOM, content.as_bytes()].concat();
        for bytes in [content.as_bytes(), &with_bom, &GBK.encode(content).0] {
            assert_eq!(rows_of(bytes).unwrap(), expected);
        }
    }

    #[test]
    fn a_workbook_keeps_kinds_positions_and_gaps() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        let date_format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
        let date = NaiveDate::from_ymd_opt(2019, 8, 7).unwrap();
        let excel_date = rust_xlsxwriter::ExcelDateTime::from_ymd(2019, 8, 7).unwrap();
        sheet.write(1, 0, "姓名").unwrap();
        sheet.write(3, 1, 12.5).unwrap();
        sheet
            .write_with_format(3, 3, &excel_date, &date_format)
            .unwrap();
        assert_eq!(
            rows_of(&workbook.save_to_buffer().unwrap()).unwrap(),
            [
                SheetRow {
                    line: 2,
                    cells: vec![text("姓名")]
                },
                SheetRow {
                    line: 4,
                    cells: vec![
                        Cell::Empty,
                        Cell::Number(12.5),
                        Cell::Empty,
                        Cell::Date(date)
                    ],
                },
            ]
        );
    }

    #[test]
    fn other_files_are_refused_in_words() {
        assert!(matches!(
            rows_of(b"\xD0\xCF\x11\xE0"),
            Err(ReadError::OldWorkbook)
        ));
        assert!(matches!(
            rows_of(b"\x89PNG\0"),
            Err(ReadError::NotASpreadsheet)
        ));
        assert!(matches!(
            rows_of(b"PK\x03\x04 damaged"),
            Err(ReadError::Workbook(_))
        ));
        let error = Spreadsheet::open(Path::new("/nowhere")).unwrap_err();
        assert!(error.zh().starts_with("文件无法读取"));
    }
}
