//! `huican demo`: the fictional city of 虚川 with its offices, accounts, residents and a year of
//! cases, in a database of its own. Everything is done by the services an office would use, with
//! a clock that is moved through the year.

mod between;
mod devices;
mod employment;
mod families;
mod money;
pub mod offices;
mod outreach;
mod overpaid;
mod petitions;
mod photos;
mod rehabilitation;
mod renovation;
pub mod residents;
mod scripts;
mod stock;
mod targeted;
mod venues;
mod year;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Days;
use clap::Args;
use comfy_table::{Table, presets};

use super::{Outcome, Problem, migrate, serve, setup};
use crate::audit::{Event, Origin};
use crate::casework::documents::ArchivePlace;
use crate::db::migrate::Schema;
use crate::db::{Db, Store, installation};
use crate::kernel::error::Result;
use crate::kernel::given::{Given, ManualClock};
use crate::kernel::time::Timestamp;
use crate::server::settings::Settings;

#[derive(Debug, Args)]
pub struct Options {
    /// Keep the database in this folder; a temporary one otherwise
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
}

/// The city's whole life here, in days.
const YEAR: Days = Days::new(365);

const MARK: &str = "demo";
const BUILDING: &str = "building";
const READY: &str = "ready";

/// Without a database that was asked for by flag or environment, it makes one of its own: what a
/// settings file says is an office's.
pub fn run(mut settings: Settings, options: &Options, database_asked: bool) -> Outcome {
    let temporary = place(&mut settings, options, database_asked)?;
    settings.fictional_divisions = true;
    if settings.log == "info" {
        // The terminal shows the accounts.
        "warn".clone_into(&mut settings.log);
    }
    setup::log(&settings)?;
    let given = setup::given();
    let keys = setup::new_keys(&settings)?;
    prepare(&settings, &given)?;
    let store = Store::open(&settings.database_url, settings.size, &given, &keys)?;
    let served = serve::serve(&settings, store, |address| introduce(&settings, address));
    drop(temporary);
    served
}

/// Removes a temporary folder when the demonstration ends.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn place(
    settings: &mut Settings,
    options: &Options,
    database_asked: bool,
) -> Result<Option<Temporary>, Problem> {
    let (folder, temporary) = match (&options.data, database_asked) {
        (Some(folder), _) => (folder.clone(), None),
        (None, true) => (PathBuf::new(), None),
        (None, false) => {
            let folder = std::env::temp_dir().join(format!("huican-demo-{}", std::process::id()));
            (folder.clone(), Some(Temporary(folder)))
        }
    };
    settings.keys = folder.join("huican-demo.keys");
    settings.checkpoints = folder.join("huican-demo.checkpoints");
    settings.documents = ArchivePlace::Folder(folder.join("huican-demo.documents"));
    if !database_asked {
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        settings.database_url = url_of(&folder.join("huican-demo.db"))?;
    }
    Ok(temporary)
}

fn url_of(file: &Path) -> Result<crate::db::DatabaseUrl, Problem> {
    file.to_str()
        .ok_or("the folder's name is not UTF-8")?
        .parse()
        .map_err(Problem::from)
}

/// Builds the city, unless it is there already; refuses a database that is anything else.
fn prepare(settings: &Settings, given: &Given) -> Outcome {
    let url = &settings.database_url;
    let keys = setup::new_keys(settings)?;
    let mut db = url.connect(given, &keys)?;
    match crate::db::migrate::schema(&mut db)? {
        Schema::Behind { empty: true, .. } => {}
        Schema::Current => {
            return match installation::get(&mut db, MARK)?.as_deref() {
                Some(READY) => setup::require_same_keys(&mut db, settings),
                Some(_) => Err(format!(
                    "the demonstration in {url} was not finished: remove it and begin again"
                )
                .into()),
                None => Err(format!(
                    "{url} is not a demonstration: give the demo a database of its own"
                )
                .into()),
            };
        }
        Schema::Behind { .. } | Schema::Unknown(_) | Schema::Foreign => {
            return Err(format!(
                "{url} is not a demonstration of this version: give the demo a database of its own"
            )
            .into());
        }
    }
    eprintln!("Making the city of 虚川 in {url} …");
    let now = given.now();
    let start = now
        .office_date()
        .checked_sub_days(YEAR)
        .ok_or("the clock stands too far back")?;
    let clock = Arc::new(ManualClock::at(Timestamp::start_of(start)));
    let relived = Given::new(clock.clone());
    let mut db = url.connect(&relived, &keys)?;
    migrate::bring_up(&mut db)?;
    let origin = setup::console(&db);
    mark(&mut db, &origin, BUILDING)?;
    offices::open(&mut db, &origin)?;
    residents::register(&mut db, &origin)?;
    families::settle(&mut db)?;
    families::find_duplicates(&mut db)?;
    let photos = photos::Photos::open(&settings.documents)?;
    let desk = year::relive(&mut db, (&clock, now), &photos)?;
    clock.set(now);
    between::offices(&mut db, &desk, &origin)?;
    employment::settle(&mut db, &origin)?;
    venues::settle(&mut db)?;
    petitions::settle(&mut db, &origin)?;
    mark(&mut db, &origin, READY)?;
    Ok(())
}

fn mark(db: &mut Db, origin: &Origin, state: &str) -> Result<()> {
    db.write(|tx| {
        installation::set(tx, MARK, state)?;
        tx.record(
            Event::new(origin, "installation.marked").change("demo", state),
            (),
        )
    })
}

fn introduce(settings: &Settings, address: SocketAddr) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (username, role) in [
        (
            "liaison.990121103201",
            "village liaison: files on behalf, sees one village",
        ),
        (
            "township.990121103",
            "township caseworker: registers, files, submits",
        ),
        ("township2.990121103", "township caseworker: initial review"),
        ("county.990121", "county caseworker: verification"),
        ("civil.990121", "civil affairs officer: determination"),
        ("approver.990121", "county approver: approval"),
        (
            "finance.990121",
            "finance officer; finance2.990121 releases what the first checked",
        ),
        (
            "auditor.990121",
            "auditor of the county; auditor.990100 of the city",
        ),
        (
            "institution.990121",
            "institution: what is referred to it, and nothing else",
        ),
        ("supervisor.990100", "city supervisor"),
        (
            "sysadmin",
            "system administrator: accounts and organizations",
        ),
        ("secadmin", "security administrator: grants"),
        (
            "auditadmin",
            "audit administrator: records that speak of no resident",
        ),
    ] {
        table.add_row([username, role]);
    }
    say!("\nHuican 惠残 · demonstration, with a fictional city and fictional people\n");
    say!("  API          http://{address}/v1");
    say!("  Reference    http://{address}/docs");
    say!("  Database     {}\n", settings.database_url);
    say!(
        "Every password is `{}`. Some of the accounts:\n",
        offices::PASSWORD
    );
    say!("{table}\n");
    say!("Other villages, townships and counties have theirs by the same pattern. Ctrl-C ends it.");
}
