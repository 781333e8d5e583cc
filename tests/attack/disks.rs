//! SQLite where another process holds the lock, where the disk is full, and where nothing may be
//! written: nothing is answered that was not written and recorded, and the office goes on when that
//! has passed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use serde_json::{Value, json};

use super::crashes::Attacked;
use super::rounds;
use crate::support::console::{Console, PASSWORD, refused, sign_in};
use crate::support::people::person;
use crate::support::served::Served;

pub(super) fn office() -> Attacked {
    let console = Console::sqlite();
    console.furnish();
    let service = console.url.clone();
    Attacked { console, service }
}

/// Neither changes nor looks are answered, nor is anybody let in.
pub(super) fn nothing_is_answered(served: &Served, token: &str, resident: &str) {
    let lina = json!({"username": "lina", "password": PASSWORD});
    for (method, path, body) in [
        ("POST", "/v1/residents", person()),
        ("GET", resident, Value::Null),
        ("POST", "/v1/sessions", lina),
    ] {
        let (status, said) = served.call(method, path, Some(token), &body);
        assert_eq!(
            (status, &said["code"]),
            (503, &Value::from("service.busy")),
            "{said}"
        );
    }
}

pub(super) fn register(served: &Served, token: &str) -> String {
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

/// Files that nobody may write to until this is dropped, whoever has them open.
struct Frozen(Vec<PathBuf>);

impl Frozen {
    /// None where that takes more rights, or another file system, than the tests have.
    fn database_of(console: &Console) -> Option<Self> {
        // Not the index beside them, which SQLite maps: no error comes of that, the process is killed.
        let names = [console.url.clone(), format!("{}-wal", console.url)];
        let frozen = Self(names.map(PathBuf::from).to_vec());
        frozen.set("+i").then_some(frozen)
    }

    fn set(&self, attribute: &str) -> bool {
        let mut command = Command::new("chattr");
        command.arg(attribute).args(&self.0).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.set("-i");
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "what was not tried is said")]
fn the_database_becomes_read_only() {
    let office = office();
    let served = office.serve();
    let token = sign_in(&served);
    let resident = register(&served, &token);
    for round in 1..=rounds(1) {
        let Some(frozen) = Frozen::database_of(&office.console) else {
            println!("NOT TRIED: files cannot be made immutable here (chattr +i)");
            return;
        };
        nothing_is_answered(&served, &token, &resident);
        drop(frozen);
        register(&served, &token);
        let seen = served.call("GET", &resident, Some(&token), &Value::Null).0;
        let registered = i64::try_from(round + 1).unwrap();
        assert_eq!((seen, office.count("residents")), (200, registered));
    }
    let outside = ["audit", "verify", "--checkpoints", "outside.checkpoints"];
    assert!(office.console.says(&outside).contains("is sound"));
}

/// As where somebody else has put it back from a copy.
#[cfg(target_os = "linux")]
#[test]
fn what_may_not_be_written_to_is_not_served() {
    let office = office();
    let allow = |mode: u32| {
        fs::set_permissions(&office.console.url, Permissions::from_mode(mode)).unwrap();
    };
    allow(0o444);
    let mut command = Command::new("timeout");
    // Root may write where nobody may, unless it gives that up.
    command
        .args([
            "60",
            "setpriv",
            "--bounding-set=-dac_override,-dac_read_search",
        ])
        .args([env!("CARGO_BIN_EXE_huican"), "serve"])
        .current_dir(office.console.folder.path())
        .env("HUICAN_DATABASE_URL", &office.console.url);
    let said = refused(&command.output().unwrap());
    assert!(said.contains("cannot be written to"), "{said}");
    allow(0o644);
    sign_in(&office.serve());
}
