//! SQL of checkpoints and of the entries they seal.

use diesel::prelude::*;

use super::model::{Checkpoint, Gap, Hash, Leaf, leaf_hash};
use crate::db::schema::{audit_checkpoints, audit_events};
use crate::db::types::RawId;
use crate::db::{Db, MultiBackend, Record, on_unique};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_checkpoints)]
struct Row {
    number: i64,
    sealed_at: Timestamp,
    last_sequence: i64,
    entries: i64,
    late: i64,
    leaves: Vec<u8>,
    gaps: Vec<u8>,
    previous: Vec<u8>,
    root: Vec<u8>,
    key_id: String,
    signature: Vec<u8>,
}

fn hash(bytes: &[u8]) -> Hash {
    bytes.try_into().unwrap_or_default()
}

impl Row {
    /// What does not read as a checkpoint fails its verification, not the reading.
    fn read(self) -> Checkpoint {
        Checkpoint {
            number: self.number,
            sealed_at: self.sealed_at,
            last_sequence: self.last_sequence,
            late: self.late,
            leaves: Checkpoint::leaves_of(&self.leaves).unwrap_or_default(),
            gaps: Checkpoint::gaps_of(&self.gaps).unwrap_or_default(),
            previous: hash(&self.previous),
            root: hash(&self.root),
            key_id: self.key_id,
            signature: self.signature,
        }
    }
}

/// A checkpoint is a record of records, and needs no other.
impl Record for Checkpoint {
    fn store(self, db: &mut Db) -> Result<()> {
        let row = Row {
            number: self.number,
            sealed_at: self.sealed_at,
            last_sequence: self.last_sequence,
            entries: i64::try_from(self.leaves.len()).map_err(Error::internal)?,
            late: self.late,
            leaves: self.leaf_bytes(),
            gaps: self.gap_bytes(),
            previous: self.previous.to_vec(),
            root: self.root.to_vec(),
            key_id: self.key_id,
            signature: self.signature,
        };
        diesel::insert_into(audit_checkpoints::table)
            .values(&row)
            .execute(db.conn())
            .map_err(|error| {
                let sealed_already = || Error::from(Code::AuditSealed);
                on_unique(
                    error,
                    "audit_checkpoints.number",
                    "audit_checkpoints_pkey",
                    sealed_already,
                )
            })?;
        Ok(())
    }
}

pub fn last(db: &mut Db) -> Result<Option<Checkpoint>> {
    let row: Option<Row> = audit_checkpoints::table
        .order(audit_checkpoints::number.desc())
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Row::read))
}

/// The last number that the last checkpoint covers, and what is missing up to there.
pub fn edge(db: &mut Db) -> Result<(i64, Vec<Gap>)> {
    let edge: Option<(i64, Vec<u8>)> = audit_checkpoints::table
        .order(audit_checkpoints::number.desc())
        .select((audit_checkpoints::last_sequence, audit_checkpoints::gaps))
        .first(db.conn())
        .optional()?;
    let edge = edge.and_then(|(last, gaps)| Some((last, Checkpoint::gaps_of(&gaps)?)));
    Ok(edge.unwrap_or_default())
}

pub fn newest(db: &mut Db) -> Result<i64> {
    let newest: Option<i64> = audit_events::table
        .select(diesel::dsl::max(audit_events::sequence))
        .first(db.conn())?;
    Ok(newest.unwrap_or(0))
}

pub fn after(db: &mut Db, number: i64, count: i64) -> Result<Vec<Checkpoint>> {
    let rows: Vec<Row> = audit_checkpoints::table
        .filter(audit_checkpoints::number.gt(number))
        .order(audit_checkpoints::number)
        .limit(count)
        .select(Row::as_select())
        .load(db.conn())?;
    Ok(rows.into_iter().map(Row::read).collect())
}

/// The next checkpoint with entries that came late.
pub fn late_after(db: &mut Db, number: i64) -> Result<Option<Checkpoint>> {
    let row: Option<Row> = audit_checkpoints::table
        .filter(audit_checkpoints::number.gt(number))
        .filter(audit_checkpoints::late.gt(0))
        .order(audit_checkpoints::number)
        .select(Row::as_select())
        .first(db.conn())
        .optional()?;
    Ok(row.map(Row::read))
}

/// A checkpoint without the hashes of its entries.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = audit_checkpoints)]
pub struct Summary {
    pub number: i64,
    pub sealed_at: Timestamp,
    pub last_sequence: i64,
    pub entries: i64,
    pub previous: Vec<u8>,
    pub root: Vec<u8>,
    pub key_id: String,
    pub signature: Vec<u8>,
}

/// Newest first.
pub fn summaries(db: &mut Db, before: Option<i64>, count: i64) -> Result<Vec<Summary>> {
    let mut query = audit_checkpoints::table
        .select(Summary::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(before) = before {
        query = query.filter(audit_checkpoints::number.lt(before));
    }
    Ok(query
        .order(audit_checkpoints::number.desc())
        .limit(count)
        .load(db.conn())?)
}

/// As it lies there: what somebody made unreadable was edited, and no reason to stop reading.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_events)]
struct Entry {
    sequence: i64,
    at: Timestamp,
    actor_id: Option<RawId>,
    actor_username: Option<String>,
    actor_organization_id: Option<RawId>,
    action: String,
    entity_type: String,
    entity_id: Option<String>,
    resident_id: Option<RawId>,
    division_code: Option<String>,
    request_id: RawId,
    outcome: String,
    reason: Option<String>,
    changes: Option<String>,
}

impl Entry {
    /// All fields in order, each with its length, so that no two entries read alike.
    fn leaf(&self, content: &mut Vec<u8>) -> Leaf {
        content.clear();
        content.extend(self.sequence.to_be_bytes());
        content.extend(self.at.micros().to_be_bytes());
        let ids = [
            self.actor_id.as_ref(),
            self.actor_organization_id.as_ref(),
            self.resident_id.as_ref(),
            Some(&self.request_id),
        ];
        for id in ids {
            field(content, id.map(|id| id.0.as_slice()));
        }
        let texts = [
            self.actor_username.as_deref(),
            Some(self.action.as_str()),
            Some(self.entity_type.as_str()),
            self.entity_id.as_deref(),
            self.division_code.as_deref(),
            Some(self.outcome.as_str()),
            self.reason.as_deref(),
            self.changes.as_deref(),
        ];
        for text in texts {
            field(content, text.map(str::as_bytes));
        }
        Leaf {
            sequence: self.sequence,
            hash: leaf_hash(content),
        }
    }
}

fn field(content: &mut Vec<u8>, value: Option<&[u8]>) {
    let length = value.map_or(Ok(u32::MAX), |value| u32::try_from(value.len()));
    content.extend(length.unwrap_or(u32::MAX).to_be_bytes());
    content.extend(value.unwrap_or_default());
}

fn leaves(entries: &[Entry]) -> Vec<Leaf> {
    let mut content = Vec::with_capacity(1024);
    entries
        .iter()
        .map(|entry| entry.leaf(&mut content))
        .collect()
}

/// The entries with numbers after one and up to another, as they are.
pub fn entries(db: &mut Db, after: Option<i64>, up_to: i64, most: i64) -> Result<Vec<Leaf>> {
    let mut query = audit_events::table
        .filter(audit_events::sequence.le(up_to))
        .order(audit_events::sequence)
        .limit(most)
        .select(Entry::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(after) = after {
        query = query.filter(audit_events::sequence.gt(after));
    }
    Ok(leaves(&query.load(db.conn())?))
}

/// The entries with these numbers, as far as they are there.
pub fn entries_numbered(db: &mut Db, numbers: &[i64]) -> Result<Vec<Leaf>> {
    let found: Vec<Entry> = audit_events::table
        .filter(audit_events::sequence.eq_any(numbers))
        .order(audit_events::sequence)
        .select(Entry::as_select())
        .load(db.conn())?;
    Ok(leaves(&found))
}

pub fn count_after(db: &mut Db, sequence: i64) -> Result<i64> {
    Ok(audit_events::table
        .filter(audit_events::sequence.gt(sequence))
        .count()
        .get_result(db.conn())?)
}
