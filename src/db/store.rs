//! The threads that own connections. Requests hand them closures through bounded queues: SQLite
//! has one writer and a few readers, PostgreSQL as many of each as configured. A full queue is an
//! honest "busy" rather than a growing one.
//!
//! SQLite's writer lets the units that wait together share a commit, and so its wait for the disk:
//! each runs in a savepoint of its own, and all are answered after it. Looks are taken by the
//! readers; their records are stored together, by that writer or by a recorder that PostgreSQL has
//! for it, and the answers go out when the records are durable.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::result::ConnectionError;
use tokio::sync::oneshot;

use super::connect::Duty;
use super::unit::{Outcome, Sight, Unit, Work, guarded};
use super::{DatabaseUrl, Db, Kind, Looked, Reach, Recorded, Tx};
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

/// Records that one statement stores at the most.
const SIGHTS: usize = 256;

/// Units that share a commit at the most, and for how long more are let in.
const TOGETHER: usize = 64;
const ADMISSION: Duration = Duration::from_millis(5);

/// The door to the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    reads: Sender<Job>,
    writes: Sender<Work>,
    /// Waits for room: a look that was taken is worth the wait.
    sights: Arc<dyn Fn(Sight) + Send + Sync>,
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
        let first = url.connect_seat(given, keys, Duty::Writing)?;
        let seat = |duty, db| Seat {
            db,
            duty,
            url: url.clone(),
            given: given.clone(),
            keys: Arc::clone(keys),
        };
        let (reads, jobs) = bounded::<Job>(QUEUE);
        for number in 0..size.readers.get() {
            let (jobs, mut seat) = (jobs.clone(), seat(Duty::Reading, None));
            start(format!("reader-{number}"), move || {
                jobs.iter().for_each(|job| job(&mut seat));
            })?;
        }
        let (writes, works) = bounded::<Work>(QUEUE);
        let (writers, together) = match url.kind() {
            Kind::Sqlite => (1, TOGETHER),
            Kind::Postgres => (size.writers.get(), 1),
        };
        let mut first = Some(first);
        for number in 0..writers {
            let (works, mut seat) = (works.clone(), seat(Duty::Writing, first.take()));
            start(format!("writer-{number}"), move || {
                while let Ok(work) = works.recv() {
                    seat.commit(work, &works, together);
                }
            })?;
        }
        let sights: Arc<dyn Fn(Sight) + Send + Sync> = match url.kind() {
            Kind::Sqlite => {
                let writes = writes.clone();
                // A queue whose thread is gone drops the sight, and the waiting answer with it.
                Arc::new(move |sight| drop(writes.send(Work::Sight(sight))))
            }
            Kind::Postgres => {
                let (sights, waiting) = bounded::<Sight>(QUEUE);
                let mut seat = seat(Duty::Writing, None);
                start("recorder".to_owned(), move || {
                    while let Ok(first) = waiting.recv() {
                        seat.record(first, &waiting);
                    }
                })?;
                Arc::new(move |sight| drop(sights.send(sight)))
            }
        };
        Ok(Self {
            reads,
            writes,
            sights,
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

    /// Reads what needs no record.
    pub async fn read<T: Send + 'static>(
        &self,
        reach: Reach,
        work: impl FnOnce(&mut Db) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |seat| {
            // Nobody waits any more when the client hung up; the work is done all the same.
            seat.read(reach, work, |outcome| drop(answer.send(outcome)));
        });
        hand_over(&self.reads, job)?;
        answered.await.map_err(Error::internal)?
    }

    /// Reads what nobody may see without a record of it; the answer comes when that is durable.
    pub async fn look<T: Send + 'static>(
        &self,
        reach: Reach,
        work: impl FnOnce(&mut Db) -> Result<Looked<T>> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let sights = Arc::clone(&self.sights);
        let job: Job = Box::new(move |seat| {
            seat.read(reach, work, |outcome| match outcome {
                Ok(Looked { value, row }) => sights(Sight {
                    row,
                    answer: Box::new(move |stored| drop(answer.send(stored.map(|()| value)))),
                }),
                Err(error) => drop(answer.send(Err(error))),
            });
        });
        hand_over(&self.reads, job)?;
        answered.await.map_err(Error::internal)?
    }

    /// One unit of work; the answer comes after the commit.
    pub async fn write<T: Send + 'static>(
        &self,
        reach: Reach,
        work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let work = Box::new(move |tx: Result<&mut Tx<'_>>| {
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
        hand_over(&self.writes, Work::Unit(Unit { reach, work }))?;
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
    duty: Duty,
    url: DatabaseUrl,
    given: Given,
    keys: Arc<Keys>,
}

impl Seat {
    fn connected(&mut self) -> Result<&mut Db> {
        match &mut self.db {
            Some(db) => Ok(db),
            empty => {
                let fresh = self.url.connect_seat(&self.given, &self.keys, self.duty);
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

    fn read<T>(
        &mut self,
        reach: Reach,
        work: impl FnOnce(&mut Db) -> Result<T>,
        then: impl FnOnce(Result<T>),
    ) {
        match self.connected() {
            Ok(db) => {
                let fault = db.read(reach, work, then);
                self.look_after(fault);
            }
            Err(error) => then(Err(error)),
        }
    }

    /// Does work, and what waits behind it, in one transaction; answers when it is known to last.
    fn commit(&mut self, first: Work, waiting: &Receiver<Work>, together: usize) {
        let db = match self.connected() {
            Ok(db) => db,
            Err(error) => return first.refuse(error),
        };
        let since = Instant::now();
        let (gathered, committed) = db.write_together(first, |done| {
            let admits = done < together && since.elapsed() < ADMISSION;
            admits.then(|| waiting.try_recv().ok()).flatten()
        });
        let fault = gathered.answer(&committed);
        self.look_after(fault);
    }

    fn record(&mut self, first: Sight, waiting: &Receiver<Sight>) {
        let db = match self.connected() {
            Ok(db) => db,
            Err(error) => return Work::Sight(first).refuse(error),
        };
        let sights = std::iter::once(first).chain(waiting.try_iter());
        let fault = db.record_sights(sights.take(SIGHTS).collect());
        self.look_after(fault);
    }
}
