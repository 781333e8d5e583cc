//! Texts as outreach keeps them: of so many characters, and sealed under the row they stand in.

use crate::db::{Db, Recorded};
use crate::kernel::error::{Error, FieldError, Result};
use crate::kernel::id::Id;

/// Of a name, a document, a way to reach somebody.
pub const SHORT: usize = 100;
/// Of what somebody writes.
pub const LONG: usize = 4_000;

/// A text without what surrounds it, if it is not empty and not too long.
pub fn text(pointer: &str, given: &str, longest: usize) -> Result<String, FieldError> {
    let given = given.trim();
    if (1..=longest).contains(&given.chars().count()) {
        return Ok(given.to_owned());
    }
    Err(FieldError::new(
        pointer,
        "text.length",
        format!("1 to {longest} characters"),
        format!("1 至 {longest} 个字"),
    ))
}

/// As [`text`]; what is empty is not there.
pub fn maybe(
    pointer: &str,
    given: Option<&str>,
    longest: usize,
) -> Result<Option<String>, FieldError> {
    let given = given.map(str::trim).filter(|one| !one.is_empty());
    given.map(|one| text(pointer, one, longest)).transpose()
}

/// `column` is `table|column`.
pub fn seal<K>(db: &Db, column: &str, id: Id<K>, text: &str) -> Result<Vec<u8>> {
    let place = format!("{column}|{id}");
    let sealed = db.keys().seal(&place, text.as_bytes());
    sealed.map_err(Error::internal)
}

pub fn seal_if<K>(db: &Db, column: &str, id: Id<K>, text: Option<&str>) -> Result<Option<Vec<u8>>> {
    text.map(|text| seal(db, column, id, text)).transpose()
}

pub fn open<K>(db: &Db, column: &str, id: Id<K>, sealed: Option<&[u8]>) -> Result<Option<String>> {
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let place = format!("{column}|{id}");
    let plain = db.keys().open(&place, sealed).map_err(Error::internal)?;
    String::from_utf8(plain.to_vec())
        .map(Some)
        .map_err(Error::internal)
}

/// What was done, with what was done along with it.
pub fn along<T>(done: Recorded<T>, others: Vec<Recorded<()>>) -> Recorded<T> {
    let add = |done: Recorded<T>, other| done.and(other).map(|(value, ())| value);
    others.into_iter().fold(done, add)
}
