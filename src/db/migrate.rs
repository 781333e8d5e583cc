//! The schema's versions, the same names in the same order for both databases.

use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Db, Multi};
use crate::kernel::error::{Error, Result};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// How the database's schema stands to this program's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    Current,
    /// So many migrations are still to run; all of them on an empty database.
    Behind {
        pending: usize,
        empty: bool,
    },
    /// It has versions this program has never heard of.
    Unknown(Vec<String>),
}

/// Runs what is pending; the names of what ran.
pub fn up(db: &mut Db) -> Result<Vec<String>> {
    match db.conn() {
        Multi::Postgres(conn) => conn.run_pending_migrations(POSTGRES).map(names),
        Multi::Sqlite(conn) => conn.run_pending_migrations(SQLITE).map(names),
    }
    .map_err(Error::internal)
}

/// Takes everything back, latest first.
pub fn down(db: &mut Db) -> Result<Vec<String>> {
    match db.conn() {
        Multi::Postgres(conn) => conn.revert_all_migrations(POSTGRES).map(names),
        Multi::Sqlite(conn) => conn.revert_all_migrations(SQLITE).map(names),
    }
    .map_err(Error::internal)
}

pub fn schema(db: &mut Db) -> Result<Schema> {
    let (known, applied) = match db.conn() {
        Multi::Postgres(conn) => (
            MigrationSource::<Pg>::migrations(&POSTGRES).map(|all| {
                all.iter()
                    .map(|one| one.name().version().to_string())
                    .collect::<Vec<_>>()
            }),
            conn.applied_migrations(),
        ),
        Multi::Sqlite(conn) => (
            MigrationSource::<Sqlite>::migrations(&SQLITE).map(|all| {
                all.iter()
                    .map(|one| one.name().version().to_string())
                    .collect::<Vec<_>>()
            }),
            conn.applied_migrations(),
        ),
    };
    let known = known.map_err(Error::internal)?;
    let applied: Vec<String> = applied
        .map_err(Error::internal)?
        .iter()
        .map(ToString::to_string)
        .collect();
    let unknown: Vec<String> = applied
        .iter()
        .filter(|version| !known.contains(version))
        .cloned()
        .collect();
    let pending = known
        .iter()
        .filter(|version| !applied.contains(version))
        .count();
    Ok(match (unknown.is_empty(), pending) {
        (false, _) => Schema::Unknown(unknown),
        (true, 0) => Schema::Current,
        (true, pending) => Schema::Behind {
            pending,
            empty: applied.is_empty(),
        },
    })
}

fn names(versions: Vec<diesel::migration::MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}
