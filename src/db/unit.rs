//! The unit of work: a transaction that cannot commit without a record of what it did.

use std::any::Any;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection;

use super::{Db, Kind};
use crate::kernel::error::{Error, Result};

/// Something the audit can store. Only `audit` implements it (`tests/architecture.rs` looks).
pub trait Record {
    fn store(self, db: &mut Db) -> Result<()>;
}

/// The proof that a record of this value's making lies in the same transaction.
#[must_use = "a recorded value belongs to a unit of work: return it"]
#[derive(Debug)]
pub struct Recorded<T>(T);

impl<T> Recorded<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Recorded<U> {
        Recorded(change(self.0))
    }

    pub fn try_map<U>(self, change: impl FnOnce(T) -> Result<U>) -> Result<Recorded<U>> {
        change(self.0).map(Recorded)
    }

    /// Joins a part that was recorded on its own with the whole it belongs to.
    pub fn and<U>(self, other: Recorded<U>) -> Recorded<(T, U)> {
        Recorded((self.0, other.0))
    }

    pub fn value(&self) -> &T {
        &self.0
    }
}

/// A connection inside a write transaction.
#[derive(Debug)]
pub struct Tx<'a>(&'a mut Db);

impl Deref for Tx<'_> {
    type Target = Db;
    fn deref(&self) -> &Db {
        self.0
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Db {
        self.0
    }
}

impl Tx<'_> {
    /// Writes the record and hands the value on with its proof.
    pub fn record<T>(&mut self, record: impl Record, value: T) -> Result<Recorded<T>> {
        record.store(self.0)?;
        Ok(Recorded(value))
    }

    /// Runs a part that may fail without taking the whole with it: a savepoint.
    pub fn attempt<T>(&mut self, part: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.multi.batch_execute("SAVEPOINT part")?;
        match guarded(|| part(&mut Tx(self.0))) {
            Ok(value) => {
                self.multi.batch_execute("RELEASE SAVEPOINT part")?;
                Ok(value)
            }
            Err(error) => {
                self.multi
                    .batch_execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")?;
                Err(error)
            }
        }
    }
}

impl Db {
    /// Runs one unit of work: all of it with its record, or nothing.
    pub fn write<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>>) -> Result<T> {
        // SQLite takes the write lock up front, so that no unit fails half way for want of it.
        let (begin, commit) = match self.kind() {
            Kind::Sqlite => ("BEGIN IMMEDIATE", "COMMIT"),
            // After a swallowed error PostgreSQL answers COMMIT with a silent rollback; the SELECT
            // fails in that case, and with it the commit.
            Kind::Postgres => ("BEGIN", "SELECT 1; COMMIT"),
        };
        self.multi.batch_execute(begin)?;
        let outcome = guarded(|| work(&mut Tx(self))).and_then(|recorded| {
            self.multi.batch_execute(commit)?;
            Ok(recorded.0)
        });
        if outcome.is_err() {
            // Fails where the database rolled back by itself, which is as good.
            drop(self.multi.batch_execute("ROLLBACK"));
        }
        outcome
    }
}

/// A panic is a fault of ours, but not a reason to leave a transaction open.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Error::internal(said(&*panic))))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a message"))
}
