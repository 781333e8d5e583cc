//! The schema goes up, down and up again, and is the same on both databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::Text;
use huican::db::migrate::{self, Schema};
use huican::db::{DatabaseUrl, Db};
use huican::kernel::crypto::Keys;
use huican::kernel::given::{Given, SystemClock};

use crate::support::postgres::{TestDatabase, cluster};

fn connect(url: &DatabaseUrl, folder: &tempfile::TempDir) -> Db {
    let keys = Arc::new(Keys::open_or_create(&folder.path().join("keys")).unwrap());
    url.connect(&Given::new(Arc::new(SystemClock)), &keys)
        .unwrap()
}

fn sqlite() -> (Db, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = folder
        .path()
        .join("office.db")
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    (connect(&url, &folder), folder)
}

fn postgres() -> Option<(Db, tempfile::TempDir, TestDatabase)> {
    let database = cluster()?.clone_of(|_empty| {});
    let folder = tempfile::tempdir().unwrap();
    Some((
        connect(&database.url().parse().unwrap(), &folder),
        folder,
        database,
    ))
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(db: &mut Db, query: &str) -> Vec<String> {
    let rows: Vec<Line> = diesel::sql_query(query).load(db.conn()).unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

/// Every table, index and trigger, as the database itself describes them.
fn everything(db: &mut Db, is_sqlite: bool) -> Vec<String> {
    let query = if is_sqlite {
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS line FROM sqlite_master
         WHERE name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY 1"
    } else {
        "SELECT 'table ' || table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable AS line
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_diesel%'
         UNION ALL SELECT conrelid::regclass::text || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '\\_\\_diesel%'
         UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
         UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
         ORDER BY 1"
    };
    lines(db, query)
}

fn up_down_up(db: &mut Db, is_sqlite: bool) {
    assert!(matches!(
        migrate::schema(db).unwrap(),
        Schema::Behind { empty: true, .. }
    ));
    let ran = migrate::up(db).unwrap();
    assert!(!ran.is_empty());
    assert_eq!(migrate::schema(db).unwrap(), Schema::Current);
    let first = everything(db, is_sqlite);
    assert_eq!(migrate::down(db).unwrap().len(), ran.len());
    assert_eq!(everything(db, is_sqlite), Vec::<String>::new());
    assert_eq!(migrate::up(db).unwrap(), ran);
    assert_eq!(everything(db, is_sqlite), first);
    assert_eq!(migrate::up(db).unwrap(), Vec::<String>::new());
}

#[test]
fn up_down_and_up_again_on_sqlite() {
    let (mut db, _folder) = sqlite();
    up_down_up(&mut db, true);
}

#[test]
fn up_down_and_up_again_on_postgres() {
    if let Some((mut db, _folder, _database)) = postgres() {
        up_down_up(&mut db, false);
    }
}

/// `table.column` with what it is: the storage classes of SQLite beside the types of PostgreSQL.
fn columns(db: &mut Db, is_sqlite: bool) -> BTreeMap<String, (String, bool)> {
    let query = if is_sqlite {
        "SELECT m.name || '.' || c.name || ' ' || lower(c.type) || ' ' || c.\"notnull\" AS line
         FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%'"
    } else {
        "SELECT table_name || '.' || column_name || ' ' || udt_name || ' ' ||
            CASE is_nullable WHEN 'NO' THEN '1' ELSE '0' END AS line
         FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE '\\_\\_diesel%'"
    };
    lines(db, query)
        .into_iter()
        .map(|line| {
            let mut parts = line.split(' ');
            let (name, kind, fixed) = (
                parts.next().unwrap(),
                parts.next().unwrap(),
                parts.next().unwrap(),
            );
            // The rowid of SQLite is never null, said or not.
            (
                name.to_owned(),
                (
                    kind.to_owned(),
                    fixed == "1" || name == "audit_events.sequence",
                ),
            )
        })
        .collect()
}

fn same_type(sqlite: &str, postgres: &str) -> bool {
    matches!(
        (sqlite, postgres),
        ("text", "text" | "date")
            | ("integer", "int4" | "int8" | "timestamptz" | "bool")
            | ("blob", "uuid" | "bytea")
    )
}

/// Indexes with what they are over; the names are the same on both.
fn indexes(db: &mut Db, is_sqlite: bool) -> Vec<String> {
    let query = if is_sqlite {
        "SELECT name AS line FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite%'
         AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY 1"
    } else {
        "SELECT i.relname::text AS line FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
         JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
         WHERE n.nspname = 'public' AND t.relname NOT LIKE '\\_\\_diesel%'
         AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u'))
         ORDER BY i.relname::text COLLATE \"C\""
    };
    lines(db, query)
}

/// `table(columns) -> table(columns)`
fn foreign_keys(db: &mut Db, is_sqlite: bool) -> Vec<String> {
    let query = if is_sqlite {
        "SELECT m.name || '(' || group_concat(f.\"from\", ', ') || ') -> ' || f.\"table\" || '(' || group_concat(f.\"to\", ', ') || ')' AS line
         FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
         WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'
         GROUP BY m.name, f.id"
    } else {
        "SELECT c.conrelid::regclass::text || '(' ||
            (SELECT string_agg(a.attname::text, ', ' ORDER BY k.ord) FROM unnest(c.conkey) WITH ORDINALITY k(num, ord)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num) || ') -> ' ||
            c.confrelid::regclass::text || '(' ||
            (SELECT string_agg(a.attname::text, ', ' ORDER BY k.ord) FROM unnest(c.confkey) WITH ORDINALITY k(num, ord)
             JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num) || ')' AS line
         FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace"
    };
    let mut found = lines(db, query);
    found.sort();
    found
}

#[test]
fn both_databases_have_the_same_schema() {
    let (mut here, _folder) = sqlite();
    migrate::up(&mut here).unwrap();
    let Some((mut there, _other, _database)) = postgres() else {
        return;
    };
    migrate::up(&mut there).unwrap();

    let (ours, theirs) = (columns(&mut here, true), columns(&mut there, false));
    assert_eq!(
        ours.keys().collect::<Vec<_>>(),
        theirs.keys().collect::<Vec<_>>()
    );
    for (name, (kind, fixed)) in &ours {
        let (other, other_fixed) = &theirs[name];
        assert!(same_type(kind, other), "{name}: {kind} and {other}");
        assert_eq!(fixed, other_fixed, "{name}");
    }
    assert_eq!(indexes(&mut here, true), indexes(&mut there, false));
    assert_eq!(
        foreign_keys(&mut here, true),
        foreign_keys(&mut there, false)
    );
}

/// Of each foreign key, the first two columns are the beginning of some index; one is enough where
/// it says already which row it is.
#[test]
fn every_foreign_key_has_an_index() {
    let (mut db, _folder) = sqlite();
    migrate::up(&mut db).unwrap();
    let indexed = lines(
        &mut db,
        "SELECT m.name || '(' || (SELECT group_concat(c.name, ', ') FROM pragma_index_info(i.name) c) || ', ' AS line
         FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table'",
    );
    for key in foreign_keys(&mut db, true) {
        let referring = key.split(')').next().unwrap();
        let columns: Vec<_> = referring.split(", ").take(2).collect();
        let beginning = columns.join(", ") + ", ";
        let alone = format!("{}, ", columns[0]);
        let covered = indexed
            .iter()
            .any(|index| index.starts_with(&beginning) || *index == alone);
        assert!(covered, "{key} has no index among {indexed:#?}");
    }
}
