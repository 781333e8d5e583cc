//! Settings: flags before environment (`HUICAN_…`) before file before default. A wrong one is one
//! sentence.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat};
use serde::Deserialize;

use crate::casework::documents::ArchivePlace;
use crate::db::{DatabaseUrl, Size};

/// All settings, by the names of the file; the environment says them in capitals with `HUICAN_`.
const NAMES: [&str; 12] = [
    "database_url",
    "listen",
    "keys",
    "checkpoints",
    "documents",
    "readers",
    "writers",
    "workers",
    "hashing",
    "fictional_divisions",
    "log",
    "log_format",
];

/// The file that is read when it is there.
const DEFAULT_FILE: &str = "huican.toml";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    database_url: String,
    listen: String,
    keys: Option<PathBuf>,
    checkpoints: Option<PathBuf>,
    documents: Option<String>,
    readers: NonZeroUsize,
    writers: NonZeroUsize,
    workers: NonZeroUsize,
    hashing: NonZeroUsize,
    fictional_divisions: bool,
    log: String,
    log_format: LogFormat,
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub database_url: DatabaseUrl,
    pub listen: SocketAddr,
    /// Where the keys are; they are made there when missing.
    pub keys: PathBuf,
    /// The copy of the audit's checkpoints: best where the database's keeper cannot write.
    pub checkpoints: PathBuf,
    /// Where documents lie, encrypted.
    pub documents: ArchivePlace,
    pub size: Size,
    /// Threads that serve HTTP.
    pub workers: usize,
    /// Passwords checked at once.
    pub hashing: usize,
    /// Whether ID numbers of province 99, which does not exist, are taken.
    pub fictional_divisions: bool,
    pub log: String,
    pub log_format: LogFormat,
}

/// What is wrong with the settings, as one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

/// What the command line says.
#[derive(Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub database_url: Option<String>,
    pub listen: Option<String>,
}

impl Settings {
    pub fn load(
        flags: &Flags,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let wrong = |error: config::ConfigError| SettingsError(format!("settings: {error}"));
        let mut builder = Config::builder();
        // However many guess at the door, one processor is left to those who are in.
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let hashing = processors.saturating_sub(1).max(1).to_string();
        for (name, value) in [
            ("database_url", "sqlite://huican.db"),
            ("listen", "127.0.0.1:8080"),
            ("readers", "4"),
            ("writers", "8"),
            ("workers", "2"),
            ("hashing", hashing.as_str()),
            ("fictional_divisions", "false"),
            ("log", "info"),
            ("log_format", "text"),
        ] {
            builder = builder.set_default(name, value).map_err(wrong)?;
        }
        let named = flags
            .config
            .clone()
            .or_else(|| environment("HUICAN_CONFIG").map(PathBuf::from));
        let file = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        builder = builder.add_source(
            File::from(file)
                .format(FileFormat::Toml)
                .required(named.is_some()),
        );
        for name in NAMES {
            let said = environment(&format!("HUICAN_{}", name.to_uppercase()));
            builder = builder.set_override_option(name, said).map_err(wrong)?;
        }
        for (name, said) in [
            ("database_url", &flags.database_url),
            ("listen", &flags.listen),
        ] {
            builder = builder
                .set_override_option(name, said.clone())
                .map_err(wrong)?;
        }
        let raw: Raw = builder
            .build()
            .and_then(Config::try_deserialize)
            .map_err(wrong)?;
        Self::check(raw)
    }

    fn check(raw: Raw) -> Result<Self, SettingsError> {
        let database_url: DatabaseUrl = raw
            .database_url
            .parse()
            .map_err(|problem| SettingsError(format!("database_url: {problem}")))?;
        let listen = raw.listen.parse().map_err(|_error| {
            SettingsError(format!(
                "listen: `{}` is not an address and port such as 127.0.0.1:8080",
                raw.listen
            ))
        })?;
        let keys = raw.keys.unwrap_or_else(|| match database_url.file() {
            Some(file) => Path::new(file).with_extension("keys"),
            None => PathBuf::from("huican.keys"),
        });
        let checkpoints = raw
            .checkpoints
            .unwrap_or_else(|| keys.with_extension("checkpoints"));
        let documents = match raw.documents {
            Some(place) => archive(&place)?,
            None => ArchivePlace::Folder(match database_url.file() {
                Some(file) => Path::new(file).with_extension("documents"),
                None => PathBuf::from("huican.documents"),
            }),
        };
        Ok(Self {
            database_url,
            listen,
            keys,
            checkpoints,
            documents,
            size: Size {
                readers: raw.readers,
                writers: raw.writers,
            },
            workers: raw.workers.get(),
            hashing: raw.hashing.get(),
            fictional_divisions: raw.fictional_divisions,
            log: raw.log,
            log_format: raw.log_format,
        })
    }
}

/// Documents lie in a folder or a bucket; other places are not known, and taken for no folder's name.
fn archive(place: &str) -> Result<ArchivePlace, SettingsError> {
    ArchivePlace::parse(place).ok_or_else(|| {
        SettingsError(format!(
            "documents: `{place}` is neither a folder nor s3://bucket/prefix"
        ))
    })
}

/// For the log at start; no secrets.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "database_url={} listen={} keys={} checkpoints={} documents={} readers={} writers={} workers={} hashing={} fictional_divisions={} log={}",
            self.database_url,
            self.listen,
            self.keys.display(),
            self.checkpoints.display(),
            self.documents,
            self.size.readers,
            self.size.writers,
            self.workers,
            self.hashing,
            self.fictional_divisions,
            self.log
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(flags: &Flags, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let said = |name: &str| {
            environment
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Settings::load(flags, said).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_come_before_environment_before_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("office.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:1\"\nlog = \"warn\"\n").unwrap();
        let flags = Flags {
            config: Some(file),
            listen: Some("127.0.0.1:3".into()),
            ..Flags::default()
        };
        let settings = load(
            &flags,
            &[("HUICAN_LISTEN", "127.0.0.1:2"), ("HUICAN_READERS", "7")],
        )
        .unwrap();
        assert_eq!(
            (
                settings.listen.port(),
                settings.size.readers.get(),
                settings.log.as_str()
            ),
            (3, 7, "warn")
        );
        assert_eq!(settings.keys, PathBuf::from("huican.keys"));
        let folder = ArchivePlace::Folder("huican.documents".into());
        assert_eq!(settings.documents, folder);
        let bucket = [("HUICAN_DOCUMENTS", "s3://office/documents/")];
        let settings = load(&Flags::default(), &bucket).unwrap();
        assert_eq!(settings.documents.to_string(), "s3://office/documents");
    }

    #[test]
    fn a_wrong_setting_is_one_sentence_that_names_it() {
        for (environment, named) in [
            (("HUICAN_LISTEN", "nowhere"), "listen"),
            (("HUICAN_DATABASE_URL", "mysql://x"), "database_url"),
            (("HUICAN_READERS", "0"), "readers"),
            (("HUICAN_LOG_FORMAT", "xml"), "log_format"),
            (("HUICAN_DOCUMENTS", "ftp://server/folder"), "documents"),
            (("HUICAN_DOCUMENTS", "s3:///folder"), "documents"),
            (("HUICAN_DOCUMENTS", ""), "documents"),
            (("HUICAN_CONFIG", "/nonexistent.toml"), "nonexistent"),
        ] {
            let problem = load(&Flags::default(), &[environment]).unwrap_err();
            assert!(
                problem.contains(named) && problem.lines().count() == 1,
                "{problem}"
            );
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("office.toml");
        std::fs::write(&file, "lisen = \"127.0.0.1:1\"\n").unwrap();
        let problem = load(
            &Flags {
                config: Some(file),
                ..Flags::default()
            },
            &[],
        )
        .unwrap_err();
        assert!(problem.contains("lisen"), "{problem}");
    }
}
