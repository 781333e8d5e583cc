//! Whose token it is and what they may do, remembered for a moment: for looks only, never for a
//! change. To verify a signature costs a tenth of what a look does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::access::permit::Actor;
use crate::kernel::time::Timestamp;

/// Tokens remembered at once, at the most.
const MOST: usize = 10_000;

#[derive(Debug)]
struct Holder {
    since: Instant,
    /// When the token ends.
    until: Timestamp,
    actor: Arc<Actor>,
}

type Known = HashMap<String, Holder>;

/// By the machine's own time, which nobody sets back.
#[derive(Debug)]
pub struct Remembered {
    lifetime: Duration,
    known: Mutex<Known>,
}

impl Remembered {
    pub fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, token: &str, now: Timestamp) -> Option<Arc<Actor>> {
        let known = self.known();
        let holder = known.get(token)?;
        let counts = holder.since.elapsed() < self.lifetime && now < holder.until;
        counts.then(|| Arc::clone(&holder.actor))
    }

    /// Only for a token that was verified.
    pub fn put(&self, token: String, until: Timestamp, actor: Arc<Actor>) {
        if self.lifetime.is_zero() {
            return;
        }
        let mut known = self.known();
        if known.len() >= MOST {
            known.clear();
        }
        let since = Instant::now();
        known.insert(
            token,
            Holder {
                since,
                until,
                actor,
            },
        );
    }

    pub fn forget(&self) {
        self.known().clear();
    }
}
