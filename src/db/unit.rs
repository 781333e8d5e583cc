//! The unit of work: a transaction that cannot commit without a record of what it did.

use std::any::Any;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection;

use super::reach::Extent;
use super::record::{self, AuditRow, Entry, Record};
use super::{Db, Kind, Reach};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, Result};

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

    /// With what was done along with it, each on its own record.
    pub fn along<U>(self, others: impl IntoIterator<Item = Recorded<U>>) -> Self {
        others
            .into_iter()
            .fold(self, |whole, part| whole.and(part).map(|(value, _)| value))
    }

    pub(super) fn into_value(self) -> T {
        self.0
    }

    pub fn value(&self) -> &T {
        &self.0
    }
}

/// What somebody looked at, with the record of the look: it is handed out when that is durable.
#[must_use = "a look belongs to its record: return it"]
#[derive(Debug)]
pub struct Looked<T> {
    pub(super) value: T,
    pub(super) row: AuditRow,
}

impl<T> Looked<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Looked<U> {
        Looked {
            value: change(self.value),
            row: self.row,
        }
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

    /// A look taken in the course of a unit of work: its record is part of the unit.
    pub fn keep<T>(&mut self, looked: Looked<T>) -> Result<Recorded<T>> {
        record::insert(self.0, &looked.row)?;
        Ok(Recorded(looked.value))
    }

    /// Works on what goes from one office to another, within the divisions of both ends.
    pub fn reaching<T>(
        &mut self,
        also: &[DivisionCode],
        work: impl FnOnce(&mut Tx<'_>) -> Result<T>,
    ) -> Result<T> {
        let both = self.reach.and(also);
        self.0.reaching(both, |db| work(&mut Tx(db)))
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

/// What waits for a writer.
pub(super) enum Work {
    Unit(Unit),
    Sight(Sight),
}

impl Work {
    /// Nothing was done, because of this.
    pub fn refuse(self, error: Error) {
        match self {
            Self::Unit(unit) => ((unit.work)(Err(error)).answer)(Ok(())),
            Self::Sight(sight) => (sight.answer)(Err(error)),
        }
    }
}

/// A unit of work on its way to a writer; it is handed a transaction, or why there is none.
pub(super) struct Unit {
    pub reach: Reach,
    pub work: Doing,
}

type Doing = Box<dyn FnOnce(Result<&mut Tx<'_>>) -> Outcome + Send>;

/// The record of a look that was taken already; the answer waits for it.
pub(super) struct Sight {
    pub row: AuditRow,
    pub answer: Box<dyn FnOnce(Result<()>) + Send>,
}

/// What became of a unit inside its transaction.
pub(super) struct Outcome {
    /// It asks for a commit.
    pub succeeded: bool,
    pub fault: bool,
    /// Answers whoever waits, once it is known whether the commit lasted.
    pub answer: Box<dyn FnOnce(Result<()>)>,
}

/// What a shared transaction has gathered until its commit.
#[derive(Default)]
pub(super) struct Gathered {
    outcomes: Vec<Outcome>,
    sights: Vec<Sight>,
}

impl Gathered {
    fn len(&self) -> usize {
        self.outcomes.len() + self.sights.len()
    }

    /// Takes in what was admitted to a transaction that has failed already.
    fn refuse(&mut self, work: Work) {
        match work {
            Work::Unit(unit) => self.outcomes.push((unit.work)(Err(Code::Busy.into()))),
            Work::Sight(sight) => self.sights.push(sight),
        }
    }

    fn asks_for_commit(&self) -> bool {
        !self.sights.is_empty() || self.outcomes.iter().any(|outcome| outcome.succeeded)
    }

    /// Tells all who wait; whether something went wrong that may be the connection's doing.
    pub fn answer(self, committed: &Result<()>) -> bool {
        let end = || committed.as_ref().map_err(Error::shared).copied();
        let fault = committed.is_err() || self.outcomes.iter().any(|outcome| outcome.fault);
        for outcome in self.outcomes {
            (outcome.answer)(end());
        }
        for sight in self.sights {
            (sight.answer)(end());
        }
        fault
    }
}

impl Db {
    /// Runs one unit of work: all of it with its record, or nothing.
    pub fn write<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>>) -> Result<T> {
        self.begin(self.reach.clone())?;
        let outcome = guarded(|| work(&mut Tx(self))).and_then(|recorded| {
            self.commit()?;
            Ok(recorded.0)
        });
        if outcome.is_err() {
            self.roll_back();
        }
        outcome
    }

    /// Goes with what was looked at: the record that must be durable before the answer leaves.
    pub fn looked<T>(&self, record: impl Entry, value: T) -> Result<Looked<T>> {
        let row = record.row(self.now())?;
        Ok(Looked { value, row })
    }

    /// Runs work that reads, on one state of the database and within `reach`. Without a reach there
    /// is no transaction either: single statements are enough.
    pub(super) fn read<T>(
        &mut self,
        reach: Reach,
        work: impl FnOnce(&mut Self) -> Result<T>,
        then: impl FnOnce(Result<T>),
    ) -> bool {
        if reach.is_nothing() {
            self.reach = reach;
            let outcome = guarded(|| work(self));
            let fault = outcome.as_ref().is_err_and(Error::is_fault);
            then(outcome);
            return fault;
        }
        let begin = match self.kind() {
            Kind::Sqlite => "BEGIN".to_owned(),
            Kind::Postgres => format!(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}",
                reach.settings(Extent::Transaction)
            ),
        };
        self.reach = reach;
        let begun = self.multi.batch_execute(&begin).map_err(Error::from);
        let outcome = begun.and_then(|()| guarded(|| work(self)));
        let fault = outcome.as_ref().is_err_and(Error::is_fault);
        // The answer need not wait for the end of a transaction that changed nothing.
        then(outcome);
        self.multi.batch_execute("ROLLBACK").is_err() || fault
    }

    /// Runs units of work and stores records that share a commit; a unit that fails takes back only
    /// itself. `next` is told how many have run.
    pub(super) fn write_together(
        &mut self,
        first: Work,
        mut next: impl FnMut(usize) -> Option<Work>,
    ) -> (Gathered, Result<()>) {
        let mut gathered = Gathered::default();
        let reach = match &first {
            Work::Unit(unit) => unit.reach.clone(),
            Work::Sight(_) => Reach::NOTHING,
        };
        if let Err(error) = self.begin(reach) {
            gathered.refuse(first);
            return (gathered, Err(error));
        }
        let done = self.gather(&mut gathered, first, &mut next);
        let committed = done.and_then(|()| {
            if gathered.asks_for_commit() {
                self.commit()
            } else {
                Ok(())
            }
        });
        if committed.is_err() || !gathered.asks_for_commit() {
            self.roll_back();
        }
        (gathered, committed)
    }

    fn gather(
        &mut self,
        gathered: &mut Gathered,
        first: Work,
        next: &mut impl FnMut(usize) -> Option<Work>,
    ) -> Result<()> {
        let mut behind = next(1);
        let mut work = match (first, &behind) {
            // Alone, a unit needs no savepoint.
            (Work::Unit(unit), None) => {
                gathered.outcomes.push((unit.work)(Ok(&mut Tx(self))));
                None
            }
            (first, _) => Some(first),
        };
        while let Some(this) = work {
            match this {
                Work::Sight(sight) => gathered.sights.push(sight),
                Work::Unit(unit) => {
                    let (outcome, ended) = self.part(unit);
                    gathered.outcomes.push(outcome);
                    if ended.is_err() {
                        if let Some(admitted) = behind {
                            gathered.refuse(admitted);
                        }
                        return ended;
                    }
                }
            }
            work = behind.take().or_else(|| next(gathered.len()));
        }
        let rows: Vec<_> = gathered.sights.iter().map(|sight| &sight.row).collect();
        record::insert_all(self, &rows)
    }

    /// Stores the records of looks, by one statement.
    pub(super) fn record_sights(&mut self, sights: Vec<Sight>) -> bool {
        let rows: Vec<_> = sights.iter().map(|sight| &sight.row).collect();
        let stored = record::insert_all(self, &rows);
        let gathered = Gathered {
            outcomes: Vec::new(),
            sights,
        };
        gathered.answer(&stored)
    }

    fn part(&mut self, unit: Unit) -> (Outcome, Result<()>) {
        if let Err(error) = self.multi.batch_execute("SAVEPOINT unit") {
            let error = Error::from(error);
            return ((unit.work)(Err(Error::shared(&error))), Err(error));
        }
        let outcome = (unit.work)(Ok(&mut Tx(self)));
        let end = if outcome.succeeded {
            "RELEASE SAVEPOINT unit"
        } else {
            "ROLLBACK TO SAVEPOINT unit; RELEASE SAVEPOINT unit"
        };
        let ended = self.multi.batch_execute(end).map_err(Into::into);
        (outcome, ended)
    }

    fn begin(&mut self, reach: Reach) -> Result<()> {
        let begin = match self.kind() {
            // SQLite takes the write lock up front, so that no unit fails half way for want of it.
            Kind::Sqlite => "BEGIN IMMEDIATE".to_owned(),
            Kind::Postgres => format!("BEGIN; {}", reach.settings(Extent::Transaction)),
        };
        self.reach = reach;
        Ok(self.multi.batch_execute(&begin)?)
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
