//! `huican migrate`

use super::{Outcome, setup};
use crate::casework::calendar;
use crate::db::Db;
use crate::db::migrate::{self, Schema};
use crate::server::settings::Settings;

/// Public holidays as published so far; an office adds later years with `huican import calendar`.
const CALENDAR: &[u8] = include_bytes!("../../data/calendar-days.csv");

pub fn run(settings: &Settings) -> Outcome {
    let mut db = settings
        .database_url
        .connect(&setup::given(), &setup::new_keys(settings)?)?;
    let url = &settings.database_url;
    match migrate::schema(&mut db)? {
        Schema::Current | Schema::Behind { .. } => {}
        Schema::Foreign => return Err(format!("{url} holds tables that are not huican's").into()),
        Schema::Unknown(versions) => {
            let versions = versions.join(", ");
            return Err(format!(
                "{url} has versions this program does not know ({versions}): use a newer huican"
            )
            .into());
        }
    }
    let done = bring_up(&mut db)?;
    match done.as_slice() {
        [] => say!("{} is up to date.", settings.database_url),
        done => say!("{}: ran {}.", settings.database_url, done.join(", ")),
    }
    Ok(())
}

/// Runs what is pending; a new database gets the calendar, and notes its keys.
pub fn bring_up(db: &mut Db) -> crate::kernel::error::Result<Vec<String>> {
    let is_new = matches!(migrate::schema(db)?, Schema::Behind { empty: true, .. });
    let done = migrate::up(db)?;
    if is_new {
        let origin = setup::console(db);
        setup::note_keys(db, &origin)?;
        db.write(|tx| calendar::service::import(tx, &origin, CALENDAR))?;
    }
    Ok(done)
}
