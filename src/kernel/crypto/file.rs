//! The key file: versions of each key, oldest first.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::random;

/// What a key is for that can be replaced by a newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Sensitive columns: a newer key means encrypting them anew.
    Encryption,
    /// Access tokens.
    Token,
    /// Seals of the audit.
    Seal,
}

impl Purpose {
    pub const ALL: [Self; 3] = [Self::Encryption, Self::Token, Self::Seal];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Encryption => "encryption",
            Self::Token => "token",
            Self::Seal => "seal",
        }
    }
}

impl FromStr for Purpose {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|one| one.as_str() == text);
        named.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            format!("one of {names}")
        })
    }
}

/// How a version of a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    Older,
    InUse,
    /// Known to all who may meet it, but not used yet.
    Waiting,
}

impl KeyState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Older => "older",
            Self::InUse => "in use",
            Self::Waiting => "waiting",
        }
    }
}

/// The key file as it lies on the disk.
#[derive(Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFile {
    /// AES-256 keys.
    pub encryption: Vec<Entry>,
    /// Keys of the blind indexes and cursors; a new one would mean indexing anew.
    pub index: Vec<Entry>,
    /// Ed25519 keys (PKCS#8) that sign access tokens.
    pub token: Vec<Entry>,
    /// Ed25519 keys (PKCS#8) that sign the audit's checkpoints.
    pub seal: Vec<Entry>,
}

#[derive(Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub version: u16,
    pub key: String,
    /// Known to all who may meet it, but not used yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
}

/// Why the key file cannot be used, as a sentence for the person at the console.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key file {path} cannot be read or written: {source}")]
    Io { path: String, source: io::Error },
    #[error(
        "there is no key file {path}: `huican migrate` makes it with a new database, and it moves with that"
    )]
    Missing { path: String },
    #[error("the key file {path} is not what huican wrote: {problem}")]
    Content { path: String, problem: String },
}

impl KeyError {
    pub(super) fn io(
        path: &Path,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Io {
            path: path.display().to_string(),
            source: io::Error::other(source),
        }
    }

    pub(super) fn content(path: &Path, problem: impl Into<String>) -> Self {
        Self::Content {
            path: path.display().to_string(),
            problem: problem.into(),
        }
    }
}

impl KeyFile {
    pub(super) fn read(path: &Path) -> Result<Self, KeyError> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let text = Zeroizing::new(text);
                serde_json::from_str(&text)
                    .map_err(|error| KeyError::content(path, error.to_string()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(KeyError::Missing {
                path: path.display().to_string(),
            }),
            Err(source) => Err(KeyError::io(path, source)),
        }
    }

    /// Makes a first version of each key, in a file that only its owner may read.
    pub(super) fn create(path: &Path) -> Result<Self, KeyError> {
        let fail = |error| KeyError::io(path, error);
        let file = Self {
            encryption: vec![Entry::first(secret())],
            index: vec![Entry::first(secret())],
            token: vec![Entry::first(key_pair().map_err(fail)?)],
            seal: vec![Entry::first(key_pair().map_err(fail)?)],
        };
        let mut target = create_private(path).map_err(|error| KeyError::io(path, error))?;
        file.write(&mut target)
            .map_err(|error| KeyError::io(path, error))?;
        Ok(file)
    }

    pub(super) fn entries(&mut self, purpose: Purpose) -> &mut Vec<Entry> {
        match purpose {
            Purpose::Encryption => &mut self.encryption,
            Purpose::Token => &mut self.token,
            Purpose::Seal => &mut self.seal,
        }
    }

    /// The versions of a key, oldest first.
    pub(super) fn versions(&mut self, purpose: Purpose) -> Vec<(u16, KeyState)> {
        let entries = self.entries(purpose);
        let in_use = entries.iter().rposition(|entry| !entry.waiting);
        let state = |place, entry: &Entry| match entry.waiting {
            true => KeyState::Waiting,
            false if Some(place) == in_use => KeyState::InUse,
            false => KeyState::Older,
        };
        let entries = entries.iter().enumerate();
        entries
            .map(|(place, entry)| (entry.version, state(place, entry)))
            .collect()
    }

    /// Adds a version that waits to be used; its number. One that waits already is enough.
    pub(super) fn add(&mut self, path: &Path, purpose: Purpose) -> Result<u16, KeyError> {
        let key = match purpose {
            Purpose::Encryption => secret(),
            Purpose::Token | Purpose::Seal => {
                key_pair().map_err(|error| KeyError::io(path, error))?
            }
        };
        let entries = self.entries(purpose);
        let version = match entries.last() {
            Some(last) if last.waiting => return Ok(last.version),
            Some(last) => last
                .version
                .checked_add(1)
                .ok_or_else(|| KeyError::content(path, "no further version can be numbered"))?,
            None => 1,
        };
        entries.push(Entry {
            version,
            key,
            waiting: true,
        });
        Ok(version)
    }

    /// All of the new content or all of the old, whatever happens meanwhile.
    pub(super) fn replace(&self, path: &Path) -> Result<(), KeyError> {
        let fail = |error: io::Error| KeyError::io(path, error);
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let beside = PathBuf::from(name);
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
        let mut target = create_private(&beside).map_err(fail)?;
        self.write(&mut target).map_err(fail)?;
        std::fs::rename(&beside, path).map_err(fail)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))
            .and_then(|folder| folder.sync_all())
            .map_err(fail)
    }

    fn write(&self, target: &mut File) -> io::Result<()> {
        let text = Zeroizing::new(serde_json::to_string_pretty(self)?);
        target.write_all(text.as_bytes())?;
        target.sync_all()
    }
}

impl Entry {
    fn first(key: String) -> Self {
        Self {
            version: 1,
            key,
            waiting: false,
        }
    }
}

fn secret() -> String {
    BASE64.encode(random::<32>())
}

fn key_pair() -> Result<String, aws_lc_rs::error::Unspecified> {
    let pair = Ed25519KeyPair::generate()?.to_pkcs8v1()?;
    Ok(BASE64.encode(pair))
}

fn create_private(path: &Path) -> io::Result<File> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
