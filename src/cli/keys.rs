//! `huican keys list|add|renew|reencrypt|retire`: newer keys in place of older ones.

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

use super::{Outcome, setup};
use crate::audit::{Event, Origin};
use crate::db::Db;
use crate::db::sealed::SealedColumn;
use crate::kernel::crypto::{Keys, Purpose};
use crate::server::sealed_columns;
use crate::server::settings::Settings;

#[derive(Debug, Subcommand)]
pub enum What {
    /// Show which versions the key file has
    List,
    /// Make a newer key known without using it: where several machines each have a copy of the file,
    /// copy it before the next step
    Add { purpose: Purpose },
    /// Put the newest key into use, making one unless one waits; values under an older encryption
    /// key are then encrypted anew
    Renew { purpose: Purpose },
    /// Go on encrypting anew what an older key encrypted; begins where it was left
    Reencrypt,
    /// Forget the keys that are not in use any more
    Retire { purpose: Purpose },
}

pub fn run(settings: &Settings, what: &What) -> Outcome {
    let (mut db, keys) = setup::connect_with_keys(settings)?;
    let origin = setup::console(&db);
    match what {
        What::List => {
            for purpose in Purpose::ALL {
                for (version, state) in keys.versions(purpose)? {
                    say!("{:<10} {version:>5} {}", purpose.as_str(), state.as_str());
                }
            }
        }
        What::Add { purpose } => {
            let version = on_record(&mut db, &origin, "keys.added", *purpose, || {
                keys.add(*purpose)
            })?;
            say!(
                "Version {version} of the {} key waits to be used.",
                purpose.as_str()
            );
        }
        What::Renew { purpose } => {
            let renew = || keys.renew(*purpose);
            let version = on_record(&mut db, &origin, "keys.renewed", *purpose, renew)?;
            say!(
                "Version {version} of the {} key is in use.",
                purpose.as_str()
            );
            if *purpose == Purpose::Encryption {
                reencrypt(&mut db, &origin)?;
            }
        }
        What::Reencrypt => reencrypt(&mut db, &origin)?,
        What::Retire { purpose } => retire(&mut db, &origin, &keys, *purpose)?,
    }
    Ok(())
}

/// No change of the key file without a record of it.
fn on_record<T: serde::Serialize, E: std::error::Error + Send + Sync + 'static>(
    db: &mut Db,
    origin: &Origin,
    event: &'static str,
    purpose: Purpose,
    change: impl FnOnce() -> Result<T, E>,
) -> Result<T, super::Problem> {
    let mut problem = None;
    let done = db.write(|tx| {
        let changed = change().map_err(|error| {
            problem = Some(error);
            crate::kernel::error::Error::internal("the key file was not changed")
        })?;
        let event = Event::new(origin, event)
            .change("purpose", purpose.as_str())
            .change("result", &changed);
        tx.record(event, changed)
    });
    match problem {
        Some(problem) => Err(problem.into()),
        None => Ok(done?),
    }
}

fn outdated(db: &mut Db) -> crate::kernel::error::Result<i64> {
    let counts = sealed_columns().map(|column| column.outdated(db));
    counts.sum()
}

fn reencrypt(db: &mut Db, origin: &Origin) -> Outcome {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} values, {eta} left")?;
    let bar = ProgressBar::new(u64::try_from(outdated(db)?)?).with_style(style);
    for column in sealed_columns() {
        reencrypt_column(db, origin, column, &bar)?;
    }
    bar.finish_and_clear();
    say!("Encrypted {} values anew.", bar.position());
    Ok(())
}

fn reencrypt_column(
    db: &mut Db,
    origin: &Origin,
    column: &SealedColumn,
    bar: &ProgressBar,
) -> Outcome {
    let mut after = Uuid::nil();
    loop {
        let some = db.write(|tx| {
            let some = column.renew_some(tx, after)?;
            let event = Event::new(origin, "keys.reencrypted")
                .change("column", format!("{}.{}", column.table, column.name))
                .change("values", some.map_or(0, |(_, values)| values));
            tx.record(event, some)
        })?;
        let Some((last, values)) = some else {
            return Ok(());
        };
        after = last;
        bar.inc(u64::try_from(values)?);
    }
}

fn retire(db: &mut Db, origin: &Origin, keys: &Keys, purpose: Purpose) -> Outcome {
    match purpose {
        Purpose::Seal => {
            return Err(
                "older seal keys are kept: what they sealed could not be verified without them"
                    .into(),
            );
        }
        Purpose::Encryption => {
            let left = outdated(db)?;
            if left > 0 {
                return Err(format!(
                    "{left} values are still under an older key: run `huican keys reencrypt` first"
                )
                .into());
            }
        }
        Purpose::Token => {}
    }
    let gone = on_record(db, origin, "keys.retired", purpose, || keys.retire(purpose))?;
    say!(
        "Forgot {gone} older versions of the {} key.",
        purpose.as_str()
    );
    Ok(())
}
