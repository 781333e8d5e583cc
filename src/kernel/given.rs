//! What a pure program cannot make itself: the present moment and fresh ids. They are handed in,
//! so that a test, a demonstration or a replay decides what time it is.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use uuid::{ContextV7, Uuid};

use super::id::Id;
use super::time::Timestamp;

pub trait Clock: Debug + Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The computer's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the computer's clock"
    )]
    fn now(&self) -> Timestamp {
        chrono::Utc::now().into()
    }
}

/// A clock that stands until it is moved: the demonstration relives a year with it.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.micros()))
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.micros(), Ordering::SeqCst);
    }

    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The clock and the source of ids, as everything above receives them.
#[derive(Clone)]
pub struct Given {
    clock: Arc<dyn Clock>,
    ids: Arc<Mutex<ContextV7>>,
}

impl Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

impl Given {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            ids: Arc::new(Mutex::new(ContextV7::new())),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A UUIDv7; those of one process never run backwards within a millisecond.
    pub fn new_id<K>(&self) -> Id<K> {
        let micros = u64::try_from(self.now().micros()).unwrap_or(0);
        let nanos = u32::try_from(micros % 1_000_000 * 1_000).unwrap_or(0);
        let moment = uuid::Timestamp::from_unix(self.ids.as_ref(), micros / 1_000_000, nanos);
        Id::new(Uuid::new_v7(moment))
    }
}

#[cfg(test)]
mod tests {
    use super::super::id::Request;
    use super::*;

    #[test]
    fn ids_of_a_standing_clock_still_rise() {
        let given = Given::new(Arc::new(ManualClock::at(Timestamp::from_micros(
            1_650_000_000_000_000,
        ))));
        let ids: Vec<Id<Request>> = (0..1000).map(|_| given.new_id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
