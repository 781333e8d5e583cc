//! Newer keys in place of older ones, while the office is open.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use serde_json::{Value, json};

use crate::support::console::{Console, sign_in};
use crate::support::people;
use crate::support::postgres::cluster;
use crate::support::served::Served;

/// An office with a caseworker, served.
fn open(console: &Console, service: &str) -> Served {
    console.furnish();
    Served::start(
        console
            .command_of(service, &["serve"])
            .env("HUICAN_FICTIONAL_DIVISIONS", "true"),
    )
}

/// `owner` runs a statement as whom the database belongs to; `stop` lets no
/// certificate be written, `go_on` does again.
fn keys_are_replaced(
    console: &Console,
    service: &str,
    owner: &mut dyn FnMut(&str),
    [stop, go_on]: [&str; 2],
) {
    let served = open(console, service);
    let old = sign_in(&served);
    let register = |body: &Value| {
        let (status, made) = served.call("POST", "/v1/residents", Some(&old), body);
        assert_eq!(status, 201, "{made}");
        let resident = format!("/v1/residents/{}", made["id"].as_str().unwrap());
        let account = json!({"bank_account": "6200000000000012344", "bank_name": "虚川农村商业银行",
            "holder": "李四", "holder_relation": "carer"});
        let path = format!("{resident}/bank-accounts");
        assert_eq!(served.call("POST", &path, Some(&old), &account).0, 201);
        resident
    };
    let (first, second) = (people::person(), people::person());
    let addresses = [register(&first), register(&second)];
    let numbers = |token: &str| {
        addresses.each_ref().map(|address| {
            let why = json!({"reason": "证件核对", "fields": ["id_number", "phone", "certificate_number", "bank_account"]});
            let (status, shown) =
                served.call("POST", &format!("{address}/disclosures"), Some(token), &why);
            assert_eq!(status, 201, "{shown}");
            shown
        })
    };
    let before = numbers(&old);

    // Tokens: the old one holds until its key is forgotten.
    assert!(
        console
            .says(&["keys", "list"])
            .contains("token          1 in use")
    );
    assert!(
        console
            .says(&["keys", "add", "token"])
            .contains("Version 2 of the token key waits")
    );
    assert!(
        console
            .says(&["keys", "renew", "token"])
            .contains("Version 2 of the token key is in use")
    );
    assert_eq!(numbers(&old), before);
    assert!(
        console
            .says(&["keys", "retire", "token"])
            .contains("Forgot 1")
    );
    assert!(
        console
            .refuses(&["keys", "retire", "seal"])
            .contains("could not be verified")
    );
    let unknown = console.run(&["keys", "renew", "index"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("encryption, token, seal"));
    // The office that is open hears of it soon.
    let me = |token: &str| served.call("GET", "/v1/me", Some(token), &Value::Null).0;
    let mut waits = 0..150;
    while me(&old) == 200 {
        waits.next().unwrap();
        std::thread::park_timeout(Duration::from_millis(100));
    }
    let new = sign_in(&served);
    assert_eq!((me(&old), numbers(&new)), (401, before.clone()));

    // Encryption: stopped in the middle, it goes on where it was.
    owner(stop);
    console.refuses(&["keys", "renew", "encryption"]);
    owner(go_on);
    assert!(
        console
            .says(&["keys", "list"])
            .contains("encryption     2 in use")
    );
    assert!(
        console
            .refuses(&["keys", "retire", "encryption"])
            .contains("6 values are still under an older key")
    );
    assert_eq!(numbers(&new), before);
    assert!(
        console
            .says(&["keys", "reencrypt"])
            .contains("Encrypted 6 values anew")
    );
    assert!(
        console
            .says(&["keys", "reencrypt"])
            .contains("Encrypted 0 values anew")
    );
    assert!(
        console
            .says(&["keys", "retire", "encryption"])
            .contains("Forgot 1")
    );
    assert_eq!(numbers(&new), before);
    assert!(console.says(&["audit", "verify"]).contains("is sound"));
}

#[test]
fn keys_are_replaced_on_sqlite() {
    let console = Console::sqlite();
    let url = console.url.clone();
    keys_are_replaced(
        &console,
        &url,
        &mut |sql| {
            let mut owner = SqliteConnection::establish(&url).unwrap();
            owner.batch_execute(sql).unwrap();
        },
        [
            "CREATE TRIGGER stop BEFORE UPDATE ON certificates BEGIN SELECT RAISE(ABORT, 'stop'); END",
            "DROP TRIGGER stop",
        ],
    );
}

#[test]
fn keys_are_replaced_on_postgres() {
    let Some(cluster) = cluster() else { return };
    let database = cluster.clone_of(|_empty| {});
    let console = Console {
        folder: tempfile::tempdir().unwrap(),
        url: database.url().to_owned(),
    };
    let service = database.login("huican_keys_service", Some("huican_service"));
    keys_are_replaced(
        &console,
        &service,
        &mut |sql| {
            let mut owner = PgConnection::establish(database.url()).unwrap();
            owner.batch_execute(sql).unwrap();
        },
        [
            "CREATE TRIGGER stop BEFORE UPDATE ON certificates FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            "DROP TRIGGER stop ON certificates",
        ],
    );
}
