//! Where the database is, and a connection to it that knows the time, fresh ids and the keys.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::result::{ConnectionError, ConnectionResult};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryResult};

use super::reach::Extent;
use super::{Multi, Reach};
use crate::kernel::crypto::Keys;
use crate::kernel::given::Given;
use crate::kernel::id::Id;
use crate::kernel::time::Timestamp;

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Duty {
    Reading,
    /// Finds its rows by key.
    Writing,
}

/// A file path, `sqlite://path` or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    kind: Kind,
    /// The path of the file, or the whole URL.
    target: String,
}

impl DatabaseUrl {
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The file of an embedded database.
    pub fn file(&self) -> Option<&std::path::Path> {
        (self.kind == Kind::Sqlite).then(|| std::path::Path::new(&self.target))
    }

    /// A connection for the console, which reaches everything.
    pub fn connect(&self, given: &Given, keys: &Arc<Keys>) -> ConnectionResult<Db> {
        let settings = match self.kind {
            Kind::Sqlite => String::new(),
            Kind::Postgres => Reach::EVERYTHING.settings(Extent::Session),
        };
        self.prepared(given, keys, Reach::EVERYTHING, &settings)
    }

    /// A connection for requests, which reaches nothing until it is told for whom it works. On
    /// PostgreSQL it takes the role of the service, whoever it signed in as.
    pub(super) fn connect_seat(
        &self,
        given: &Given,
        keys: &Arc<Keys>,
        duty: Duty,
    ) -> ConnectionResult<Db> {
        // Plans are made once a statement, not anew for each set of values: with the fences in them
        // they cost more than most queries, and the indexes leave little to choose. One such is to
        // be chosen by what it finds, not because the table lies in its order; and an answer of
        // fifty rows is not worth starting other processes or a compiler for.
        let settings = "SET ROLE huican_service; SET plan_cache_mode = force_generic_plan; \
             SET random_page_cost = 1.1; SET max_parallel_workers_per_gather = 0; SET jit = off";
        let settings = match (self.kind, duty) {
            // Whatever another connection writes empties a reader's cache.
            (Kind::Sqlite, Duty::Reading) => "PRAGMA cache_size = -1024",
            (Kind::Sqlite, Duty::Writing) => "PRAGMA cache_size = -4096",
            (Kind::Postgres, Duty::Reading) => settings,
            // A plan made while a table was small would go on reading all of it when it has grown.
            (Kind::Postgres, Duty::Writing) => &format!("{settings}; SET enable_seqscan = off"),
        };
        self.prepared(given, keys, Reach::NOTHING, settings)
    }

    fn prepared(
        &self,
        given: &Given,
        keys: &Arc<Keys>,
        reach: Reach,
        settings: &str,
    ) -> ConnectionResult<Db> {
        let mut multi = self.connect_raw()?;
        multi
            .batch_execute(settings)
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(Db {
            multi,
            given: given.clone(),
            keys: Arc::clone(keys),
            reach,
        })
    }

    pub(super) fn connect_raw(&self) -> ConnectionResult<Multi> {
        let mut multi = match self.kind {
            Kind::Sqlite => Multi::Sqlite(SqliteConnection::establish(&self.target)?),
            Kind::Postgres => Multi::Postgres(PgConnection::establish(&self.target)?),
        };
        // SQLite: `full` is what makes a commit survive a power cut. PostgreSQL: no statement may
        // hold the office up for longer than it would wait.
        let settings = match self.kind {
            Kind::Sqlite => {
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
            }
            Kind::Postgres => {
                "SET TIME ZONE 'UTC'; SET statement_timeout = '15s'; SET lock_timeout = '5s'; \
                 SET idle_in_transaction_session_timeout = '30s'; SET client_min_messages = warning;"
            }
        };
        multi
            .batch_execute(settings)
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(multi)
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, target) = match text.split_once("://") {
            Some(("postgres" | "postgresql", _)) => (Kind::Postgres, text),
            Some(("sqlite", path)) => (Kind::Sqlite, path),
            Some((scheme, _)) => {
                return Err(format!(
                    "`{scheme}://` is not a database huican knows: give a file path, sqlite://… or postgres://…"
                ));
            }
            None => (Kind::Sqlite, text),
        };
        if target.is_empty() || target == ":memory:" {
            return Err(
                "the database URL names no file; give a path such as sqlite://huican.db".to_owned(),
            );
        }
        Ok(Self {
            kind,
            target: target.to_owned(),
        })
    }
}

/// Without the password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (
            self.kind,
            self.target.split_once("://"),
            self.target.rsplit_once('@'),
        ) {
            (Kind::Sqlite, ..) => write!(f, "sqlite://{}", self.target),
            (Kind::Postgres, Some((scheme, rest)), Some((_, host))) => {
                let user = rest.split([':', '@']).next().unwrap_or_default();
                write!(
                    f,
                    "{scheme}://{user}@{}",
                    host.split('?').next().unwrap_or_default()
                )
            }
            (Kind::Postgres, ..) => f.write_str(self.target.split('?').next().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One connection. Reading functions take `&mut Db`; writing ones a [`super::Tx`].
pub struct Db {
    pub(super) multi: Multi,
    given: Given,
    keys: Arc<Keys>,
    pub(super) reach: Reach,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db")
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

impl Db {
    /// What Diesel's queries run on.
    pub fn conn(&mut self) -> &mut Multi {
        &mut self.multi
    }

    pub fn kind(&self) -> Kind {
        match self.multi {
            Multi::Postgres(_) => Kind::Postgres,
            Multi::Sqlite(_) => Kind::Sqlite,
        }
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub fn now(&self) -> Timestamp {
        self.given.now()
    }

    pub fn today(&self) -> NaiveDate {
        self.now().office_date()
    }

    pub fn new_id<K>(&self) -> Id<K> {
        self.given.new_id()
    }

    pub fn ping(&mut self) -> QueryResult<()> {
        self.multi.batch_execute("SELECT 1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_shown_without_secrets() {
        let shown = |text: &str| text.parse::<DatabaseUrl>().map(|url| url.to_string());
        assert_eq!(shown("huican.db").unwrap(), "sqlite://huican.db");
        assert_eq!(
            shown("sqlite:///var/lib/huican.db").unwrap(),
            "sqlite:///var/lib/huican.db"
        );
        assert_eq!(
            shown("postgres://huican:se:cr@et@db:5432/huican?sslmode=require&password=x").unwrap(),
            "postgres://huican@db:5432/huican"
        );
        assert!(shown("mysql://x").unwrap_err().contains("mysql"));
        assert!(shown("sqlite://").is_err());
    }
}
