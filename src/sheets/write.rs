//! Delimited text for programs of others: CSV in UTF-8 or GBK. What an encoding cannot write is
//! told, never replaced, and nothing becomes a formula where a spreadsheet opens the file.

use std::borrow::Cow;

use encoding_rs::GBK;

use crate::kernel::text;
use crate::kernel::vocabulary::vocabulary;

const UTF_8_BOM: &[u8] = b"\xEF\xBB\xBF";

vocabulary! {
    /// How the characters of a file are written.
    #[derive(Default)]
    pub enum Encoding {
        /// With the mark by which spreadsheets know it.
        #[default]
        Utf8 = "utf-8", "UTF-8";
        Gbk = "gbk", "GBK";
    }
}

impl Encoding {
    fn encode(self, text: &str) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Utf8 => Some(Cow::Borrowed(text.as_bytes())),
            Self::Gbk => {
                let (bytes, _, replaced) = GBK.encode(text);
                (!replaced).then_some(bytes)
            }
        }
    }

    pub fn can_write(self, text: &str) -> bool {
        self.encode(text).is_some()
    }

    const fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8 => UTF_8_BOM,
            Self::Gbk => b"",
        }
    }
}

/// A cell that the encoding cannot write; row and column from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unwritable {
    pub row: usize,
    pub column: usize,
}

/// Lines end as Windows has them.
pub fn csv<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    encoding: Encoding,
) -> Result<Vec<u8>, Vec<Unwritable>> {
    let mut bytes = encoding.mark().to_vec();
    let mut unwritable = Vec::new();
    line(&mut bytes, header, encoding);
    for (row, cells) in rows.into_iter().enumerate() {
        let cells = cells.map(|cell| harmless(&cell));
        let written = line(&mut bytes, cells.each_ref().map(String::as_str), encoding);
        unwritable.extend(written.into_iter().map(|column| Unwritable { row, column }));
    }
    if unwritable.is_empty() {
        Ok(bytes)
    } else {
        Err(unwritable)
    }
}

/// Tells which cells could not be written.
fn line<const N: usize>(into: &mut Vec<u8>, cells: [&str; N], encoding: Encoding) -> Vec<usize> {
    let mut unwritable = Vec::new();
    for (column, cell) in cells.into_iter().enumerate() {
        if column > 0 {
            into.push(b',');
        }
        match encoding.encode(&quoted(cell)) {
            Some(bytes) => into.extend_from_slice(&bytes),
            None => unwritable.push(column),
        }
    }
    into.extend_from_slice(b"\r\n");
    unwritable
}

fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"']) {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(cell)
    }
}

/// One line, without what a spreadsheet would take for a formula, in full width as well: the
/// apostrophe before it says that it is text.
fn harmless(cell: &str) -> String {
    let plain: String = cell
        .chars()
        .map(|one| if one.is_control() { ' ' } else { one })
        .collect();
    let plain = plain.trim();
    match plain.chars().next().map(text::half_width) {
        Some('=' | '+' | '-' | '@') => format!("'{plain}"),
        _ => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::{Cell, Spreadsheet};
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<Vec<Cell>> {
        let mut sheet = Spreadsheet::of(bytes).unwrap();
        sheet
            .rows()
            .unwrap()
            .map(|row| row.unwrap().cells)
            .collect()
    }

    #[test]
    fn what_is_written_is_read_in_either_encoding() {
        let row = ["张三", "一,\"二\"", "6200000000000012344"].map(str::to_owned);
        for encoding in Encoding::ALL {
            let bytes = csv(["户名", "附言", "账号"], [row.clone()], *encoding).unwrap();
            assert_eq!(bytes.starts_with(UTF_8_BOM), *encoding == Encoding::Utf8);
            let expected = row.clone().map(Cell::Text).to_vec();
            assert_eq!(cells(&bytes)[1], expected);
        }
    }

    #[test]
    fn nothing_becomes_a_formula_or_a_line() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("\t@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("-1", "'-1"),
            ("一\r\n二", "一  二"),
            ("1=1", "1=1"),
        ] {
            assert_eq!(harmless(cell), written);
        }
    }

    #[test]
    fn what_gbk_cannot_write_is_told() {
        let rows = [["张三", "𬱟"], ["李𠮷", "a"]].map(|row| row.map(str::to_owned));
        assert_eq!(
            csv(["a", "b"], rows.clone(), Encoding::Gbk),
            Err(vec![
                Unwritable { row: 0, column: 1 },
                Unwritable { row: 1, column: 0 }
            ])
        );
        assert!(csv(["a", "b"], rows, Encoding::Utf8).is_ok());
    }
}
