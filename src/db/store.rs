//! The threads that own connections. Requests hand them closures through bounded queues: SQLite
//! has one writer and a few readers, PostgreSQL as many of each as configured. A full queue is an
//! honest "busy" rather than a growing one.
//!
//! SQLite's writer lets the units that wait together share a commit, and so its wait for the disk:
//! each runs in a savepoint of its own, and all are answered after it.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::result::ConnectionError;
use tokio::sync::oneshot;

use super::unit::{Outcome, Unit, guarded};
use super::{DatabaseUrl, Db, Kind, Recorded, Tx};
use crate::kernel::crypto::Keys;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::given::Given;

type Job = Box<dyn FnOnce(&mut Seat) + Send>;

/// How many connections of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub readers: NonZeroUsize,
    /// PostgreSQL only: SQLite has one writer.
    pub writers: NonZeroUsize,
}

const QUEUE: usize = 512;

/// Units that share a commit at the most, and for how long more are let in.
const TOGETHER: usize = 64;
const ADMISSION: Duration = Duration::from_millis(5);

/// The door to the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    reads: Sender<Job>,
    writes: Sender<Unit>,
    given: Given,
    keys: Arc<Keys>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Connects once, to fail here if it must, and starts the threads.
    pub fn open(
        url: &DatabaseUrl,
        size: Size,
        given: &Given,
        keys: &Arc<Keys>,
    ) -> std::result::Result<Self, ConnectionError> {
        let writers = match url.kind() {
            Kind::Sqlite => 1,
            Kind::Postgres => size.writers.get(),
        };
        let first = url.connect(given, keys)?;
        let seat = |db| Seat {
            db,
            url: url.clone(),
            given: given.clone(),
            keys: Arc::clone(keys),
        };
        let (reads, read_jobs) = bounded::<Job>(QUEUE);
        let (writes, units) = bounded::<Unit>(QUEUE);
        for number in 0..size.readers.get() {
            let (jobs, mut seat) = (read_jobs.clone(), seat(None));
            start(format!("reader-{number}"), move || {
                jobs.iter().for_each(|job| job(&mut seat));
            })?;
        }
        let together = if url.kind() == Kind::Sqlite {
            TOGETHER
        } else {
            1
        };
        let mut first = Some(first);
        for number in 0..writers {
            let (units, mut seat) = (units.clone(), seat(first.take()));
            start(format!("writer-{number}"), move || {
                while let Ok(unit) = units.recv() {
                    seat.commit(unit, &units, together);
                }
            })?;
        }
        Ok(Self {
            reads,
            writes,
            given: given.clone(),
            keys: Arc::clone(keys),
        })
    }

    pub fn given(&self) -> &Given {
        &self.given
    }

    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |seat| {
            // Nobody waits any more when the client hung up; the work is done all the same.
            drop(answer.send(seat.run(work)));
        });
        hand_over(&self.reads, job)?;
        answered.await.map_err(Error::internal)?
    }

    /// One unit of work; the answer comes after the commit.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let unit: Unit = Box::new(move |tx| {
            let done = tx.and_then(|tx| guarded(|| work(tx)));
            Outcome {
                succeeded: done.is_ok(),
                fault: done.as_ref().is_err_and(Error::is_fault),
                answer: Box::new(move |committed| {
                    let lasting =
                        done.and_then(|recorded| committed.map(|()| recorded.into_value()));
                    drop(answer.send(lasting));
                }),
            }
        });
        hand_over(&self.writes, unit)?;
        answered.await.map_err(Error::internal)?
    }
}

fn hand_over<J>(queue: &Sender<J>, job: J) -> Result<()> {
    queue.try_send(job).map_err(|_full| Code::Busy.into())
}

fn start(
    name: String,
    work: impl FnOnce() + Send + 'static,
) -> std::result::Result<(), ConnectionError> {
    let started = std::thread::Builder::new().name(name).spawn(work);
    started
        .map(drop)
        .map_err(|error| ConnectionError::BadConnection(format!("no thread: {error}")))
}

/// A thread's place at the database: a connection, made anew when it broke.
struct Seat {
    db: Option<Db>,
    url: DatabaseUrl,
    given: Given,
    keys: Arc<Keys>,
}

impl Seat {
    fn connected(&mut self) -> Result<&mut Db> {
        match &mut self.db {
            Some(db) => Ok(db),
            empty => {
                let fresh = self.url.connect(&self.given, &self.keys);
                Ok(empty.insert(fresh.map_err(|error| Error::new(Code::Busy).because(error))?))
            }
        }
    }

    /// After a fault that may be the connection's, the next job gets a fresh one if it was.
    fn look_after(&mut self, fault: bool) {
        if fault && self.db.as_mut().is_some_and(|db| db.ping().is_err()) {
            self.db = None;
        }
    }

    fn run<T>(&mut self, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        let db = self.connected()?;
        let outcome = guarded(|| work(db));
        self.look_after(outcome.as_ref().is_err_and(Error::is_fault));
        outcome
    }

    /// Runs a unit, and those that wait behind it, in one transaction; answers them when it is known
    /// to last.
    fn commit(&mut self, first: Unit, waiting: &Receiver<Unit>, together: usize) {
        let db = match self.connected() {
            Ok(db) => db,
            Err(error) => return (first(Err(error)).answer)(Ok(())),
        };
        let since = Instant::now();
        let (outcomes, committed) = db.write_together(first, |done| {
            let admits = done < together && since.elapsed() < ADMISSION;
            admits.then(|| waiting.try_recv().ok()).flatten()
        });
        let fault = committed.is_err() || outcomes.iter().any(|outcome| outcome.fault);
        for outcome in outcomes {
            (outcome.answer)(committed.as_ref().map_err(Error::shared).copied());
        }
        self.look_after(fault);
    }
}
