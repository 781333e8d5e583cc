//! Texts that are kept sealed, under the row they stand in.

use crate::db::Db;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::Id;

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
