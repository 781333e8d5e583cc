//! The unit of work: a transaction that cannot commit without a record of what it did.

use std::any::Any;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection;

use super::{Db, Kind};
use crate::kernel::error::{Code, Error, Result};

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

    pub(super) fn into_value(self) -> T {
        self.0
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

/// A unit of work on its way to a writer; it is handed a transaction, or why there is none.
pub(super) type Unit = Box<dyn FnOnce(Result<&mut Tx<'_>>) -> Outcome + Send>;

/// What became of a unit inside its transaction.
pub(super) struct Outcome {
    /// It asks for a commit.
    pub succeeded: bool,
    pub fault: bool,
    /// Answers whoever waits, once it is known whether the commit lasted.
    pub answer: Box<dyn FnOnce(Result<()>)>,
}

impl Db {
    /// Runs one unit of work: all of it with its record, or nothing.
    pub fn write<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>>) -> Result<T> {
        self.begin()?;
        let outcome = guarded(|| work(&mut Tx(self))).and_then(|recorded| {
            self.commit()?;
            Ok(recorded.0)
        });
        if outcome.is_err() {
            self.roll_back();
        }
        outcome
    }

    /// Runs units of work that share a commit; one that fails takes back only itself. `next` is
    /// told how many have run.
    pub(super) fn write_together(
        &mut self,
        first: Unit,
        mut next: impl FnMut(usize) -> Option<Unit>,
    ) -> (Vec<Outcome>, Result<()>) {
        if let Err(error) = self.begin() {
            return (vec![first(Err(error))], Ok(()));
        }
        let mut outcomes = Vec::new();
        let mut sound = Ok(());
        match next(1) {
            // Alone, a unit needs no savepoint.
            None => outcomes.push(first(Ok(&mut Tx(self)))),
            Some(second) => {
                let (mut unit, mut behind) = (Some(first), Some(second));
                while let Some(this) = unit {
                    let (outcome, ended) = self.part(this);
                    outcomes.push(outcome);
                    sound = ended;
                    if sound.is_err() {
                        outcomes.extend(behind.map(|unit| unit(Err(Code::Busy.into()))));
                        break;
                    }
                    unit = behind.take().or_else(|| next(outcomes.len()));
                }
            }
        }
        let asked = outcomes.iter().any(|outcome| outcome.succeeded);
        let committed = sound.and_then(|()| if asked { self.commit() } else { Ok(()) });
        if committed.is_err() || !asked {
            self.roll_back();
        }
        (outcomes, committed)
    }

    fn part(&mut self, unit: Unit) -> (Outcome, Result<()>) {
        if let Err(error) = self.multi.batch_execute("SAVEPOINT unit") {
            let error = Error::from(error);
            return (unit(Err(Error::shared(&error))), Err(error));
        }
        let outcome = unit(Ok(&mut Tx(self)));
        let end = if outcome.succeeded {
            "RELEASE SAVEPOINT unit"
        } else {
            "ROLLBACK TO SAVEPOINT unit; RELEASE SAVEPOINT unit"
        };
        let ended = self.multi.batch_execute(end).map_err(Into::into);
        (outcome, ended)
    }

    fn begin(&mut self) -> Result<()> {
        // SQLite takes the write lock up front, so that no unit fails half way for want of it.
        let begin = match self.kind() {
            Kind::Sqlite => "BEGIN IMMEDIATE",
            Kind::Postgres => "BEGIN",
        };
        Ok(self.multi.batch_execute(begin)?)
    }

    fn commit(&mut self) -> Result<()> {
        let commit = match self.kind() {
            Kind::Sqlite => "COMMIT",
            // After a swallowed error PostgreSQL answers COMMIT with a silent rollback; the SELECT
            // fails in that case, and with it the commit.
            Kind::Postgres => "SELECT 1; COMMIT",
        };
        Ok(self.multi.batch_execute(commit)?)
    }

    /// Fails where the database rolled back by itself, which is as good.
    fn roll_back(&mut self) {
        drop(self.multi.batch_execute("ROLLBACK"));
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
