//! PostgreSQL whose connections others have taken, and which cuts those of the office while people
//! work: honest answers, nothing lost, and the office goes on when that has passed.

use std::sync::atomic::Ordering;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use serde_json::Value;

use super::crashes::{Attacked, Told, meanwhile, on_postgres, wait};
use super::disks::{nothing_is_answered, register};
use super::{chance, rounds};
use crate::support::console::sign_in;
use crate::support::people::person;
use crate::support::postgres::Server;
use crate::support::served::Served;

/// More than the office has connections: each of them takes its turn.
const TURNS: usize = 20;

const OFFICE: &str = "pg_stat_activity WHERE usename = 'huican'";

fn owner_of(server: &Server) -> PgConnection {
    PgConnection::establish(&server.url()).unwrap()
}

fn cut(owner: &mut PgConnection) {
    let sql = format!("SELECT pg_terminate_backend(pid) FROM {OFFICE}");
    owner.batch_execute(&sql).unwrap();
}

/// Goes on until every connection was made anew: whoever finds one cut hears "busy" once more.
fn recovers(served: &Served, token: &str, resident: &str) {
    let answered = || {
        let made = served
            .call("POST", "/v1/residents", Some(token), &person())
            .0;
        let seen = served.call("GET", resident, Some(token), &Value::Null).0;
        assert!(
            [201, 503].contains(&made) && [200, 503].contains(&seen),
            "{made} {seen}"
        );
        (made, seen) == (201, 200)
    };
    let (mut in_a_row, mut tries) = (0, 0..10 * TURNS);
    while in_a_row < TURNS {
        tries.next().expect("the connections are made anew");
        in_a_row = if answered() { in_a_row + 1 } else { 0 };
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// Connections of others, as many as are to be had.
struct Crowd {
    url: String,
    connections: Vec<PgConnection>,
}

impl Crowd {
    fn at(server: &Server) -> Self {
        owner_of(server)
            .batch_execute("CREATE ROLE crowd LOGIN")
            .unwrap();
        Self {
            url: server.url().replace("postgres@", "crowd@"),
            connections: Vec::new(),
        }
    }

    fn fill(&mut self) {
        let refusal = loop {
            match PgConnection::establish(&self.url) {
                Ok(connection) => self.connections.push(connection),
                Err(refusal) => break refusal.to_string(),
            }
        };
        let full = ["too many clients", "remaining connection slots"];
        assert!(full.iter().any(|said| refusal.contains(said)), "{refusal}");
    }

    /// Takes the office's connections, too, and is there before it comes back.
    fn displace(&mut self, attacked: &Attacked, owner: &mut PgConnection) {
        self.fill();
        while attacked.count(OFFICE) > 0 {
            cut(owner);
            self.fill();
        }
    }
}

#[test]
fn others_take_every_connection() {
    let Some(server) = Server::with("max_connections = 40\n") else {
        return;
    };
    let attacked = on_postgres(&server);
    let served = attacked.serve();
    let token = sign_in(&served);
    let resident = register(&served, &token);
    let mut owner = owner_of(&server);
    for _ in 0..rounds(2) {
        let before = attacked.count("residents");
        let mut crowd = Crowd::at(&server);
        crowd.displace(&attacked, &mut owner);
        let ready = served.call("GET", "/health/ready", None, &Value::Null).0;
        assert_eq!(ready, 503);
        for _ in 0..TURNS {
            nothing_is_answered(&served, &token, &resident);
        }
        assert_eq!(attacked.count("residents"), before);
        drop(crowd);
        recovers(&served, &token, &resident);
        owner.batch_execute("DROP ROLE crowd").unwrap();
    }
    attacked.check(&served, &Told::default());
}

#[test]
fn connections_are_cut_while_people_work() {
    let Some(server) = Server::alone() else {
        return;
    };
    let attacked = on_postgres(&server);
    let (told, mut chance) = (Told::default(), chance());
    let served = attacked.serve();
    let token = sign_in(&served);
    let resident = register(&served, &token);
    let mut owner = owner_of(&server);
    meanwhile(&served, &told, || {
        for _ in 0..rounds(6) {
            wait(&mut chance);
            cut(&mut owner);
        }
    });
    recovers(&served, &token, &resident);
    attacked.check(&served, &told);
    assert!(told.registered.lock().unwrap().len() > TURNS);
    assert_eq!(told.unanswered.load(Ordering::Relaxed), 0);
}
