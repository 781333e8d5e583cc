//! Looking divisions up, and taking over the list a statistics office publishes.

use std::collections::HashSet;

use super::model::{Division, Imported, ListError};
use super::store;
use crate::access::Scope;
use crate::audit::{Event, Origin};
use crate::db::{Db, Recorded, Tx};
use crate::kernel::crypto::{hex, sha256};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};

pub use super::model::read_csv;
pub use super::store::{all, children, find};

/// The division where something is registered today; a replaced code is named with its successor.
pub fn current(db: &mut Db, code: DivisionCode, pointer: &str) -> Result<Division> {
    let today = db.today();
    let Some(division) = store::find(db, code)? else {
        return Err(Error::field(
            pointer,
            "division.unknown",
            "there is no such division",
            "没有这个区划",
        ));
    };
    match (division.valid_to, division.successor_code) {
        (Some(end), Some(successor)) if end <= today => Err(Error::field(
            pointer,
            "division.replaced",
            format!("this code ended on {end}; its successor is {successor}"),
            format!("该代码已于{end}停用，由{successor}接替"),
        )),
        (Some(end), None) if end <= today => Err(Error::field(
            pointer,
            "division.ended",
            format!("this code ended on {end}"),
            format!("该代码已于{end}停用"),
        )),
        _ => Ok(division),
    }
}

pub fn known(db: &mut Db, code: DivisionCode) -> Result<Division> {
    store::find(db, code)?.ok_or_else(|| Code::DivisionNotFound.into())
}

/// Everything there is, for commands at the console: who runs them has the whole database.
pub fn everywhere(db: &mut Db) -> Result<Scope> {
    Ok(Scope::of(store::topmost(db)?))
}

/// Takes a list over: all of it or nothing. What is not in the list stays as it is.
pub fn import(tx: &mut Tx<'_>, origin: &Origin, content: &[u8]) -> Result<Recorded<Imported>> {
    let refuse = |error: ListError| {
        Error::new(Code::RequestInvalid).detail(error.to_string(), error.to_string())
    };
    let list = read_csv(content).map_err(refuse)?;
    let known = store::all(tx)?;
    let listed: HashSet<DivisionCode> = list.iter().map(|division| division.code).collect();
    let exists = |code: &DivisionCode| listed.contains(code) || known.contains_key(code);
    let mut done = Imported::default();
    let mut followed = Vec::new();
    for division in &list {
        for (other, relation) in [
            (division.parent_code, "parent"),
            (division.successor_code, "successor"),
        ] {
            if let Some(other) = other.filter(|other| !exists(other)) {
                return Err(refuse(ListError::Dangling {
                    code: division.code,
                    other,
                    relation,
                }));
            }
        }
        match known.get(&division.code) {
            None => {
                // A successor may stand further down in the list.
                let alone = Division {
                    successor_code: None,
                    ..division.clone()
                };
                store::insert(tx, &alone)?;
                followed.extend(division.successor_code.map(|_| division));
                done.added += 1;
            }
            Some(old) if old == division => done.unchanged += 1,
            Some(_) => {
                store::update(tx, division)?;
                done.changed += 1;
            }
        }
    }
    for division in followed {
        store::update(tx, division)?;
    }
    let event = Event::new(origin, "division.imported")
        .change("file_sha256", hex(&sha256(content)))
        .change("outcome", done);
    tx.record(event, done)
}
