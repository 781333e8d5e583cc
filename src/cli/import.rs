//! `huican import divisions|roster|programs|calendar`

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, Problem, setup};
use crate::access::divisions;
use crate::casework::calendar;
use crate::db::Db;
use crate::exchange::roster::report::Report;
use crate::exchange::roster::service::{self as roster, Summary};
use crate::kernel::error::Error;
use crate::programs;
use crate::registry::Registrar;
use crate::server::settings::Settings;
use crate::sheets::read::Spreadsheet;

#[derive(Debug, Subcommand)]
pub enum What {
    /// Divisions: code,name,level[,valid_from,valid_to,successor_code] (CSV)
    Divisions { file: PathBuf },
    /// Residents, from a roster (花名册) as offices keep it: XLSX, or CSV in UTF-8 or GBK
    Roster(Roster),
    /// Programs and their versions (JSON)
    Programs { file: PathBuf },
    /// Public holidays and the weekends worked in exchange: date,kind,name (CSV)
    Calendar { file: PathBuf },
}

#[derive(Debug, Args)]
pub struct Roster {
    file: PathBuf,
    /// Say what would become of each row, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Write what became of each row to this workbook
    #[arg(long, value_name = "OUT.xlsx")]
    report: Option<PathBuf>,
}

pub fn run(settings: &Settings, what: What) -> Outcome {
    let mut db = setup::connect(settings)?;
    let origin = setup::console(&db);
    match what {
        What::Divisions { file } => {
            let content = content_of(&file)?;
            let done = db.write(|tx| divisions::service::import(tx, &origin, &content))?;
            say!(
                "{}: {} added, {} changed, {} unchanged.",
                file.display(),
                done.added,
                done.changed,
                done.unchanged
            );
        }
        What::Programs { file } => {
            let content = content_of(&file)?;
            let done = db.write(|tx| programs::service::import(tx, &origin, &content))?;
            say!(
                "{}: {} new programs, {} new versions, {} versions unchanged.",
                file.display(),
                done.programs,
                done.versions,
                done.unchanged
            );
        }
        What::Calendar { file } => {
            let content = content_of(&file)?;
            let days = db.write(|tx| calendar::service::import(tx, &origin, &content))?;
            say!("{}: {days} days.", file.display());
        }
        What::Roster(roster) => {
            let registrar = Registrar {
                fictional: settings.fictional_divisions,
            };
            let summary = import_roster(&mut db, registrar, &roster)?;
            if roster.dry_run {
                say!("Nothing was changed: this is what would become of the file.");
            }
            print_summary(&summary);
        }
    }
    Ok(())
}

fn content_of(file: &Path) -> Result<Vec<u8>, Problem> {
    fs::read(file).map_err(|error| format!("{} cannot be read: {error}", file.display()).into())
}

fn import_roster(db: &mut Db, registrar: Registrar, asked: &Roster) -> Result<Summary, Problem> {
    let origin = setup::console(db);
    let scope = divisions::service::everywhere(db)?;
    if scope.divisions().is_empty() {
        return Err("there are no divisions yet: run `huican import divisions` first".into());
    }
    let job = roster::Job {
        file: &asked.file,
        dry_run: asked.dry_run,
        registrar,
        scope,
    };
    let bar = progress_bar(&asked.file)?;
    let mut report = asked.report.as_deref().map(Report::begin).transpose()?;
    let summary = roster::run(db, &origin, &job, |row| {
        bar.set_position(row.line.into());
        report
            .as_mut()
            .map_or(Ok(()), |report| report.add(row))
            .map_err(Error::internal)
    })?;
    bar.finish_and_clear();
    if let Some(report) = report {
        report.save()?;
    }
    Ok(summary)
}

/// Drawn only where a person looks at it.
fn progress_bar(file: &Path) -> Result<ProgressBar, Problem> {
    let rows = Spreadsheet::open(file)
        .and_then(|mut sheet| sheet.rows_about())
        .map_err(|error| format!("{}: {error}", file.display()))?;
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {per_sec}, {eta} left")?;
    Ok(ProgressBar::new(rows).with_style(style))
}

fn print_summary(summary: &Summary) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (outcome, count) in &summary.outcomes {
        table.add_row([outcome.label_zh(), outcome.as_str(), &count.to_string()]);
    }
    table.add_row(["合计", "rows", &summary.rows.to_string()]);
    say!("{table}");
    if !summary.codes.is_empty() {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        for (code, count) in &summary.codes {
            table.add_row([(*code).to_owned(), count.to_string()]);
        }
        say!("\n{table}");
    }
}
