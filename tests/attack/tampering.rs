//! Whoever has the database's owner and no scruples edits, deletes, swaps, inserts, cuts off and
//! rolls back what was sealed. All of it is found, and the first entry that is not as it was is named.

use diesel::connection::SimpleConnection;
use huican::audit::sealing::{self, Ledger};
use huican::db::Db;

use super::{chance, rounds};
use crate::support::{Backend, TestOffice, on_both};

const TEXTS: [&str; 8] = [
    "actor_username",
    "action",
    "entity_type",
    "entity_id",
    "division_code",
    "outcome",
    "reason",
    "changes",
];
const IDS: [&str; 4] = [
    "actor_id",
    "actor_organization_id",
    "resident_id",
    "request_id",
];
const SEALS: [&str; 5] = ["previous", "root", "signature", "leaves", "key_id"];

/// What was done, and which entry is the first that is not as it was; none where it is a seal.
#[derive(Debug)]
struct Tampering {
    sql: String,
    first: Option<i64>,
    /// Only what is kept outside can tell.
    outside: bool,
}

/// What is sealed: the first and last entry and checkpoint.
#[derive(Debug, Clone, Copy)]
struct Sealed {
    backend: Backend,
    first: i64,
    last: i64,
    checkpoints: i64,
}

impl Sealed {
    fn tampering(self, chance: &mut fastrand::Rng) -> Tampering {
        let entry = chance.i64(self.first..=self.last);
        let at = |sql: String, first: i64| Tampering {
            sql,
            first: Some(first),
            outside: false,
        };
        match chance.u8(0..9) {
            0 => {
                let column = chance.choice(TEXTS).unwrap();
                let value = match column {
                    // One that the check lets in.
                    "outcome" => {
                        "CASE outcome WHEN 'success' THEN 'failed' ELSE 'success' END".to_owned()
                    }
                    _ => format!("coalesce({column}, '') || 'x'"),
                };
                at(
                    format!("UPDATE audit_events SET {column} = {value} WHERE sequence = {entry}"),
                    entry,
                )
            }
            1 => {
                let column = chance.choice(IDS).unwrap();
                let id = uuid::Uuid::from_u128(chance.u128(..)).simple().to_string();
                let id = match self.backend {
                    // Of any length: nothing there asks for an id's.
                    Backend::Sqlite => format!("x'{}'", &id[..chance.usize(0..=16) * 2]),
                    Backend::Postgres => format!("'{id}'::uuid"),
                };
                at(
                    format!("UPDATE audit_events SET {column} = {id} WHERE sequence = {entry}"),
                    entry,
                )
            }
            2 => {
                let later = match self.backend {
                    Backend::Sqlite => "at + 1",
                    Backend::Postgres => "at + interval '1 microsecond'",
                };
                at(
                    format!("UPDATE audit_events SET at = {later} WHERE sequence = {entry}"),
                    entry,
                )
            }
            3 => {
                let to = chance.i64(entry..=self.last);
                at(
                    format!("DELETE FROM audit_events WHERE sequence BETWEEN {entry} AND {to}"),
                    entry,
                )
            }
            4 => {
                // Two entries exchange their places.
                let other = loop {
                    let other = chance.i64(self.first..=self.last);
                    if other != entry {
                        break other;
                    }
                };
                let nowhere = self.first - 1_000;
                let sql = [(entry, nowhere), (other, entry), (nowhere, other)].map(|(from, to)| {
                    format!("UPDATE audit_events SET sequence = {to} WHERE sequence = {from};")
                });
                at(sql.concat(), entry.min(other))
            }
            5 => {
                // Put in before all others: between them there is no room.
                let place = self.first - chance.i64(1..100);
                let (how, columns) = match self.backend {
                    Backend::Sqlite => ("", "at, action, entity_type, request_id, outcome"),
                    Backend::Postgres => (
                        "OVERRIDING SYSTEM VALUE",
                        "at, action, entity_type, request_id, outcome",
                    ),
                };
                at(
                    format!(
                        "INSERT INTO audit_events (sequence, {columns}) {how}
                         SELECT {place}, {columns} FROM audit_events WHERE sequence = {entry}"
                    ),
                    place,
                )
            }
            6 => at(
                format!("DELETE FROM audit_events WHERE sequence >= {entry}"),
                entry,
            ),
            7 => {
                let number = chance.i64(1..=self.checkpoints);
                let column = chance.choice(SEALS).unwrap();
                let sql = match (column, self.backend) {
                    ("key_id", _) => format!(
                        "UPDATE audit_checkpoints SET key_id = key_id || 'x' WHERE number = {number}"
                    ),
                    (_, Backend::Sqlite) => format!(
                        "UPDATE audit_checkpoints SET {column} = CAST(x'fefefe' || substr({column}, 4) AS BLOB) WHERE number = {number}"
                    ),
                    (_, Backend::Postgres) => format!(
                        "UPDATE audit_checkpoints SET {column} = '\\xfefefe'::bytea || substr({column}, 4) WHERE number = {number}"
                    ),
                };
                Tampering {
                    sql,
                    first: None,
                    outside: false,
                }
            }
            _ => {
                // Back to an earlier state, seals and all.
                let number = chance.i64(1..=self.checkpoints);
                let sql = format!(
                    "DELETE FROM audit_events WHERE sequence >
                        coalesce((SELECT last_sequence FROM audit_checkpoints WHERE number = {number} - 1), {});
                     DELETE FROM audit_checkpoints WHERE number >= {number};",
                    self.first - 1
                );
                Tampering {
                    sql,
                    first: None,
                    outside: true,
                }
            }
        }
    }
}

/// Takes down the fence that an owner would take down first.
fn unguard(db: &mut Db, backend: Backend) {
    for table in ["audit_events", "audit_checkpoints"] {
        let sql = match backend {
            Backend::Postgres => format!("ALTER TABLE {table} DISABLE TRIGGER USER"),
            Backend::Sqlite => ["fixed", "keep", "no_replace"]
                .map(|trigger| format!("DROP TRIGGER {table}_{trigger};"))
                .concat(),
        };
        db.conn().batch_execute(&sql).unwrap();
    }
    if backend == Backend::Postgres {
        let numbered_freely = "ALTER TABLE audit_events ALTER COLUMN sequence DROP IDENTITY";
        db.conn().batch_execute(numbered_freely).unwrap();
    }
}

on_both! {
    async fn whatever_is_done_to_what_was_sealed_is_found(office: &TestOffice) {
        let resident = office.resident().await;
        let county = office.as_user("county.990121").await;
        for round in 0..6 {
            for _ in 0..=round * 2 {
                county.get(&format!("/v1/residents/{resident}")).await.expect(200);
            }
            assert!(office.seal().await > 0);
        }
        let mut db = office.db();
        let seals = sealing::summaries(&mut db, None, 100).unwrap();
        let last = seals[0].last_sequence;
        let entries: i64 = seals.iter().map(|seal| seal.entries).sum();
        let sealed = Sealed {
            backend: office.backend,
            first: last - entries + 1,
            last,
            checkpoints: seals[0].number,
        };
        unguard(&mut db, office.backend);
        let outside = office.checkpoints();
        let lines = || Ledger::lines(&outside).unwrap();
        let mut chance = chance();
        for _ in 0..rounds(1_000) {
            let tampering = sealed.tampering(&mut chance);
            db.conn().batch_execute(&format!("BEGIN; {}", tampering.sql)).unwrap();
            let found = sealing::verify(&mut db, 0, |_| true).unwrap().fault;
            if tampering.outside {
                assert_eq!(found, None, "{tampering:?}");
                assert!(sealing::against(&mut db, lines()).unwrap().is_some(), "{tampering:?}");
            } else {
                let found = found.unwrap_or_else(|| panic!("not found: {tampering:?}"));
                assert_eq!(found.sequence, tampering.first, "{tampering:?} {found:?}");
            }
            db.conn().batch_execute("ROLLBACK").unwrap();
        }
        let untouched = sealing::verify(&mut db, 0, |_| true).unwrap();
        assert_eq!((untouched.fault, untouched.entries), (None, u64::try_from(entries).unwrap()));
        assert_eq!(sealing::against(&mut db, lines()).unwrap(), None);
    }
}
