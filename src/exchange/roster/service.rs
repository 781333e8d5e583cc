//! Takes a roster over: all or nothing of a row, a few hundred rows a transaction, and a record of
//! the job, of its file's hash and of every resident it touched.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use chrono::NaiveDate;
use serde::Serialize;

use super::division_names::DivisionNames;
use super::finding::Finding;
use super::model::{Accepted, Entries, Entry, ParsedRow, Rules};
use crate::access::{Scope, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Tx};
use crate::kernel::crypto::{hex, sha256_of};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::ImportJobId;
use crate::kernel::vocabulary::vocabulary;
use crate::registry::Registrar;
use crate::registry::facts::service::CheckedCertificate;
use crate::registry::facts::{CertificateState, CircumstanceKind, NewFact, Period};
use crate::registry::residents::CheckedResident;
use crate::registry::takeover::{self, Difference};
use crate::sheets::read::{ReadError, Spreadsheet};

/// Rows that share a transaction. What a row's failure takes back is that row.
const BATCH: usize = 200;
/// Where the office has these facts from.
const SOURCE: &str = "roster";

vocabulary! {
    /// What became of a row.
    pub enum RowOutcome {
        Imported = "imported", "已导入";
        /// Taken over, but for what the findings name.
        ImportedWithWarnings = "imported_with_warnings", "已导入（有提示）";
        /// All of it was known.
        Unchanged = "unchanged", "无变化";
        Updated = "updated", "已更新";
        Rejected = "rejected", "未导入";
    }
}

/// A row's outcome and why.
#[derive(Debug)]
pub struct RowReport {
    /// Counts the people, from 1.
    pub row: u32,
    /// Row of the sheet or line of the file, from 1.
    pub line: u32,
    pub outcome: RowOutcome,
    pub findings: Vec<Finding>,
}

/// What became of a roster.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub rows: u32,
    pub outcomes: BTreeMap<RowOutcome, u32>,
    /// How often each finding occurred.
    pub codes: BTreeMap<&'static str, u32>,
}

impl Summary {
    fn add(&mut self, row: &RowReport) {
        self.rows += 1;
        *self.outcomes.entry(row.outcome).or_default() += 1;
        for finding in &row.findings {
            *self.codes.entry(finding.code).or_default() += 1;
        }
    }
}

/// What is to be done with a file.
#[derive(Debug)]
pub struct Job<'a> {
    pub file: &'a Path,
    /// Says what would become of each row, and changes nothing.
    pub dry_run: bool,
    pub registrar: Registrar,
    /// The divisions whose residents the file may speak of.
    pub scope: Scope,
}

/// `tell` hears of every row, in the file's order, after it was settled.
pub fn run(
    db: &mut Db,
    origin: &Origin,
    job: &Job<'_>,
    tell: impl FnMut(&RowReport) -> Result<()>,
) -> Result<Summary> {
    let id: ImportJobId = db.new_id();
    let content = File::open(job.file).map_err(ReadError::from)?;
    let hash = hex(&sha256_of(content).map_err(ReadError::from)?);
    let name = job
        .file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let event = |action| {
        Event::new(origin, action)
            .on(&id)
            .change("kind", "roster")
            .change("file", &name)
            .change("file_sha256", &hash)
            .change("dry_run", job.dry_run)
    };
    db.write(|tx| tx.record(event("import_job.started"), ()))?;
    let done = take_over(db, origin, job, tell);
    let end = match &done {
        Ok(summary) => event("import_job.finished").change("outcome", summary),
        Err(error) => event("import_job.finished")
            .failed()
            .reason(error.code().as_str()),
    };
    db.write(|tx| tx.record(end, ()))?;
    done
}

fn take_over(
    db: &mut Db,
    origin: &Origin,
    job: &Job<'_>,
    mut tell: impl FnMut(&RowReport) -> Result<()>,
) -> Result<Summary> {
    let today = db.today();
    let names: DivisionNames = divisions::service::all(db)?
        .into_values()
        .filter(|division| job.scope.sees(division.code))
        .filter(|division| division.valid_to.is_none_or(|end| end > today))
        .map(|division| (division.code, division.name))
        .collect();
    let rules = Rules {
        divisions: &names,
        today,
        fictional: job.registrar.fictional,
    };
    let mut sheet = Spreadsheet::open(job.file)?;
    let mut entries = Entries::begin(sheet.rows()?, rules)?;
    let mut summary = Summary::default();
    loop {
        let batch: Vec<Entry> = entries
            .by_ref()
            .take(BATCH)
            .collect::<Result<_, ReadError>>()?;
        if batch.is_empty() {
            return Ok(summary);
        }
        let reports = if job.dry_run {
            foresee(db, job, batch, today)
        } else {
            settle(db, origin, job, batch, today)
        }?;
        for report in &reports {
            summary.add(report);
            tell(report)?;
        }
    }
}

fn foresee(
    db: &mut Db,
    job: &Job<'_>,
    batch: Vec<Entry>,
    today: NaiveDate,
) -> Result<Vec<RowReport>> {
    batch
        .into_iter()
        .map(|entry| {
            report(entry, |person| {
                let said = checked(person, today);
                Ok(match takeover::service::compare(db, &job.scope, &said)? {
                    Difference::New => RowOutcome::Imported,
                    Difference::Same => RowOutcome::Unchanged,
                    Difference::Changed(_) => RowOutcome::Updated,
                })
            })
        })
        .collect()
}

fn settle(
    db: &mut Db,
    origin: &Origin,
    job: &Job<'_>,
    batch: Vec<Entry>,
    today: NaiveDate,
) -> Result<Vec<RowReport>> {
    db.write(|tx| {
        let reports = batch
            .into_iter()
            .map(|entry| {
                report(entry, |person| {
                    tx.attempt(|tx| apply(tx, origin, job, &checked(person, today)))
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let event = Event::new(origin, "import_job.rows_settled")
            .change("first_row", reports.first().map(|report| report.row))
            .change("last_row", reports.last().map(|report| report.row));
        tx.record(event, reports)
    })
}

fn apply(
    tx: &mut Tx<'_>,
    origin: &Origin,
    job: &Job<'_>,
    said: &CheckedResident,
) -> Result<RowOutcome> {
    match takeover::service::compare(tx, &job.scope, said)? {
        Difference::New => takeover::service::register(tx, origin, said)
            .map(|recorded| recorded.map(|_| RowOutcome::Imported)),
        Difference::Changed(changed) => {
            let (known, changes) = *changed;
            takeover::service::update(tx, origin, known, changes)
                .map(|recorded| recorded.map(|_| RowOutcome::Updated))
        }
        Difference::Same => return Ok(RowOutcome::Unchanged),
    }
    .map(|recorded| *recorded.value())
}

/// Lets `take` decide what becomes of an acceptable row. A rule it breaks there rejects the row; a
/// fault of ours ends the job.
fn report(entry: Entry, take: impl FnOnce(ParsedRow) -> Result<RowOutcome>) -> Result<RowReport> {
    let Entry { row, line, outcome } = entry;
    let (outcome, findings) = match outcome {
        Err(findings) => (RowOutcome::Rejected, findings),
        Ok(Accepted { person, warnings }) => match take(person) {
            Ok(RowOutcome::Imported) if !warnings.is_empty() => {
                (RowOutcome::ImportedWithWarnings, warnings)
            }
            Ok(outcome) => (outcome, warnings),
            Err(error) if error.is_fault() => {
                return Err(error);
            }
            Err(error) => (RowOutcome::Rejected, vec![refusal(&error)]),
        },
    };
    Ok(RowReport {
        row,
        line,
        outcome,
        findings,
    })
}

fn refusal(error: &Error) -> Finding {
    let code = error.code();
    Finding {
        code: code.as_str(),
        column: String::new(),
        detail_zh: error
            .text()
            .map_or(code.title_zh(), |text| &text.zh)
            .to_owned(),
        detail_en: error
            .text()
            .map_or(code.title_en(), |text| &text.en)
            .to_owned(),
    }
}

fn checked(person: ParsedRow, today: NaiveDate) -> CheckedResident {
    let ParsedRow {
        name,
        citizen_id,
        certificate,
        division,
        guardian_name,
        phone,
        income_status,
        disability_cause,
    } = person;
    let facts = [
        (
            CircumstanceKind::IncomeStatus,
            income_status.map(|status| status.as_str().to_owned()),
        ),
        (
            CircumstanceKind::GuardianName,
            guardian_name.map(|name| name.as_str().to_owned()),
        ),
        (CircumstanceKind::DisabilityCause, disability_cause),
    ];
    CheckedResident {
        name,
        id_number: citizen_id,
        phone,
        division_code: division,
        hukou_division_code: division,
        certificate: certificate.map(|certificate| CheckedCertificate {
            number: certificate.number,
            components: certificate.components,
            issued_date: certificate.issued_date,
            state: CertificateState::Valid,
            valid_from: certificate.issued_date,
        }),
        facts: facts
            .into_iter()
            .filter_map(|(kind, value)| {
                Some(NewFact {
                    kind,
                    value: value?,
                    period: Period::open(today),
                    source: SOURCE.to_owned(),
                })
            })
            .collect(),
    }
}
