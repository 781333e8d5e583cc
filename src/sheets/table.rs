//! A list within a sheet: the header somewhere under titles, then rows, with totals, signatures and
//! the header of the next printed page between them.

use super::read::{Cell, ReadError, SheetRow};
use crate::kernel::error::FieldError;
use crate::kernel::text;

/// The header stands within the first rows of the file.
const HEADER_WITHIN: u32 = 20;

/// A list that somebody sends is no longer.
pub const MOST_ROWS: usize = 200_000;

/// How rows that belong to no list begin: totals, signatures, notes.
const NOTES: [&str; 11] = [
    "合计",
    "总计",
    "小计",
    "共计",
    "制表",
    "填表",
    "填报",
    "审核",
    "负责人",
    "单位负责人",
    "经办",
];

/// What the columns of a kind of list hold.
pub trait Heading: Copy + PartialEq + 'static {
    const ALL: &'static [Self];
    /// Without these a row is no header.
    const REQUIRED: &'static [Self];

    /// The usual name first, then what else it is called, all without brackets.
    fn names(self) -> &'static [&'static str];

    fn label_zh(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }
}

/// A header without brackets and their content, stars and separators.
fn plain_header(header: &str) -> String {
    let mut depth = 0_u32;
    let mut plain = String::new();
    for character in text::compact(header).chars() {
        match character {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            '*' | '、' | '/' | ':' => {}
            other if depth == 0 => plain.push(other),
            _ => {}
        }
    }
    plain
}

/// Where the columns of a file are.
#[derive(Debug, Clone)]
pub struct Columns<H>(Vec<Place<H>>);

#[derive(Debug, Clone)]
struct Place<H> {
    heading: H,
    index: usize,
    header: String,
}

impl<H: Heading> Columns<H> {
    /// Takes a row for the header if it names the required columns. Of two columns of one name
    /// the first counts.
    pub fn of_header(row: &SheetRow) -> Option<Self> {
        let mut places = Vec::<Place<H>>::new();
        for (index, cell) in row.cells.iter().enumerate() {
            let Cell::Text(header) = cell else { continue };
            let plain = plain_header(header);
            let named = |heading: &&H| heading.names().contains(&plain.as_str());
            let Some(heading) = H::ALL.iter().copied().find(|heading| named(&heading)) else {
                continue;
            };
            if !places.iter().any(|place| place.heading == heading) {
                places.push(Place {
                    heading,
                    index,
                    header: header.trim().to_owned(),
                });
            }
        }
        let columns = Self(places);
        H::REQUIRED
            .iter()
            .all(|heading| columns.has(*heading))
            .then_some(columns)
    }

    /// Whether a row says the header once more, as on every printed page.
    pub fn repeated_in(&self, row: &SheetRow) -> bool {
        H::REQUIRED.iter().all(|heading| {
            matches!(self.cell(row, *heading), Cell::Text(text) if text.trim() == self.header(*heading))
        })
    }

    pub fn has(&self, heading: H) -> bool {
        self.place(heading).is_some()
    }

    fn place(&self, heading: H) -> Option<&Place<H>> {
        self.0.iter().find(|place| place.heading == heading)
    }

    pub fn cell<'a>(&self, row: &'a SheetRow, heading: H) -> &'a Cell {
        self.place(heading)
            .and_then(|place| row.cells.get(place.index))
            .unwrap_or(&Cell::Empty)
    }

    /// What the file calls the column.
    pub fn header(&self, heading: H) -> &str {
        self.place(heading)
            .map_or(heading.label_zh(), |place| &place.header)
    }

    fn says_something_required(&self, row: &SheetRow) -> bool {
        H::REQUIRED
            .iter()
            .any(|heading| *self.cell(row, *heading) != Cell::Empty)
    }
}

/// The rows of a list, in its order, without what belongs to its paper.
#[derive(Debug)]
pub struct Table<H, R> {
    rows: R,
    pub columns: Columns<H>,
}

impl<H: Heading, R: Iterator<Item = Result<SheetRow, ReadError>>> Table<H, R> {
    /// Reads up to and with the header.
    pub fn begin(mut rows: R) -> Result<Self, ReadError> {
        for row in rows.by_ref() {
            let row = row?;
            if row.line > HEADER_WITHIN {
                break;
            }
            if let Some(columns) = Columns::of_header(&row) {
                return Ok(Self { rows, columns });
            }
        }
        Err(no_header::<H>(&[]))
    }

    /// What to say of a list that needs one more column than its kind requires.
    pub fn lacks(&self, column: &str) -> ReadError {
        no_header::<H>(&[column])
    }
}

impl<H: Heading, R: Iterator<Item = Result<SheetRow, ReadError>>> Iterator for Table<H, R> {
    type Item = Result<SheetRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.rows.next()? {
                Ok(row) if is_note(&row) || self.columns.repeated_in(&row) => {}
                Ok(row) if is_lone(&row) && !self.columns.says_something_required(&row) => {}
                row => return Some(row),
            }
        }
    }
}

fn no_header<H: Heading>(further: &[&str]) -> ReadError {
    let required = H::REQUIRED.iter().map(|heading| heading.label_zh());
    let columns: Vec<_> = required.chain(further.iter().copied()).collect();
    ReadError::NoHeader {
        searched: HEADER_WITHIN,
        columns: columns.join("、"),
    }
}

/// Whether a row is a total or a signature line.
fn is_note(row: &SheetRow) -> bool {
    let first = row.cells.iter().find(|cell| **cell != Cell::Empty);
    let Some(Cell::Text(first)) = first else {
        return false;
    };
    let first = text::compact(first);
    NOTES.iter().any(|note| first.starts_with(note))
}

/// Whether a row is a title, or a number waiting for somebody.
pub fn is_lone(row: &SheetRow) -> bool {
    let filled = row.cells.iter().filter(|cell| **cell != Cell::Empty);
    filled.take(2).count() < 2
}

/// A row that could not be taken, and all that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Row of the sheet or line of the file, from 1.
    pub line: u32,
    /// Their pointers count the rows of the list from 0: `/rows/12/amount`.
    pub errors: Vec<FieldError>,
}

/// What is found wrong with one row.
#[derive(Debug)]
pub struct Faults {
    index: usize,
    pub found: Vec<FieldError>,
}

impl Faults {
    /// Of the row at this place of the list, from 0.
    pub const fn at(index: usize) -> Self {
        Self {
            index,
            found: Vec::new(),
        }
    }

    pub fn add(
        &mut self,
        field: &str,
        code: &'static str,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) {
        let pointer = format!("/rows/{}/{field}", self.index);
        self.found.push(FieldError::new(pointer, code, en, zh));
    }
}
