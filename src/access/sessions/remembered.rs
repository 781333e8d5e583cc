//! Who somebody is and what they may do, remembered for a moment: for looks only, never for a change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::access::permit::Actor;
use crate::kernel::id::SessionId;

/// Sessions remembered at once, at the most.
const MOST: usize = 10_000;

type Known = HashMap<SessionId, (Instant, Arc<Actor>)>;

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

    pub fn get(&self, session: SessionId) -> Option<Arc<Actor>> {
        let known = self.known();
        let (since, actor) = known.get(&session)?;
        (since.elapsed() < self.lifetime).then(|| Arc::clone(actor))
    }

    pub fn put(&self, session: SessionId, actor: Arc<Actor>) {
        if self.lifetime.is_zero() {
            return;
        }
        let mut known = self.known();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(session, (Instant::now(), actor));
    }

    pub fn forget(&self) {
        self.known().clear();
    }
}
