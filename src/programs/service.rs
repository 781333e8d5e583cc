//! Use cases of programs.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use chrono::NaiveDate;
use serde::Serialize;

use super::model::{Claimed, Decision, Program, ProgramFile, ProgramVersion, Stacking, Terms};
use super::{rules, store};
use crate::access::{Permit, acts, divisions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::crypto::{hex, sha256};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::ProgramVersionId;
use crate::registry::Resident;
use crate::registry::facts::{self, AsOf, Snapshot};

pub use super::store::all;

/// Versions that were read before. What they lay down never changes; only an open end is closed, which
/// is looked up where it matters (`in_force`).
static KNOWN: LazyLock<Mutex<HashMap<ProgramVersionId, Arc<ProgramVersion>>>> =
    LazyLock::new(Mutex::default);

/// Versions kept at once; an office has a few dozen.
const MOST_KNOWN: usize = 1_000;

/// What some versions lay down.
pub fn laid_down(
    db: &mut Db,
    ids: &[ProgramVersionId],
) -> Result<HashMap<ProgramVersionId, Arc<ProgramVersion>>> {
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut found: HashMap<_, _> = {
        let known = known();
        let of = |id: &ProgramVersionId| Some((*id, Arc::clone(known.get(id)?)));
        ids.iter().filter_map(of).collect()
    };
    let missing: Vec<_> = ids
        .iter()
        .copied()
        .filter(|id| !found.contains_key(id))
        .collect();
    if !missing.is_empty() {
        for version in store::versions_among(db, &missing)? {
            let version = Arc::new(version);
            let mut known = known();
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(version.id, Arc::clone(&version));
            found.insert(version.id, version);
        }
    }
    Ok(found)
}

/// What a version lays down that a case follows.
pub fn version(db: &mut Db, id: ProgramVersionId) -> Result<Arc<ProgramVersion>> {
    laid_down(db, &[id])?
        .remove(&id)
        .ok_or_else(|| Error::internal("a case follows a version of its program"))
}

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
        .filter(|version| version.terms.division_code.contains(division))
        .max_by_key(|version| version.terms.division_code.level())
        .ok_or_else(|| Code::ProgramNoVersion.into())
}

/// What a version's rules say of a resident, with what is known now, on a day.
pub fn decide(
    db: &mut Db,
    version: &ProgramVersion,
    resident: &Resident,
    day: NaiveDate,
) -> Result<Decision> {
    decide_claim(db, version, resident, day, None)
}

/// As `decide`, of an application that claims for something.
pub fn decide_claim(
    db: &mut Db,
    version: &ProgramVersion,
    resident: &Resident,
    day: NaiveDate,
    claimed: Option<&Claimed>,
) -> Result<Decision> {
    let at = AsOf {
        valid_at: day,
        known_at: None,
    };
    let snapshot = facts::service::snapshot(db, resident.id, at)?;
    let compiled = rules::of_version(version)?;
    let who = (resident, &snapshot);
    Ok(rules::decide_claim(version, &compiled, who, day, claimed))
}

/// What a version's rules say of a resident, by what is believed.
pub fn judge(
    version: &ProgramVersion,
    resident: &Resident,
    snapshot: &Snapshot,
    day: NaiveDate,
) -> Result<Decision> {
    let compiled = rules::of_version(version)?;
    Ok(rules::decide(version, &compiled, (resident, snapshot), day))
}

/// All programs with the versions that hold on a day, each anywhere in the city.
#[derive(Debug)]
pub struct Offers(Vec<(Program, Vec<ProgramVersion>)>);

impl Offers {
    pub fn on(db: &mut Db, day: NaiveDate) -> Result<Self> {
        let programs = store::all(db)?;
        let of = |db: &mut Db, program: Program| {
            let versions = store::versions(db, &program.code, Some(day))?;
            Ok((program, versions))
        };
        let all = programs.into_iter().map(|program| of(db, program));
        Ok(Self(all.collect::<Result<_>>()?))
    }

    /// Of one program only.
    pub fn of(db: &mut Db, code: &str, day: NaiveDate) -> Result<Self> {
        let program = find(db, code)?;
        let versions = store::versions(db, code, Some(day))?;
        Ok(Self(vec![(program, versions)]))
    }

    /// What holds where somebody lives.
    pub fn there(
        &self,
        division: DivisionCode,
    ) -> impl Iterator<Item = (&Program, &ProgramVersion)> {
        self.0.iter().filter_map(move |(program, versions)| {
            let over = versions
                .iter()
                .filter(|version| version.terms.division_code.contains(division));
            let nearest = over.max_by_key(|version| version.terms.division_code.level())?;
            Some((program, nearest))
        })
    }
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
        let program = entry.program;
        match store::find(tx, &program.code)? {
            None => {
                store::insert(tx, &program)?;
                done.programs += 1;
            }
            Some(known) if known == program => {}
            Some(_) => return Err(refuse(format!("{} exists and differs", program.code))),
        }
        let known = store::versions(tx, &program.code, None)?;
        for new in entry.versions {
            let name = format!("{} version {}", program.code, new.version);
            check(tx, &new.terms).map_err(|error| {
                let said: Vec<_> = error
                    .field_errors()
                    .iter()
                    .map(|field| format!("{} {}", field.pointer, field.detail.en))
                    .collect();
                if said.is_empty() {
                    error
                } else {
                    refuse(format!("{name}: {}", said.join("; ")))
                }
            })?;
            let mut version = ProgramVersion {
                id: tx.new_id(),
                program_code: program.code.clone(),
                version: new.version,
                terms: new.terms,
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

/// Refuses terms that break a rule, naming every field; what looks like a slip is handed back.
pub fn check(db: &mut Db, terms: &Terms) -> Result<Vec<rules::Problem>> {
    let mut wrong = terms.problems();
    let divisions = std::iter::once(terms.division_code).chain(
        terms
            .rules
            .parameters
            .iter()
            .flat_map(|parameter| parameter.tables.keys().copied()),
    );
    for division in divisions {
        let known = divisions::service::known(db, division).is_ok();
        if !known || !(terms.division_code.contains(division)) {
            wrong.push(FieldError::new(
                "/division_code",
                "division.unknown",
                format!("{division} is no division of the version's"),
                format!("{division} 不是该版本适用范围内的区划"),
            ));
        }
    }
    let doubts = match rules::read(&terms.rules) {
        Ok((_, doubts)) => doubts,
        Err(problems) => {
            wrong.extend(problems.into_iter().map(rules::Problem::field));
            Vec::new()
        }
    };
    if wrong.is_empty() {
        Ok(doubts)
    } else {
        Err(Error::fields(wrong))
    }
}

/// Adds a program; what it lays down comes with its versions.
pub fn create(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ProgramDraft>,
    program: Program,
) -> Result<Recorded<Program>> {
    let wrong = program.problems();
    if !wrong.is_empty() {
        return Err(Error::fields(wrong));
    }
    store::insert(tx, &program)?;
    let event = Event::new(permit.origin(), "program.created").change("program", &program);
    tx.record(event, program)
}

/// Each pair of programs once.
pub fn stacking(db: &mut Db) -> Result<Vec<Stacking>> {
    let programs = store::all(db)?;
    let pairs = programs.iter().enumerate().flat_map(|(place, one)| {
        let others = programs.iter().skip(place + 1);
        others.map(move |other| Stacking {
            program_code: one.code.clone(),
            other_program_code: other.code.clone(),
            relation: one.beside(other),
        })
    });
    Ok(pairs.collect())
}
