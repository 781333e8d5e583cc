//! What a checkpoint is, and what it proves.

use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::crypto::{is_signed_by, sha256_of_parts};
use crate::kernel::time::Timestamp;

pub type Hash = [u8; 32];

/// The hash of one entry of the record, by its sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    pub sequence: i64,
    pub hash: Hash,
}

/// A number in the record that was not there when its neighbours were sealed: its transaction was
/// not committed, or never will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub sequence: i64,
    pub seen_at: Timestamp,
}

/// Entries that were sealed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub number: i64,
    pub sealed_at: Timestamp,
    /// The checkpoint covers the numbers after that of the one before, up to this one.
    pub last_sequence: i64,
    /// In the order of their numbers; those that came late first.
    pub leaves: Vec<Leaf>,
    /// How many of them fill gaps of earlier checkpoints.
    pub late: i64,
    pub gaps: Vec<Gap>,
    /// [`Checkpoint::link`] of the one before; zeros for the first.
    pub previous: Hash,
    pub root: Hash,
    pub key_id: String,
    pub signature: Vec<u8>,
}

const NAME: &[u8] = b"huican audit checkpoint 1\0";
const LEAF: &[u8] = &[0];
const NODE: &[u8] = &[1];

/// A leaf's and a node's hash begin with different bytes, so that none passes for the other.
pub fn leaf_hash(content: &[u8]) -> Hash {
    sha256_of_parts(&[LEAF, content])
}

/// The root of the Merkle tree: neighbours are joined, one that is left over moves up.
pub fn merkle_root(leaves: &[Leaf]) -> Hash {
    let mut level: Vec<Hash> = leaves.iter().map(|leaf| leaf.hash).collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => sha256_of_parts(&[NODE, left, right]),
                [alone, ..] => *alone,
                [] => Hash::default(),
            })
            .collect();
    }
    level.first().copied().unwrap_or_default()
}

impl Checkpoint {
    /// What is signed.
    pub fn content(&self) -> Vec<u8> {
        let mut content = NAME.to_vec();
        for number in [
            self.number,
            self.sealed_at.micros(),
            self.last_sequence,
            self.late,
        ] {
            content.extend(number.to_be_bytes());
        }
        for list in [self.leaf_bytes(), self.gap_bytes()] {
            content.extend(sha256_of_parts(&[&list]));
        }
        content.extend(self.previous);
        content.extend(self.root);
        content.extend(self.key_id.as_bytes());
        content
    }

    /// What the next checkpoint names this one by.
    pub fn link(&self) -> Hash {
        sha256_of_parts(&[&self.content(), &self.signature])
    }

    pub fn is_whole(&self, public_key: &[u8]) -> bool {
        merkle_root(&self.leaves) == self.root
            && is_signed_by(public_key, &self.content(), &self.signature)
    }

    pub fn leaf_bytes(&self) -> Vec<u8> {
        self.leaves
            .iter()
            .flat_map(|leaf| leaf.sequence.to_be_bytes().into_iter().chain(leaf.hash))
            .collect()
    }

    pub fn leaves_of(bytes: &[u8]) -> Option<Vec<Leaf>> {
        let leaf = |entry: &[u8]| {
            let (sequence, hash) = entry.split_first_chunk::<8>()?;
            Some(Leaf {
                sequence: i64::from_be_bytes(*sequence),
                hash: hash.try_into().ok()?,
            })
        };
        bytes.chunks(40).map(leaf).collect()
    }

    pub fn gap_bytes(&self) -> Vec<u8> {
        let bytes = |gap: &Gap| {
            [
                gap.sequence.to_be_bytes(),
                gap.seen_at.micros().to_be_bytes(),
            ]
        };
        self.gaps.iter().flat_map(bytes).flatten().collect()
    }

    pub fn gaps_of(bytes: &[u8]) -> Option<Vec<Gap>> {
        let gap = |entry: &[u8]| {
            let (sequence, seen_at) = entry.split_first_chunk::<8>()?;
            Some(Gap {
                sequence: i64::from_be_bytes(*sequence),
                seen_at: Timestamp::from_micros(i64::from_be_bytes(seen_at.try_into().ok()?)),
            })
        };
        bytes.chunks(16).map(gap).collect()
    }
}

/// What is wrong with the record, at the first place where something is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"kind": "edited", "checkpoint": 17, "sequence": 4711}))]
pub struct Fault {
    pub kind: FaultKind,
    /// The checkpoint that proves it.
    pub checkpoint: i64,
    /// The entry of the record; null where a checkpoint itself is at fault.
    pub sequence: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The entry does not say what was sealed; two that were swapped are both edited.
    Edited,
    /// The entry was sealed and is not there.
    Deleted,
    /// The entry was put among others after they were sealed.
    Inserted,
    /// The checkpoint was changed, or signed by another key.
    CheckpointBroken,
    /// The checkpoint does not follow the one before, or one is missing between them.
    ChainBroken,
    /// The checkpoint is known outside, and is not in the database: it was rolled back or cut off.
    CutOff,
    /// The checkpoint is not the one that is known outside.
    Replaced,
}

impl Fault {
    pub fn of_checkpoint(kind: FaultKind, checkpoint: i64) -> Self {
        Self {
            kind,
            checkpoint,
            sequence: None,
        }
    }

    pub fn of_entry(kind: FaultKind, checkpoint: i64, sequence: i64) -> Self {
        Self {
            kind,
            checkpoint,
            sequence: Some(sequence),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            kind,
            checkpoint,
            sequence,
        } = self;
        let what = match kind {
            FaultKind::Edited => "was edited after it was sealed",
            FaultKind::Deleted => "was deleted after it was sealed",
            FaultKind::Inserted => "was inserted after its neighbours were sealed",
            FaultKind::CheckpointBroken => "was changed, or signed by another key",
            FaultKind::ChainBroken => "does not follow the one before",
            FaultKind::CutOff => {
                "is known outside and missing here: the record was cut off or rolled back"
            }
            FaultKind::Replaced => "is not the one that is known outside",
        };
        match sequence {
            Some(sequence) => write!(f, "entry {sequence} {what} (checkpoint {checkpoint})"),
            None => write!(f, "checkpoint {checkpoint} {what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: i64) -> Vec<Leaf> {
        (1..=count)
            .map(|sequence| Leaf {
                sequence,
                hash: leaf_hash(&sequence.to_be_bytes()),
            })
            .collect()
    }

    #[test]
    fn every_leaf_and_its_place_are_in_the_root() {
        for count in 1..=9 {
            let whole = leaves(count);
            let root = merkle_root(&whole);
            for one in 0..whole.len() {
                let mut edited = whole.clone();
                edited[one].hash[7] ^= 1;
                assert_ne!(merkle_root(&edited), root, "{one} of {count}");
                let mut shorter = whole.clone();
                shorter.remove(one);
                assert_ne!(merkle_root(&shorter), root, "{one} of {count}");
                for other in 0..one {
                    let mut swapped = whole.clone();
                    swapped.swap(one, other);
                    assert_ne!(merkle_root(&swapped), root, "{one} and {other} of {count}");
                }
            }
        }
        // A leaf that says what a node says is not that node.
        let [left, right] = [leaf_hash(b"left"), leaf_hash(b"right")];
        let node = sha256_of_parts(&[NODE, &left, &right]);
        assert_ne!(leaf_hash(&[left, right].concat()), node);
    }

    #[test]
    fn lists_are_kept_as_bytes() {
        let checkpoint = Checkpoint {
            number: 1,
            sealed_at: Timestamp::from_micros(5),
            last_sequence: 3,
            leaves: leaves(3),
            late: 0,
            gaps: vec![Gap {
                sequence: -2,
                seen_at: Timestamp::from_micros(7),
            }],
            previous: Hash::default(),
            root: Hash::default(),
            key_id: String::new(),
            signature: Vec::new(),
        };
        assert_eq!(
            Checkpoint::leaves_of(&checkpoint.leaf_bytes()).unwrap(),
            checkpoint.leaves
        );
        assert_eq!(
            Checkpoint::gaps_of(&checkpoint.gap_bytes()).unwrap(),
            checkpoint.gaps
        );
        assert!(Checkpoint::leaves_of(&[0; 41]).is_none());
    }
}
