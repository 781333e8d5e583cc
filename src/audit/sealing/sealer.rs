//! The sealer at work in a running office.
//!
//! Every process runs one. They need no leader: what one has sealed is not new to the next, and of
//! two at the same moment the checkpoint's number lets one through.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Ledger, Line, Verification, service};
use crate::audit::Origin;
use crate::db::{Db, Reach, Store};
use crate::kernel::error::{Code, Error, Result};

/// Seals what is new and copies the checkpoints to a file outside; cheap to clone.
#[derive(Debug, Clone)]
pub struct Sealer {
    ledger: Arc<Mutex<Ledger>>,
}

/// How the file outside stands to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// The last checkpoint in the file.
    pub last: Line,
    pub agrees: bool,
}

/// Entries that one request verifies, or a few more: about a second's work.
const ENTRIES: u64 = 200_000;

/// What one request verified.
#[derive(Debug)]
pub struct Verified {
    pub verification: Verification,
    /// Entries that no checkpoint covers yet.
    pub unsealed: i64,
}

impl Sealer {
    pub fn open(ledger: &Path) -> Result<Self> {
        let ledger = Arc::new(Mutex::new(Ledger::open(ledger)?));
        Ok(Self { ledger })
    }

    fn last_outside(&self) -> Option<Line> {
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.last().cloned()
    }

    /// Seals all that is new by now; how many entries.
    pub async fn run_due(&self, store: &Store) -> Result<usize> {
        let mut sealed = 0;
        while let Some(checkpoint) = store.read(Reach::EVERYTHING, service::next).await? {
            let entries = checkpoint.leaves.len();
            let stored = store
                .write(Reach::EVERYTHING, move |tx| service::seal(tx, checkpoint))
                .await;
            match stored {
                Ok(()) => sealed += entries,
                // By another process, in this moment.
                Err(error) if error.code() == Code::AuditSealed => break,
                Err(error) => return Err(error),
            }
        }
        self.copy(store).await?;
        Ok(sealed)
    }

    /// Adds to the file what it does not have yet, unless it knows better than the database.
    async fn copy(&self, store: &Store) -> Result<()> {
        loop {
            let last = self.last_outside();
            let read = move |db: &mut Db| service::unknown_to(db, last.as_ref());
            let Some(fresh) = store.read(Reach::EVERYTHING, read).await? else {
                tracing::error!(
                    "the checkpoints outside are not those of this database: it was rolled back, restored or \
                     tampered with; run `huican audit verify --checkpoints FILE`"
                );
                return Ok(());
            };
            if fresh.is_empty() {
                return Ok(());
            }
            let ledger = Arc::clone(&self.ledger);
            let write = move || {
                let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
                ledger.append(&fresh)
            };
            tokio::task::spawn_blocking(write)
                .await
                .map_err(Error::internal)??;
        }
    }

    /// Verifies from one checkpoint on, as far as one request goes, on record as somebody's doing.
    /// Whoever asks, seals cover all offices' entries alike; what is told is whether they are sound.
    pub async fn verify(&self, store: &Store, origin: Origin, after: i64) -> Result<Verified> {
        let look = move |db: &mut Db| {
            let verification = service::verify(db, after, |so_far| so_far.entries < ENTRIES)?;
            let unsealed = service::unsealed(db)?;
            let event = verification
                .event(&origin)
                .change("after_checkpoint", after);
            let verified = Verified {
                verification,
                unsealed,
            };
            db.looked(event, verified)
        };
        store.look(Reach::EVERYTHING, look).await
    }

    /// What the file outside says of the database.
    pub async fn outside(&self, store: &Store) -> Result<Option<Outside>> {
        let Some(last) = self.last_outside() else {
            return Ok(None);
        };
        let line = last.clone();
        let agrees = store
            .read(Reach::EVERYTHING, move |db| {
                Ok(service::unknown_to(db, Some(&line))?.is_some())
            })
            .await?;
        Ok(Some(Outside { last, agrees }))
    }
}
