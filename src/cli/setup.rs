//! What every command begins with: the log, the keys, a connection.

use std::fs::OpenOptions;
use std::io::{ErrorKind, IsTerminal};
use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use super::{Outcome, Problem};
use crate::audit::{Event, Origin};
use crate::db::migrate::{self, Schema};
use crate::db::{Db, Store, fence, installation};
use crate::kernel::crypto::{Keys, hex};
use crate::kernel::given::{Given, SystemClock};
use crate::server::settings::{LogFormat, Settings};

pub fn log(settings: &Settings) -> Outcome {
    let filter = EnvFilter::try_new(&settings.log).map_err(|error| format!("log: {error}"))?;
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_ansi(terminal)
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => builder.try_init()?,
        LogFormat::Json => builder.json().try_init()?,
    }
    tracing::info!(%settings, "settings");
    Ok(())
}

pub fn given() -> Given {
    Given::new(Arc::new(SystemClock))
}

/// The keys, made when they are missing: for a database that is about to be made as well.
pub fn new_keys(settings: &Settings) -> Result<Arc<Keys>, Problem> {
    Ok(Arc::new(Keys::open_or_create(&settings.keys)?))
}

/// A connection for a command at the console, on a schema it knows.
pub fn connect(settings: &Settings) -> Result<Db, Problem> {
    connect_with_keys(settings).map(|(db, _keys)| db)
}

pub fn connect_with_keys(settings: &Settings) -> Result<(Db, Arc<Keys>), Problem> {
    known(settings, &given())
}

pub fn open(settings: &Settings, given: &Given) -> Result<Store, Problem> {
    let (_db, keys) = known(settings, given)?;
    Ok(Store::open(
        &settings.database_url,
        settings.size,
        given,
        &keys,
    )?)
}

/// A database that is there, of this version, and written with the keys we have.
fn known(settings: &Settings, given: &Given) -> Result<(Db, Arc<Keys>), Problem> {
    let url = &settings.database_url;
    if url.file().is_some_and(|file| !file.exists()) {
        return Err(format!("there is no {url}: run `huican migrate` first").into());
    }
    let keys = Arc::new(Keys::read(&settings.keys)?);
    let mut db = url.connect(given, &keys)?;
    require_current(&mut db, settings)?;
    require_same_keys(&mut db, settings)?;
    Ok((db, keys))
}

fn require_current(db: &mut Db, settings: &Settings) -> Outcome {
    let url = &settings.database_url;
    match migrate::schema(db)? {
        Schema::Current => Ok(()),
        Schema::Behind { empty: true, .. } => {
            Err(format!("{url} is empty: run `huican migrate` first").into())
        }
        Schema::Behind { pending, .. } => Err(format!(
            "{url} is {pending} migrations behind this program: run `huican migrate` first"
        )
        .into()),
        Schema::Foreign => Err(format!(
            "{url} holds tables that are not huican's: give it a database of its own"
        )
        .into()),
        Schema::Unknown(versions) => Err(format!(
            "{url} has a schema this program does not know ({}): use a newer huican",
            versions.join(", ")
        )
        .into()),
    }
}

/// SQLite opens what may not be written to for reading alone, and keeps it so until it is closed.
/// To be asked before it is opened: it makes the files beside it in the same manner.
pub fn require_writable(settings: &Settings) -> Outcome {
    let url = &settings.database_url;
    match url
        .file()
        .map(|file| OpenOptions::new().write(true).open(file))
    {
        Some(Err(error)) if error.kind() != ErrorKind::NotFound => {
            Err(format!("{url} cannot be written to: {error}").into())
        }
        _ => Ok(()),
    }
}

/// On PostgreSQL the service is held by the database, too, or does not start.
pub fn require_fence(settings: &Settings) -> Outcome {
    let mut db = connect(settings)?;
    match fence::objection(&mut db)? {
        None => Ok(()),
        Some(objection) => Err(format!("{}: {objection}", settings.database_url).into()),
    }
}

const KEYS: &str = "keys";

fn mark_of(db: &Db) -> String {
    hex(&db.keys().blind_index("installation", KEYS))
}

/// Notes in a new database which keys it is written with.
pub fn note_keys(db: &mut Db, origin: &Origin) -> crate::kernel::error::Result<()> {
    let mark = mark_of(db);
    db.write(|tx| {
        installation::set(tx, KEYS, &mark)?;
        tx.record(Event::new(origin, "installation.keys_noted"), ())
    })
}

/// With other keys nothing sealed could be opened, and everybody could be registered twice.
pub fn require_same_keys(db: &mut Db, settings: &Settings) -> Outcome {
    let noted = installation::get(db, KEYS)?;
    if noted == Some(mark_of(db)) {
        return Ok(());
    }
    let (keys, url) = (settings.keys.display(), &settings.database_url);
    Err(format!("the keys in {keys} are not those that {url} was written with: say in `keys` where those are").into())
}

/// Whose doing a command's records are.
pub fn console(db: &Db) -> Origin {
    let mut origin = Origin::system(db.new_id());
    origin.username = Some("console".to_owned());
    origin
}
