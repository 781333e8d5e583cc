//! Use cases of the calendar.

use chrono::NaiveDate;
use serde::Deserialize;

use super::store;
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::crypto::{hex, sha256};
use crate::kernel::date;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::working_days::{DayKind, WorkingDays};

pub fn load(db: &mut Db) -> Result<WorkingDays> {
    Ok(store::all(db)?.into_iter().collect())
}

#[derive(Deserialize)]
struct Line {
    #[serde(deserialize_with = "date::written")]
    date: NaiveDate,
    kind: DayKind,
    name: String,
}

/// Takes over `date,kind,name`; how many days.
pub fn import(tx: &mut Tx<'_>, origin: &Origin, content: &[u8]) -> Result<Recorded<usize>> {
    let mut days = 0;
    for line in csv::Reader::from_reader(content).deserialize::<Line>() {
        let Line { date, kind, name } = line.map_err(|error| {
            Error::new(Code::RequestInvalid).detail(error.to_string(), error.to_string())
        })?;
        store::put(tx, date, kind, &name)?;
        days += 1;
    }
    let event = Event::new(origin, "calendar.imported")
        .change("file_sha256", hex(&sha256(content)))
        .change("days", days);
    tx.record(event, days)
}
