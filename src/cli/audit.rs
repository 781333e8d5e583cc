//! `huican audit`

use std::path::PathBuf;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, setup};
use crate::audit::Origin;
use crate::audit::sealing::{self, Ledger};
use crate::db::Db;
use crate::server::settings::Settings;

#[derive(Debug, Subcommand)]
pub enum What {
    /// Verify the record, or a copy of it, against its seals
    Verify {
        /// The checkpoints' copy outside the database, to find what was cut off or rolled back
        #[arg(long, value_name = "FILE")]
        checkpoints: Option<PathBuf>,
    },
}

pub fn run(settings: &Settings, what: What) -> Outcome {
    let mut db = setup::connect(settings)?;
    match what {
        What::Verify { checkpoints } => {
            let origin = setup::console(&db);
            verify(&mut db, &origin, checkpoints)
        }
    }
}

fn verify(db: &mut Db, origin: &Origin, checkpoints: Option<PathBuf>) -> Outcome {
    let all = sealing::summaries(db, None, 1)?
        .first()
        .map_or(0, |last| last.number);
    let style = ProgressStyle::with_template("{bar:40} checkpoint {pos}/{len}, {eta} left")?;
    let bar = ProgressBar::new(u64::try_from(all)?).with_style(style);
    let found = sealing::verify(db, 0, |so_far| {
        bar.set_position(u64::try_from(so_far.up_to).unwrap_or(0));
        true
    })?;
    bar.finish_and_clear();
    let fault = match (found.fault, checkpoints) {
        (None, Some(file)) if !file.exists() => {
            return Err(format!("there is no file {}", file.display()).into());
        }
        (None, Some(file)) => sealing::against(db, Ledger::lines(&file)?)?,
        (fault, _) => fault,
    };
    let found = sealing::Verification { fault, ..found };
    // Verifying is on record where the record can be added to.
    let event = found.event(origin);
    if let Err(error) = db.write(|tx| tx.record(event, ())) {
        eprintln!("The verification itself is not on record: {error}");
    }
    if let Some(fault) = &found.fault {
        return Err(format!("the record is not sound: {fault}").into());
    }
    let unsealed = sealing::unsealed(db)?;
    say!(
        "The record is sound: {} entries under {} checkpoints; {unsealed} newer ones are not sealed yet.",
        found.entries,
        found.up_to
    );
    Ok(())
}
