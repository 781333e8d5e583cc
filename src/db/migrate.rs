//! The schema's versions, the same names in the same order for both databases.

use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Db, Kind, Multi};
use crate::kernel::error::{Error, Result};

/// Where Diesel notes which versions were applied.
const VERSIONS: &str = "__diesel_schema_migrations";

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
    /// It has tables that are not ours.
    Foreign,
    /// It has versions this program has never heard of.
    Unknown(Vec<String>),
}

/// Runs what is pending; the names of what ran.
pub fn up(db: &mut Db) -> Result<Vec<String>> {
    match db.conn() {
        Multi::Postgres(conn) => conn.run_pending_migrations(POSTGRES).map(|ran| names(&ran)),
        Multi::Sqlite(conn) => conn.run_pending_migrations(SQLITE).map(|ran| names(&ran)),
    }
    .map_err(Error::internal)
}

/// Takes everything back, latest first.
pub fn down(db: &mut Db) -> Result<Vec<String>> {
    match db.conn() {
        Multi::Postgres(conn) => conn.revert_all_migrations(POSTGRES).map(|ran| names(&ran)),
        Multi::Sqlite(conn) => conn.revert_all_migrations(SQLITE).map(|ran| names(&ran)),
    }
    .map_err(Error::internal)
}

/// Changes nothing, not even in a database that is not ours.
pub fn schema(db: &mut Db) -> Result<Schema> {
    let tables = tables(db)?;
    if !tables.iter().any(|name| name == VERSIONS) && !tables.is_empty() {
        return Ok(Schema::Foreign);
    }
    let known = known(db.kind())?;
    let applied = if tables.is_empty() {
        Vec::new()
    } else {
        applied(db)?
    };
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

fn known(kind: Kind) -> Result<Vec<String>> {
    match kind {
        Kind::Postgres => MigrationSource::<Pg>::migrations(&POSTGRES)
            .map(|all| names(all.iter().map(|one| one.name().version()))),
        Kind::Sqlite => MigrationSource::<Sqlite>::migrations(&SQLITE)
            .map(|all| names(all.iter().map(|one| one.name().version()))),
    }
    .map_err(Error::internal)
}

/// Not by Diesel's own function: that makes the table where it is missing, which the service's role
/// may not do.
fn applied(db: &mut Db) -> Result<Vec<String>> {
    let query = format!("SELECT version AS name FROM {VERSIONS} ORDER BY version");
    let rows: Vec<Named> = diesel::sql_query(query).load(db.conn())?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

fn tables(db: &mut Db) -> Result<Vec<String>> {
    let query = match db.kind() {
        Kind::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Kind::Postgres => {
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()"
        }
    };
    let rows: Vec<Named> = diesel::sql_query(query).load(db.conn())?;
    Ok(rows.into_iter().map(|table| table.name).collect())
}

fn names(versions: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    versions
        .into_iter()
        .map(|version| version.to_string())
        .collect()
}
