//! The checkpoints' copy outside the database: a file to which a line is added for each, to be kept
//! where those who keep the database cannot write.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::model::Checkpoint;
use crate::kernel::crypto::hex;
use crate::kernel::error::{Error, Result};
use crate::kernel::time::Timestamp;

/// What the file says of one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub number: i64,
    pub sealed_at: Timestamp,
    pub last_sequence: i64,
    pub root: String,
    /// Names the whole checkpoint, and through it all before.
    pub link: String,
    pub key_id: String,
    pub signature: String,
}

impl From<&Checkpoint> for Line {
    fn from(checkpoint: &Checkpoint) -> Self {
        Self {
            number: checkpoint.number,
            sealed_at: checkpoint.sealed_at,
            last_sequence: checkpoint.last_sequence,
            root: hex(&checkpoint.root),
            link: hex(&checkpoint.link()),
            key_id: checkpoint.key_id.clone(),
            signature: hex(&checkpoint.signature),
        }
    }
}

/// The file, at its end.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    last: Option<Line>,
}

impl Ledger {
    /// Reads where the file stands; one that is missing begins with the first line.
    pub fn open(path: &Path) -> Result<Self> {
        let mut last = None;
        for line in Self::lines(path)? {
            last = Some(line?);
        }
        Ok(Self {
            path: path.to_owned(),
            last,
        })
    }

    /// The lines of a file, first to last; a last line that was not written to its end is not one.
    pub fn lines(path: &Path) -> Result<impl Iterator<Item = Result<Line>>> {
        let file = match File::open(path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(said(path, error)),
        };
        let path = path.to_owned();
        let mut reader = file.map(BufReader::new);
        Ok(std::iter::from_fn(move || {
            let mut text = String::new();
            match reader.as_mut()?.read_line(&mut text) {
                Ok(0) => None,
                Ok(_) if !text.ends_with('\n') => None,
                Ok(_) => Some(serde_json::from_str(&text).map_err(|error| said(&path, error))),
                Err(error) => Some(Err(said(&path, error))),
            }
        }))
    }

    pub fn last(&self) -> Option<&Line> {
        self.last.as_ref()
    }

    /// Adds lines for checkpoints that follow the last; durable when it returns.
    pub fn append(&mut self, checkpoints: &[Checkpoint]) -> Result<()> {
        let fail = |error| said(&self.path, error);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        let mut file = options.open(&self.path).map_err(fail)?;
        let mut text = String::new();
        let lines: Vec<Line> = checkpoints.iter().map(Line::from).collect();
        for line in &lines {
            text += &serde_json::to_string(line).map_err(Error::internal)?;
            text.push('\n');
        }
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(fail)?;
        if let Some(last) = lines.into_iter().next_back() {
            self.last = Some(last);
        }
        Ok(())
    }
}

fn said(path: &Path, error: impl std::fmt::Display) -> Error {
    Error::internal(format!("the checkpoints in {}: {error}", path.display()))
}
