//! The checkpoints' copy outside the database: a file to which a line is added for each, to be kept
//! where those who keep the database cannot write.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
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

/// The file, at its end, kept by this process alone.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
    last: Option<Line>,
}

impl Ledger {
    /// Opens the file where it stands, or begins one. A line that a crash cut short is taken off: the
    /// next one would be written behind it, and neither could be read.
    pub fn open(path: &Path) -> Result<Self> {
        let fail = |error| said(path, error);
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true);
        let mut file = options.open(path).map_err(fail)?;
        file.try_lock().map_err(|_held| {
            said(
                path,
                "kept by another process: give each a file of its own (`checkpoints`)",
            )
        })?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(fail)?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        if whole < text.len() {
            let length = u64::try_from(whole).map_err(Error::internal)?;
            file.set_len(length).map_err(fail)?;
        }
        let last = text
            .get(..whole)
            .and_then(|lines| {
                lines
                    .split(|byte| *byte == b'\n')
                    .rfind(|line| !line.is_empty())
            })
            .map(serde_json::from_slice)
            .transpose()
            .map_err(|error| said(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            file,
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
        let mut text = String::new();
        let lines: Vec<Line> = checkpoints.iter().map(Line::from).collect();
        for line in &lines {
            text += &serde_json::to_string(line).map_err(Error::internal)?;
            text.push('\n');
        }
        self.file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.sync_all())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cut_short_is_taken_off_and_the_file_is_kept_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoints");
        let line = |number: i64| Line {
            number,
            sealed_at: Timestamp::from_micros(number),
            last_sequence: number,
            root: String::new(),
            link: String::new(),
            key_id: String::new(),
            signature: String::new(),
        };
        let whole = serde_json::to_string(&line(1)).unwrap() + "\n";
        std::fs::write(&path, whole.clone() + "{\"number\": 2, \"sea").unwrap();
        let ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.last(), Some(&line(1)));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), whole);
        let second = Ledger::open(&path).unwrap_err();
        assert!(second.to_string().contains("another process"), "{second}");
        drop(ledger);
        assert_eq!(Ledger::open(&path).unwrap().last(), Some(&line(1)));
    }
}
