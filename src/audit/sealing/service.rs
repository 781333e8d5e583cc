//! Sealing what is new, and verifying what was sealed.

use std::time::Duration;

use super::ledger::Line;
use super::model::{Checkpoint, Fault, FaultKind, Gap, Hash, Leaf, merkle_root};
use super::store;
use crate::audit::{Event, Origin};
use crate::db::{Db, Kind, Recorded, Tx};
use crate::kernel::error::{Error, Result};
use crate::kernel::time::Timestamp;

pub use super::store::summaries;

/// Entries under one checkpoint at the most.
const MOST: i64 = 4_000;
/// A transaction that has not ended after so long never commits: the database ends it long before.
const GAP_LIFETIME: Duration = Duration::from_hours(1);
const MOST_GAPS: usize = 10_000;

/// The checkpoint over what is new, signed but not stored; nothing where nothing is new. Several
/// processes may try: the number of a checkpoint is unique, so one of them seals.
pub fn next(db: &mut Db) -> Result<Option<Checkpoint>> {
    let last = store::last(db)?;
    let (number, previous, up_to) = last.as_ref().map_or((1, Hash::default(), None), |last| {
        (last.number + 1, last.link(), Some(last.last_sequence))
    });
    let open = last.map(|last| last.gaps).unwrap_or_default();
    let numbers: Vec<_> = open.iter().map(|gap| gap.sequence).collect();
    let late = if numbers.is_empty() {
        Vec::new()
    } else {
        store::entries_numbered(db, &numbers)?
    };
    let fresh = store::entries(db, up_to, i64::MAX, MOST)?;
    if late.is_empty() && fresh.is_empty() {
        return Ok(None);
    }
    let now = db.now();
    let gaps = gaps(&open, &late, &fresh, up_to, now);
    let last_sequence = fresh
        .last()
        .map(|leaf| leaf.sequence)
        .or(up_to)
        .unwrap_or(0);
    let late_count = i64::try_from(late.len()).map_err(Error::internal)?;
    let leaves = [late, fresh].concat();
    let key = db
        .keys()
        .seal_key()
        .ok_or_else(|| Error::internal("no key seals the record"))?;
    let mut checkpoint = Checkpoint {
        number,
        sealed_at: now,
        last_sequence,
        root: merkle_root(&leaves),
        leaves,
        late: late_count,
        gaps,
        previous,
        key_id: key.id.clone(),
        signature: Vec::new(),
    };
    checkpoint.signature = key.sign(&checkpoint.content());
    Ok(Some(checkpoint))
}

/// The gaps that were open and still are, and those between the fresh entries.
fn gaps(
    open: &[Gap],
    late: &[Leaf],
    fresh: &[Leaf],
    up_to: Option<i64>,
    now: Timestamp,
) -> Vec<Gap> {
    let still_open = open.iter().copied().filter(|gap| {
        now.since(gap.seen_at) < GAP_LIFETIME
            && late.iter().all(|leaf| leaf.sequence != gap.sequence)
    });
    let ends = std::iter::once(up_to.unwrap_or(0)).chain(fresh.iter().map(|leaf| leaf.sequence));
    let new = ends
        .clone()
        .zip(ends.skip(1))
        .flat_map(|(one, next)| one + 1..next)
        .map(|sequence| Gap {
            sequence,
            seen_at: now,
        });
    let mut gaps: Vec<_> = still_open.chain(new).collect();
    let too_many = gaps.len().saturating_sub(MOST_GAPS);
    gaps.drain(..too_many);
    gaps
}

/// Stores a checkpoint; `audit.sealed` where another process was first.
pub fn seal(tx: &mut Tx<'_>, checkpoint: Checkpoint) -> Result<Recorded<()>> {
    tx.record(checkpoint, ())
}

/// Up to which number the record is settled: no entry will be added among those any more. Numbers are
/// given before a transaction ends, so on PostgreSQL it is what was sealed without a gap that may still be
/// filled; SQLite gives them to one transaction after the other.
pub fn settled(db: &mut Db) -> Result<i64> {
    match db.kind() {
        Kind::Sqlite => store::newest(db),
        Kind::Postgres => {
            let (last, gaps) = store::edge(db)?;
            let first_gap = gaps.iter().map(|gap| gap.sequence).min();
            Ok(first_gap.map_or(last, |first| first - 1))
        }
    }
}

/// How many entries no checkpoint covers yet.
pub fn unsealed(db: &mut Db) -> Result<i64> {
    let last = store::last(db)?.map_or(i64::MIN, |last| last.last_sequence);
    store::count_after(db, last)
}

/// Where a verification stands, or how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// The last checkpoint that was looked at.
    pub up_to: i64,
    pub entries: u64,
    pub fault: Option<Fault>,
    /// Whether there are no further checkpoints.
    pub finished: bool,
}

impl Verification {
    /// What is on record of a verification.
    pub fn event(&self, origin: &Origin) -> Event {
        let event = Event::new(origin, "audit.verified")
            .change("up_to_checkpoint", self.up_to)
            .change("fault", &self.fault);
        match self.fault {
            Some(_) => event.failed(),
            None => event,
        }
    }
}

/// Checks checkpoints after one that was found whole, for as long as `go_on` says, up to the first
/// fault.
pub fn verify(
    db: &mut Db,
    after: i64,
    mut go_on: impl FnMut(&Verification) -> bool,
) -> Result<Verification> {
    let mut so_far = Verification {
        up_to: after,
        ..Verification::default()
    };
    let mut before = match after {
        0 => None,
        number => {
            let known = store::after(db, number - 1, 1)?.pop();
            let Some(known) = known.filter(|known| known.number == number) else {
                so_far.fault = Some(Fault::of_checkpoint(FaultKind::CutOff, number));
                return Ok(so_far);
            };
            Some(known)
        }
    };
    while go_on(&so_far) {
        let Some(checkpoint) = store::after(db, so_far.up_to, 1)?.pop() else {
            so_far.finished = true;
            break;
        };
        so_far.up_to = checkpoint.number;
        so_far.entries += u64::try_from(checkpoint.leaves.len()).unwrap_or(0);
        so_far.fault = fault_of(db, before.as_ref(), &checkpoint)?;
        if so_far.fault.is_some() {
            break;
        }
        before = Some(checkpoint);
    }
    Ok(so_far)
}

fn fault_of(
    db: &mut Db,
    before: Option<&Checkpoint>,
    checkpoint: &Checkpoint,
) -> Result<Option<Fault>> {
    let number = checkpoint.number;
    let broken = |kind| Ok(Some(Fault::of_checkpoint(kind, number)));
    let follows = match before {
        None => number == 1 && checkpoint.previous == Hash::default(),
        Some(before) => number == before.number + 1 && checkpoint.previous == before.link(),
    };
    if !follows {
        return broken(FaultKind::ChainBroken);
    }
    let key = db.keys().seal_key_named(&checkpoint.key_id);
    if !key.is_some_and(|key| checkpoint.is_whole(&key.public)) {
        return broken(FaultKind::CheckpointBroken);
    }
    let late = usize::try_from(checkpoint.late).unwrap_or(0);
    let Some((late, fresh)) = checkpoint.leaves.split_at_checked(late) else {
        return broken(FaultKind::CheckpointBroken);
    };
    let numbers: Vec<_> = late.iter().map(|leaf| leaf.sequence).collect();
    if !numbers.is_empty() {
        let found = store::entries_numbered(db, &numbers)?;
        if let Some(fault) = first_difference(number, late, &found, |_| Ok(false))? {
            return Ok(Some(fault));
        }
    }
    let up_to = before.map(|before| before.last_sequence);
    let found = store::entries(db, up_to, checkpoint.last_sequence, i64::MAX)?;
    first_difference(number, fresh, &found, |sequence| {
        came_late(db, checkpoint, sequence)
    })
}

/// Walks what was sealed beside what is there, both in the order of their numbers.
fn first_difference(
    checkpoint: i64,
    sealed: &[Leaf],
    found: &[Leaf],
    mut may_be_there: impl FnMut(i64) -> Result<bool>,
) -> Result<Option<Fault>> {
    let entry = |kind, sequence| Ok(Some(Fault::of_entry(kind, checkpoint, sequence)));
    let mut sealed = sealed.iter().peekable();
    for there in found {
        if let Some(gone) = sealed.next_if(|leaf| leaf.sequence < there.sequence) {
            return entry(FaultKind::Deleted, gone.sequence);
        }
        match sealed.next_if(|leaf| leaf.sequence == there.sequence) {
            Some(leaf) if leaf.hash == there.hash => {}
            Some(leaf) => return entry(FaultKind::Edited, leaf.sequence),
            None if may_be_there(there.sequence)? => {}
            None => return entry(FaultKind::Inserted, there.sequence),
        }
    }
    match sealed.next() {
        Some(gone) => entry(FaultKind::Deleted, gone.sequence),
        None => Ok(None),
    }
}

/// Whether an entry was sealed by a later checkpoint, or still may be by the next.
fn came_late(db: &mut Db, checkpoint: &Checkpoint, sequence: i64) -> Result<bool> {
    let mut number = checkpoint.number;
    while let Some(later) = store::late_after(db, number)? {
        if later.leaves.iter().any(|leaf| leaf.sequence == sequence) {
            return Ok(true);
        }
        number = later.number;
    }
    let waited_for = store::last(db)?.map(|last| last.gaps).unwrap_or_default();
    Ok(waited_for.iter().any(|gap| gap.sequence == sequence))
}

/// Compares what is known outside with what the database says.
pub fn against(db: &mut Db, lines: impl Iterator<Item = Result<Line>>) -> Result<Option<Fault>> {
    let mut known: std::collections::VecDeque<Checkpoint> = std::collections::VecDeque::new();
    for line in lines {
        let line = line?;
        if known.is_empty() {
            known = store::after(db, line.number - 1, PAGE)?.into();
        }
        let fault = match known.pop_front() {
            None => FaultKind::CutOff,
            Some(checkpoint) if checkpoint.number != line.number => FaultKind::CutOff,
            Some(checkpoint) if Line::from(&checkpoint) != line => FaultKind::Replaced,
            Some(_same) => continue,
        };
        return Ok(Some(Fault::of_checkpoint(fault, line.number)));
    }
    Ok(None)
}

/// Checkpoints that follow the last one known outside; nothing where that is not one of ours.
pub fn unknown_to(db: &mut Db, last: Option<&Line>) -> Result<Option<Vec<Checkpoint>>> {
    let Some(last) = last else {
        return store::after(db, 0, PAGE).map(Some);
    };
    let mut known = store::after(db, last.number - 1, PAGE)?.into_iter();
    let same = known.next().is_some_and(|ours| Line::from(&ours) == *last);
    Ok(same.then(|| known.collect()))
}

/// Checkpoints read at once: each may have hashes of 4,000 entries.
const PAGE: i64 = 20;
