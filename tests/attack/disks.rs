//! SQLite where another process holds the lock, and where the disk is full: nothing is answered that
//! was not written and recorded, and the office goes on when that has passed.

use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use serde_json::Value;

use super::crashes::Attacked;
use crate::support::console::{Console, sign_in};
use crate::support::people::person;
use crate::support::served::Served;

fn office() -> Attacked {
    let console = Console::sqlite();
    console.furnish();
    let service = console.url.clone();
    Attacked { console, service }
}

/// Neither changes nor looks are answered.
fn nothing_is_answered(served: &Served, token: &str, resident: &str) {
    for (method, path, body) in [
        ("POST", "/v1/residents", person()),
        ("GET", resident, Value::Null),
    ] {
        let (status, said) = served.call(method, path, Some(token), &body);
        assert_eq!(
            (status, &said["code"]),
            (503, &Value::from("service.busy")),
            "{said}"
        );
    }
}

fn register(served: &Served, token: &str) -> String {
    let (status, made) = served.call("POST", "/v1/residents", Some(token), &person());
    assert_eq!(status, 201, "{made}");
    format!("/v1/residents/{}", made["id"].as_str().unwrap())
}

#[test]
fn the_database_is_locked_by_another_process() {
    let office = office();
    let mut command = office.console.command(&["serve"]);
    let served = Served::start(command.env("HUICAN_FICTIONAL_DIVISIONS", "true"));
    let token = sign_in(&served);
    let resident = register(&served, &token);
    let mut other = SqliteConnection::establish(&office.console.url).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    nothing_is_answered(&served, &token, &resident);
    other.batch_execute("ROLLBACK").unwrap();
    register(&served, &token);
    assert_eq!(
        served.call("GET", &resident, Some(&token), &Value::Null).0,
        200
    );
}

/// A limit on the size of files stands in for the disk.
#[cfg(target_os = "linux")]
#[test]
fn the_disk_is_full() {
    let office = office();
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "trap '' XFSZ; exec \"$0\" serve",
            env!("CARGO_BIN_EXE_huican"),
        ])
        .current_dir(office.console.folder.path())
        .env("HUICAN_DATABASE_URL", &office.console.url)
        .env("HUICAN_FICTIONAL_DIVISIONS", "true");
    let served = Served::start(&mut command);
    let token = sign_in(&served);
    let resident = register(&served, &token);
    let limit = |bytes: &str| {
        let of = format!("--pid={}", served.process());
        let limited = Command::new("prlimit")
            .args([of, format!("--fsize={bytes}:unlimited")])
            .status();
        assert!(limited.unwrap().success());
    };
    limit("4096");
    nothing_is_answered(&served, &token, &resident);
    limit("unlimited");
    register(&served, &token);
    assert_eq!(
        served.call("GET", &resident, Some(&token), &Value::Null).0,
        200
    );
    assert!(
        office
            .console
            .says(&["audit", "verify"])
            .contains("is sound")
    );
}
