//! The threads that own connections. Requests hand them closures through bounded queues: SQLite
//! has one writer and a few readers, PostgreSQL as many of each as configured. A full queue is an
//! honest "busy" rather than a growing one.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::result::ConnectionError;
use tokio::sync::oneshot;

use super::unit::guarded;
use super::{DatabaseUrl, Db, Kind, Recorded, Tx};
use crate::kernel::crypto::Keys;
use crate::kernel::error::{Class, Code, Error, Result};
use crate::kernel::given::Given;

/// A job leaves word whether its connection may be used again.
type Job = Box<dyn FnOnce(&mut Seat) + Send>;

/// How many connections of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub readers: NonZeroUsize,
    /// PostgreSQL only: SQLite has one writer.
    pub writers: NonZeroUsize,
}

const QUEUE: usize = 512;

/// The door to the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    reads: Sender<Job>,
    writes: Sender<Job>,
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
        let start = |name: &str, count: usize, mut db: Option<Db>| {
            let (queue, jobs) = bounded::<Job>(QUEUE);
            for number in 0..count {
                let (jobs, seat) = (jobs.clone(), seat(db.take()));
                std::thread::Builder::new()
                    .name(format!("{name}-{number}"))
                    .spawn(move || serve(&jobs, seat))
                    .map_err(|error| {
                        ConnectionError::BadConnection(format!("no thread: {error}"))
                    })?;
            }
            Ok::<_, ConnectionError>(queue)
        };
        Ok(Self {
            writes: start("writer", writers, Some(first))?,
            reads: start("reader", size.readers.get(), None)?,
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
        run(&self.reads, work).await
    }

    /// One unit of work; the answer comes after the commit.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<Recorded<T>> + Send + 'static,
    ) -> Result<T> {
        run(&self.writes, |db| db.write(work)).await
    }
}

async fn run<T: Send + 'static>(
    queue: &Sender<Job>,
    work: impl FnOnce(&mut Db) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move |seat| {
        // Nobody waits any more when the client hung up; the work is done all the same.
        drop(answer.send(seat.run(work)));
    });
    queue
        .try_send(job)
        .map_err(|_full| Error::new(Code::Busy))?;
    answered.await.map_err(Error::internal)?
}

fn serve(jobs: &Receiver<Job>, mut seat: Seat) {
    for job in jobs {
        job(&mut seat);
    }
}

/// A thread's place at the database: a connection, made anew when it broke.
struct Seat {
    db: Option<Db>,
    url: DatabaseUrl,
    given: Given,
    keys: Arc<Keys>,
}

impl Seat {
    fn run<T>(&mut self, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        let db = match &mut self.db {
            Some(db) => db,
            empty => {
                let fresh = self.url.connect(&self.given, &self.keys);
                empty.insert(fresh.map_err(|error| Error::new(Code::Busy).because(error))?)
            }
        };
        let outcome = guarded(|| work(db));
        let suspect = matches!(&outcome, Err(error) if matches!(error.code().class(), Class::Internal | Class::Unavailable));
        if suspect && db.ping().is_err() {
            self.db = None;
        }
        outcome
    }
}
