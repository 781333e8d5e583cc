//! The people of a roster, row by row. Pure: rows of cells in, residents or findings out.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::checks;
use super::columns::Column;
use super::division_names::DivisionNames;
use super::finding::Finding;
use crate::kernel::certificate_number::CertificateNumber;
use crate::kernel::circumstance::IncomeStatus;
use crate::kernel::citizen_id::CitizenId;
use crate::kernel::division::DivisionCode;
use crate::kernel::impairment::Component;
use crate::kernel::name::PersonName;
use crate::kernel::phone::Phone;
use crate::sheets::read::{ReadError, SheetRow};
use crate::sheets::table::{Table, is_lone};

/// What rows are held against.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    pub divisions: &'a DivisionNames,
    pub today: NaiveDate,
    /// Admits the citizen IDs of fictional people.
    pub fictional: bool,
}

/// A row of the roster that speaks of a person.
#[derive(Debug)]
pub struct Entry {
    /// Counts the people, from 1.
    pub row: u32,
    /// Row of the sheet or line of the file, from 1.
    pub line: u32,
    /// Who it is, or all that was found, warnings included.
    pub outcome: Result<Accepted, Vec<Finding>>,
}

/// A person who can be taken over.
#[derive(Debug)]
pub struct Accepted {
    pub person: ParsedRow,
    /// What had to be left out.
    pub warnings: Vec<Finding>,
}

/// What the roster says of a person. Sex and birth date are those of the citizen ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedRow {
    pub name: PersonName,
    pub citizen_id: CitizenId,
    pub certificate: Option<ParsedCertificate>,
    pub division: DivisionCode,
    pub guardian_name: Option<PersonName>,
    pub phone: Option<Phone>,
    pub income_status: Option<IncomeStatus>,
    pub disability_cause: Option<String>,
}

/// Category and grade are those of the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedCertificate {
    pub number: CertificateNumber,
    /// The one disability, or those that make a multiple one; of that, none if the roster keeps
    /// silent.
    pub components: Vec<Component>,
    pub issued_date: NaiveDate,
}

/// The people of a roster, in its order.
#[derive(Debug)]
pub struct Entries<'a, R> {
    rows: Table<Column, R>,
    rules: Rules<'a>,
    accepted: AcceptedIds,
    count: u32,
}

impl<'a, R: Iterator<Item = Result<SheetRow, ReadError>>> Entries<'a, R> {
    /// Reads up to and with the header.
    pub fn begin(rows: R, rules: Rules<'a>) -> Result<Self, ReadError> {
        Ok(Self {
            rows: Table::begin(rows)?,
            rules,
            accepted: AcceptedIds::default(),
            count: 0,
        })
    }

    fn examine(&mut self, row: &SheetRow) -> Entry {
        self.count = self.count.saturating_add(1);
        let outcome = checks::examine(row, &self.rows.columns, self.rules, &self.accepted);
        if let Ok(accepted) = &outcome {
            self.accepted
                .insert(&accepted.person.citizen_id, self.count);
        }
        Entry {
            row: self.count,
            line: row.line,
            outcome,
        }
    }
}

impl<R: Iterator<Item = Result<SheetRow, ReadError>>> Iterator for Entries<'_, R> {
    type Item = Result<Entry, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.rows.next()? {
                // A number or a name alone waits for somebody.
                Ok(row) if is_lone(&row) => {}
                Ok(row) => return Some(Ok(self.examine(&row))),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Which person stands in which row. The digits before the check digit fit a number.
#[derive(Debug, Default)]
pub(super) struct AcceptedIds(HashMap<u64, u32>);

impl AcceptedIds {
    pub(super) fn row_of(&self, id: &CitizenId) -> Option<u32> {
        self.0.get(&Self::key(id)?).copied()
    }

    fn insert(&mut self, id: &CitizenId, row: u32) {
        self.0.extend(Self::key(id).map(|key| (key, row)));
    }

    fn key(id: &CitizenId) -> Option<u64> {
        id.as_str().get(..17)?.parse().ok()
    }
}
