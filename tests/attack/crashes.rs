//! `kill -9` of the server and of PostgreSQL, while people write and look: what was answered is
//! there, nothing is there by half, and the record is sound.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};
use serde_json::Value;

use super::{chance, rounds};
use crate::support::console::{Console, sign_in};
use crate::support::people::person;
use crate::support::postgres::Server;
use crate::support::served::Served;

const CLIENTS: usize = 4;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    one: i64,
}

/// An office, and where its owner looks into the database.
pub(super) struct Attacked {
    pub console: Console,
    pub service: String,
}

/// What clients were told.
#[derive(Default)]
pub(super) struct Told {
    pub registered: Mutex<HashSet<String>>,
    views: Mutex<i64>,
    /// Requests that got no answer at all.
    pub unanswered: AtomicUsize,
}

impl Told {
    /// Done, or an honest "not now".
    fn hears(&self, done: u16, (status, said): (u16, Value)) -> Option<Value> {
        assert!([0, done, 503].contains(&status), "{status} {said}");
        self.unanswered
            .fetch_add(usize::from(status == 0), Ordering::Relaxed);
        (status == done).then_some(said)
    }
}

impl Attacked {
    pub(super) fn serve(&self) -> Served {
        let mut command = self.console.command_of(&self.service, &["serve"]);
        command.env("HUICAN_CHECKPOINTS", "outside.checkpoints");
        Served::start(command.env("HUICAN_FICTIONAL_DIVISIONS", "true"))
    }

    pub(super) fn count(&self, sql: &str) -> i64 {
        let query = diesel::sql_query(format!("SELECT count(*) AS one FROM {sql}"));
        let url = &self.console.url;
        let count: Count = if url.starts_with("postgres") {
            query.get_result(&mut PgConnection::establish(url).unwrap())
        } else {
            query.get_result(&mut SqliteConnection::establish(url).unwrap())
        }
        .unwrap();
        count.one
    }

    /// Nothing that was answered is missing, and nothing is there by half.
    pub(super) fn check(&self, served: &Served, told: &Told) {
        let token = sign_in(served);
        let registered = told.registered.lock().unwrap();
        for id in &*registered {
            let (status, _) = served.call(
                "GET",
                &format!("/v1/residents/{id}"),
                Some(&token),
                &Value::Null,
            );
            assert_eq!(status, 200, "{id} was registered and is gone");
        }
        let mut views = told.views.lock().unwrap();
        *views += i64::try_from(registered.len()).unwrap();
        assert!(self.count("audit_events WHERE action = 'resident.viewed'") >= *views);
        assert!(self.count("residents") >= i64::try_from(registered.len()).unwrap());
        for half in [
            "residents r WHERE NOT EXISTS (SELECT 1 FROM certificates c WHERE c.resident_id = r.id)",
            "residents r WHERE NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.action = 'resident.created' AND e.resident_id = r.id)",
            "audit_events e WHERE e.action = 'resident.created' AND NOT EXISTS (SELECT 1 FROM residents r WHERE r.id = e.resident_id)",
        ] {
            assert_eq!(self.count(half), 0, "{half}");
        }
        let outside = ["audit", "verify", "--checkpoints", "outside.checkpoints"];
        assert!(self.console.says(&outside).contains("is sound"));
    }
}

/// Registers people and looks at them until told to stop.
fn work(served: &Served, token: &str, told: &Told, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let reply = served.call("POST", "/v1/residents", Some(token), &person());
        let Some(made) = told.hears(201, reply) else {
            continue;
        };
        let id = made["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/residents/{id}");
        told.registered.lock().unwrap().insert(id);
        for _ in 0..3 {
            let reply = served.call("GET", &path, Some(token), &Value::Null);
            let seen = told.hears(200, reply).is_some();
            *told.views.lock().unwrap() += i64::from(seen);
        }
    }
}

/// While clients are at work, something happens.
pub(super) fn meanwhile(served: &Served, told: &Told, happens: impl FnOnce()) {
    let token = sign_in(served);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| work(served, &token, told, &stop));
        }
        // They stop also where this fails.
        let failed = std::panic::catch_unwind(AssertUnwindSafe(happens)).err();
        stop.store(true, Ordering::Relaxed);
        if let Some(failure) = failed {
            std::panic::resume_unwind(failure);
        }
    });
}

pub(super) fn wait(chance: &mut fastrand::Rng) {
    std::thread::park_timeout(Duration::from_millis(chance.u64(200..1_200)));
}

fn the_server_is_killed(attacked: &Attacked) {
    let (told, mut chance) = (Told::default(), chance());
    let mut served = attacked.serve();
    for _ in 0..rounds(4) {
        meanwhile(&served, &told, || {
            wait(&mut chance);
            served.kill();
        });
        served = attacked.serve();
        attacked.check(&served, &told);
    }
    assert!(told.registered.lock().unwrap().len() > CLIENTS);
}

#[test]
fn the_server_is_killed_on_sqlite() {
    let console = Console::sqlite();
    console.furnish();
    let service = console.url.clone();
    the_server_is_killed(&Attacked { console, service });
}

/// A server of its own, with the office's two logins.
pub(super) fn on_postgres(server: &Server) -> Attacked {
    let folder = tempfile::tempdir().unwrap();
    let console = Console {
        folder,
        url: server.url(),
    };
    console.furnish();
    let login = "CREATE ROLE huican LOGIN; GRANT huican_service TO huican";
    PgConnection::establish(&server.url())
        .unwrap()
        .batch_execute(login)
        .unwrap();
    let service = server.url().replace("postgres@", "huican@");
    Attacked { console, service }
}

#[test]
fn the_server_is_killed_on_postgres() {
    let Some(server) = Server::alone() else {
        return;
    };
    the_server_is_killed(&on_postgres(&server));
}

/// The office stays, and goes on when the database is back.
#[test]
fn postgres_is_killed() {
    let Some(server) = Server::alone() else {
        return;
    };
    let attacked = on_postgres(&server);
    let (told, mut chance) = (Told::default(), chance());
    let served = attacked.serve();
    for _ in 0..rounds(4) {
        meanwhile(&served, &told, || {
            wait(&mut chance);
            server.kill();
            let me = served.call("GET", "/health/ready", None, &Value::Null).0;
            assert_eq!(me, 503);
            server.go();
            wait(&mut chance);
        });
        attacked.check(&served, &told);
    }
}
