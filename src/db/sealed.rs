//! Columns whose values are encrypted, and how a newer key takes the place of an older one there.
//!
//! Every value says which key made it, so a rotation needs no memory: what does not begin as it
//! should is still to be done, whoever stopped in the middle.

use diesel::define_sql_function;
use diesel::sql_types::{Binary, Integer, Nullable};
use uuid::Uuid;

use super::{Db, Tx};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::Id;

define_sql_function! {
    /// A part of a value of bytes; the same on both databases.
    fn substr(value: Nullable<Binary>, from: Integer, count: Integer) -> Nullable<Binary>;
}

/// Where a value stands, and the value.
type Placed = (Uuid, Vec<u8>);
type Next = fn(&mut Db, header: &[u8], after: Uuid, most: i64) -> Result<Vec<Placed>>;

/// A column that `sealed_column!` describes.
#[derive(Debug, Clone, Copy)]
pub struct SealedColumn {
    pub table: &'static str,
    pub name: &'static str,
    pub count: fn(&mut Db, header: &[u8]) -> Result<i64>,
    pub next: Next,
    pub replace: fn(&mut Tx<'_>, Uuid, old: &[u8], new: &[u8]) -> Result<bool>,
}

/// Describes a column for which `keys().seal("table|column|key", …)` made the values.
macro_rules! sealed_column {
    ($table:ident :: $column:ident of $key:ident : $id:ty) => {
        $crate::db::sealed::SealedColumn {
            table: stringify!($table),
            name: stringify!($column),
            count: |db, header| {
                let beginning = $crate::db::sealed::substr(
                    $table::$column.nullable(),
                    1,
                    $crate::db::sealed::HEADER_LENGTH,
                );
                Ok($table::table
                    .filter(beginning.ne(header))
                    .count()
                    .get_result(db.conn())?)
            },
            next: |db, header, after, most| {
                let beginning = $crate::db::sealed::substr(
                    $table::$column.nullable(),
                    1,
                    $crate::db::sealed::HEADER_LENGTH,
                );
                let rows: Vec<($id, Option<Vec<u8>>)> = $table::table
                    .filter($table::$key.gt(<$id>::new(after)))
                    .filter(beginning.ne(header))
                    .order($table::$key)
                    .limit(most)
                    .select(($table::$key, $table::$column.nullable()))
                    .load(db.conn())?;
                Ok(rows
                    .into_iter()
                    .filter_map(|(id, value)| Some((id.uuid(), value?)))
                    .collect())
            },
            replace: |tx, id, old, new| {
                let unchanged = $table::table
                    .find(<$id>::new(id))
                    .filter($table::$column.eq(old));
                let changed = diesel::update(unchanged)
                    .set($table::$column.eq(new))
                    .execute(tx.conn())?;
                Ok(changed == 1)
            },
        }
    };
}
pub(crate) use sealed_column;

/// How many bytes say which key made a value.
pub const HEADER_LENGTH: i32 = 3;

/// Values that one unit of work encrypts anew.
const MOST: i64 = 500;

impl SealedColumn {
    /// How many values an older key made.
    pub fn outdated(&self, db: &mut Db) -> Result<i64> {
        let header = db.keys().present_header();
        (self.count)(db, &header)
    }

    /// Encrypts values anew that follow a row; the last of them, or nothing when all are done. A value
    /// that somebody changes meanwhile is left as they wrote it.
    pub fn renew_some(&self, tx: &mut Tx<'_>, after: Uuid) -> Result<Option<(Uuid, usize)>> {
        let header = tx.keys().present_header();
        let outdated = (self.next)(tx, &header, after, MOST)?;
        let Some((last, _)) = outdated.last() else {
            return Ok(None);
        };
        let last = *last;
        let mut renewed = 0;
        for (id, old) in outdated {
            let place = format!("{}|{}|{id}", self.table, self.name);
            let plain = tx.keys().open(&place, &old).map_err(Error::internal)?;
            let new = tx.keys().seal(&place, &plain).map_err(Error::internal)?;
            renewed += usize::from((self.replace)(tx, id, &old, &new)?);
        }
        Ok(Some((last, renewed)))
    }
}

/// A text as it stands in a sealed column: `column` is `table|column`.
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
