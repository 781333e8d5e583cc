//! What every command begins with: the log, the keys, a connection.

use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use super::{Outcome, Problem};
use crate::audit::Origin;
use crate::db::migrate::{self, Schema};
use crate::db::{Db, Store};
use crate::kernel::crypto::Keys;
use crate::kernel::given::{Given, SystemClock};
use crate::server::settings::{LogFormat, Settings};

pub fn log(settings: &Settings) -> Outcome {
    let filter = EnvFilter::try_new(&settings.log).map_err(|error| format!("log: {error}"))?;
    let builder = tracing_subscriber::fmt()
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

pub fn keys(settings: &Settings) -> Result<Arc<Keys>, Problem> {
    Ok(Arc::new(Keys::open_or_create(&settings.keys)?))
}

/// A connection for a command at the console, on a schema it knows.
pub fn connect(settings: &Settings) -> Result<Db, Problem> {
    let mut db = settings.database_url.connect(&given(), &keys(settings)?)?;
    require_current(&mut db, settings)?;
    Ok(db)
}

pub fn open(settings: &Settings, given: &Given) -> Result<Store, Problem> {
    let keys = keys(settings)?;
    let mut db = settings.database_url.connect(given, &keys)?;
    require_current(&mut db, settings)?;
    Ok(Store::open(
        &settings.database_url,
        settings.size,
        given,
        &keys,
    )?)
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

/// Whose doing a command's records are.
pub fn console(db: &Db) -> Origin {
    let mut origin = Origin::system(db.new_id());
    origin.username = Some("console".to_owned());
    origin
}
