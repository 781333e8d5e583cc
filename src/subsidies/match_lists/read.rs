//! Reads a list: each row a person and the date of what is said of them, or all that is wrong with it.

use std::collections::HashMap;
use std::fmt;

use chrono::NaiveDate;

use super::columns::{Column, MatchListKind};
use crate::kernel::citizen_id::CitizenId;
use crate::kernel::error::Result;
use crate::kernel::name::PersonName;
use crate::sheets::read::{ReadError, SheetRow, Spreadsheet};
use crate::sheets::table::{Columns, Faults, Heading, MOST_ROWS, RejectedRow, Table};
use crate::sheets::values;

const LONGEST_NOTE: usize = 500;

/// What rows are held against.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub today: NaiveDate,
    /// Admits the citizen IDs of fictional people.
    pub fictional: bool,
}

/// Of whom the list speaks, and since when.
#[derive(Clone, PartialEq, Eq)]
pub struct MatchRow {
    /// Row of the sheet or line of the file, from 1.
    pub line: u32,
    pub name: PersonName,
    pub citizen_id: CitizenId,
    pub date: NaiveDate,
    pub note: Option<String>,
}

/// A note says of people what nobody but their office should read.
impl fmt::Debug for MatchRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatchRow")
            .field("line", &self.line)
            .field("name", &self.name)
            .field("citizen_id", &self.citizen_id)
            .finish_non_exhaustive()
    }
}

/// A list that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchList {
    pub kind: MatchListKind,
    pub rows: Vec<MatchRow>,
    pub rejected: Vec<RejectedRow>,
}

/// Fails where it is no such list; what is wrong with a row is told with the row.
pub fn read(kind: MatchListKind, bytes: &[u8], rules: Rules) -> Result<MatchList> {
    let mut sheet = Spreadsheet::of(bytes)?;
    let mut table = Table::<Column, _>::begin(sheet.rows()?)?;
    let date = kind
        .date_in(&table.columns)
        .ok_or_else(|| table.lacks(kind.usual_date()))?;
    let mut list = MatchList {
        kind,
        rows: Vec::new(),
        rejected: Vec::new(),
    };
    let mut known = HashMap::new();
    let mut index = 0;
    while let Some(row) = table.next() {
        let row = row?;
        if index >= MOST_ROWS {
            return Err(ReadError::TooLarge.into());
        }
        let reading = Reading {
            row: &row,
            columns: &table.columns,
            rules,
            faults: Faults::at(index),
        };
        match reading.run(date, &mut known) {
            Ok(row) => list.rows.push(row),
            Err(row) => list.rejected.push(row),
        }
        index += 1;
    }
    Ok(list)
}

/// Who was said to have had what when, and in which line.
type Known = HashMap<(CitizenId, NaiveDate), u32>;

struct Reading<'a> {
    row: &'a SheetRow,
    columns: &'a Columns<Column>,
    rules: Rules,
    faults: Faults,
}

impl Reading<'_> {
    fn run(mut self, date: Column, known: &mut Known) -> Result<MatchRow, RejectedRow> {
        let name = self.name();
        let citizen_id = self.citizen_id();
        let date = self.date(date, citizen_id.as_ref().map(CitizenId::birth_date));
        let note = values::optional(self.columns.cell(self.row, Column::Note))
            .map(|note| note.chars().take(LONGEST_NOTE).collect());
        if let (Some(name), Some(citizen_id), Some(date)) = (name, citizen_id, date) {
            let key = (citizen_id.clone(), date);
            match known.get(&key) {
                Some(earlier) => self.faults.add(
                    "id_number",
                    "id_number.duplicate_in_file",
                    format!("line {earlier} says the same already"),
                    format!("与第{earlier}行重复"),
                ),
                None => {
                    known.insert(key, self.row.line);
                    return Ok(MatchRow {
                        line: self.row.line,
                        name,
                        citizen_id,
                        date,
                        note,
                    });
                }
            }
        }
        Err(RejectedRow {
            line: self.row.line,
            errors: self.faults.found,
        })
    }

    fn name(&mut self) -> Option<PersonName> {
        PersonName::parse(&values::text(self.columns.cell(self.row, Column::Name)))
            .map_err(|error| {
                self.faults
                    .add("name", error.code(), error.to_string(), error.zh());
            })
            .ok()
    }

    fn citizen_id(&mut self) -> Option<CitizenId> {
        let cell = self.columns.cell(self.row, Column::CitizenId);
        values::citizen_id(cell, self.rules.today, self.rules.fictional)
            .map_err(|error| {
                self.faults
                    .add("id_number", error.code(), error.to_string(), error.zh());
            })
            .ok()
    }

    fn date(&mut self, column: Column, born: Option<NaiveDate>) -> Option<NaiveDate> {
        let date = values::date(self.columns.cell(self.row, column))
            .filter(|date| *date <= self.rules.today && born.is_none_or(|born| born <= *date));
        if date.is_none() {
            self.faults.add(
                "date",
                "event_date",
                "the date cannot be read, is still to come or lies before birth",
                format!("{}无法识别、晚于今天或早于出生", column.label_zh()),
            );
        }
        date
    }
}
