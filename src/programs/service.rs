//! Use cases of programs.

use chrono::NaiveDate;
use serde::Serialize;

use super::model::{Decision, Program, ProgramFile, ProgramVersion};
use super::rules::{self, Tables};
use super::store;
use crate::access::divisions;
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::crypto::{hex, sha256};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};
use crate::registry::Resident;
use crate::registry::facts::{self, AsOf};

pub use super::store::{all, steps, version};

pub fn find(db: &mut Db, code: &str) -> Result<Program> {
    store::find(db, code)?.ok_or_else(|| Code::ProgramNotFound.into())
}

pub fn versions(db: &mut Db, code: &str, on: Option<NaiveDate>) -> Result<Vec<ProgramVersion>> {
    find(db, code)?;
    store::versions(db, code, on)
}

/// The version in force in a division on a day: a county's own before the city's.
pub fn in_force(
    db: &mut Db,
    code: &str,
    division: DivisionCode,
    day: NaiveDate,
) -> Result<ProgramVersion> {
    store::versions(db, code, Some(day))?
        .into_iter()
        .filter(|version| version.division_code.contains(division))
        .max_by_key(|version| version.division_code.level())
        .ok_or_else(|| Code::ProgramNoVersion.into())
}

/// What a version's rules say of a resident, with what is known now, on a day.
pub fn decide(
    db: &mut Db,
    version: &ProgramVersion,
    resident: &Resident,
    day: NaiveDate,
) -> Result<Decision> {
    let at = AsOf {
        valid_at: day,
        known_at: None,
    };
    let snapshot = facts::service::snapshot(db, resident.id, at)?;
    let compiled = rules::of_version(version, &[])?;
    let person = (resident, &snapshot);
    Ok(rules::decide(
        version,
        &compiled,
        &Tables::default(),
        person,
        day,
    ))
}

/// What an import of programs did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    pub programs: usize,
    pub versions: usize,
    pub unchanged: usize,
}

/// Takes programs over from a file: all of it or nothing. A version that exists is never edited.
pub fn import(tx: &mut Tx<'_>, origin: &Origin, content: &[u8]) -> Result<Recorded<Imported>> {
    let refuse = |text: String| Error::new(Code::RequestInvalid).detail(text.clone(), text);
    let file: ProgramFile =
        serde_json::from_slice(content).map_err(|error| refuse(error.to_string()))?;
    let mut done = Imported::default();
    for entry in file.programs {
        let program = Program {
            code: entry.code,
            service: entry.service,
            name_zh: entry.name_zh,
            name_en: entry.name_en,
        };
        if store::find(tx, &program.code)?.is_none() {
            store::insert(tx, &program)?;
            done.programs += 1;
        }
        let known = store::versions(tx, &program.code, None)?;
        for new in entry.versions {
            let name = format!("{} version {}", program.code, new.version);
            new.check()
                .map_err(|problem| refuse(format!("{name}: {problem}")))?;
            rules::read(&new.rules, &[]).map_err(|problems| {
                let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
                refuse(format!("{name}: {}", said.join("; ")))
            })?;
            divisions::service::known(tx, new.division_code)?;
            let mut version = ProgramVersion {
                id: tx.new_id(),
                program_code: program.code.clone(),
                version: new.version,
                division_code: new.division_code,
                effective_from: new.effective_from,
                effective_to: new.effective_to,
                legal_basis: new.legal_basis,
                steps: new.steps,
                rules: new.rules,
            };
            match known.iter().find(|old| old.version == version.version) {
                None => {
                    store::insert_version(tx, &version)?;
                    done.versions += 1;
                }
                Some(old) => {
                    version.id = old.id;
                    if *old != version {
                        return Err(refuse(format!(
                            "{name} exists and differs: a version is never edited, add a new one"
                        )));
                    }
                    done.unchanged += 1;
                }
            }
        }
    }
    let event = Event::new(origin, "program.imported")
        .change("file_sha256", hex(&sha256(content)))
        .change("outcome", done);
    tx.record(event, done)
}
