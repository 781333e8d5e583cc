//! The commands, as somebody types them.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

use crate::support::console::{Console, data, refused};
use crate::support::postgres::cluster;
use crate::support::served::Served;

/// From an empty database to a served office.
fn an_office_is_set_up(console: &Console, service: &str) {
    assert!(console.refuses(&["serve"]).contains("`huican migrate`"));
    assert!(console.says(&["migrate"]).contains("ran 2026"));
    assert!(console.says(&["migrate"]).contains("is up to date"));
    assert!(
        console
            .refuses(&["import", "roster", &data("roster.xlsx")])
            .contains("import divisions")
    );
    let divisions = data("divisions.csv");
    assert!(
        console
            .says(&["import", "divisions", &divisions])
            .contains("1050 added, 0 changed, 0 unchanged")
    );
    assert!(
        console
            .says(&["import", "divisions", &divisions])
            .contains("0 added, 0 changed, 1050 unchanged")
    );
    assert!(
        console
            .says(&["import", "programs", &data("programs.json")])
            .contains("9 new programs, 18 new versions")
    );
    assert!(
        console
            .says(&["import", "programs", &data("programs.json")])
            .contains("18 versions unchanged")
    );

    let create = ["user", "create", "lina", "--display-name", "李娜"];
    assert!(refused(&console.says_when_told(&create, "password1234")).contains("easy to guess"));
    assert!(
        console
            .says_when_told(&create, "three green umbrellas at noon")
            .status
            .success()
    );
    assert!(
        refused(&console.says_when_told(&create, "three green umbrellas at noon"))
            .contains("taken")
    );
    let grant = [
        "user",
        "grant",
        "lina",
        "--role",
        "system_admin",
        "--organization",
        "信息中心",
        "--kind",
        "administration",
        "--division",
        "990100",
    ];
    assert!(
        console
            .says(&grant)
            .contains("lina is now system_admin in 990100000000")
    );
    let mut second = grant;
    second[4] = "audit_admin";
    assert!(console.refuses(&second).contains("exclude each other"));
    let mut unknown = grant;
    unknown[2] = "nobody";
    assert!(console.refuses(&unknown).contains("no account `nobody`"));
    assert!(
        console
            .says_when_told(
                &["user", "reset-password", "lina"],
                "seven blue kettles in a row"
            )
            .status
            .success()
    );

    // Served, and signed in to with the new password.
    let served = Served::start(&mut console.command_of(service, &["serve"]));
    let sign_in = |password: &str| {
        let body = serde_json::json!({"username": "lina", "password": password});
        served.call("POST", "/v1/sessions", None, &body).0
    };
    assert_eq!(
        (
            sign_in("seven blue kettles in a row"),
            sign_in("three green umbrellas at noon")
        ),
        (201, 401)
    );
}

#[test]
fn an_office_is_set_up_on_sqlite() {
    let console = Console::sqlite();
    an_office_is_set_up(&console, &console.url);
    // The keys are for their owner's eyes, and belong to their database.
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let keys = std::fs::metadata(console.folder.path().join("office.keys")).unwrap();
        assert_eq!(keys.mode() & 0o777, 0o600);
    }
    let other = Console::sqlite();
    other.says(&["migrate"]);
    let foreign = other.folder.path().join("office.keys");
    let output = console
        .command(&["serve"])
        .env("HUICAN_KEYS", &foreign)
        .output()
        .unwrap();
    assert!(refused(&output).contains("not those that"));
    let output = console
        .command(&["serve"])
        .env("HUICAN_KEYS", "nowhere.keys")
        .output()
        .unwrap();
    assert!(refused(&output).contains("no key file nowhere.keys"));
    assert!(!console.folder.path().join("nowhere.keys").exists());
}

#[test]
fn an_office_is_set_up_on_postgres() {
    let Some(cluster) = cluster() else { return };
    let database = cluster.clone_of(|_empty| {});
    let console = Console {
        folder: tempfile::tempdir().unwrap(),
        url: database.url().to_owned(),
    };
    // A login that owns nothing is made by whoever runs the server.
    let service = database.login("huican_test_service", Some("huican_service"));
    an_office_is_set_up(&console, &service);

    // Whoever could take the fence down may not serve behind it.
    let serve = |url: &str| refused(&console.command_of(url, &["serve"]).output().unwrap());
    assert!(serve(database.url()).contains("is a superuser"));
    let owner = database.login("huican_test_owner", None);
    let mut admin = PgConnection::establish(database.url()).unwrap();
    admin
        .batch_execute("GRANT huican_service TO huican_test_owner; ALTER TABLE users OWNER TO huican_test_owner")
        .unwrap();
    assert!(serve(&owner).contains("`huican_test_owner` owns the tables"));
    admin
        .batch_execute(
            "ALTER TABLE users OWNER TO CURRENT_USER; REVOKE huican_service FROM huican_test_owner",
        )
        .unwrap();
    assert!(
        !console
            .command_of(&owner, &["serve"])
            .output()
            .unwrap()
            .status
            .success()
    );
}

#[test]
fn a_roster_is_imported_from_the_console() {
    let console = Console::sqlite();
    console.says(&["migrate"]);
    console.says(&["import", "divisions", &data("divisions.csv")]);
    let roster = data("roster.xlsx");
    let import = |more: &[&str]| {
        let arguments = [&["import", "roster", roster.as_str()], more].concat();
        let output = console
            .command(&arguments)
            .env("HUICAN_FICTIONAL_DIVISIONS", "true")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let count = |said: &str, outcome: &str| {
        let line = said
            .lines()
            .find(|line| line.split_whitespace().any(|word| word == outcome));
        line.and_then(|line| line.split_whitespace().last())
            .map(str::to_owned)
    };
    let foreseen = import(&["--dry-run", "--report", "report.xlsx"]);
    assert!(foreseen.contains("Nothing was changed"));
    assert_eq!(count(&foreseen, "imported").as_deref(), Some("2819"));
    assert!(console.folder.path().join("report.xlsx").exists());
    assert_eq!(
        count(&import(&[]), "imported_with_warnings").as_deref(),
        Some("31")
    );
    assert_eq!(count(&import(&[]), "unchanged").as_deref(), Some("2850"));
    // Without the setting, province 99 does not exist.
    let strict = console.says(&["import", "roster", &roster, "--dry-run"]);
    assert_eq!(count(&strict, "rejected").as_deref(), Some("3000"));
    assert!(
        console
            .refuses(&["import", "roster", "nowhere.xlsx"])
            .contains("nowhere.xlsx")
    );
}

#[test]
fn serving_takes_a_schema_it_knows() {
    let console = Console::sqlite();
    console.says(&["migrate"]);
    let mut database = SqliteConnection::establish(&console.url).unwrap();
    database
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')")
        .unwrap();
    for command in ["serve", "migrate"] {
        assert!(
            console.refuses(&[command]).contains("29991231000000"),
            "{command}"
        );
    }
    database
        .batch_execute(
            "DELETE FROM __diesel_schema_migrations WHERE version IN ('29991231000000', '20261124000006')",
        )
        .unwrap();
    assert!(console.refuses(&["serve"]).contains("1 migrations behind"));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let console = Console::sqlite();
    let mut database = SqliteConnection::establish(&console.url).unwrap();
    database
        .batch_execute("CREATE TABLE payroll (id INTEGER)")
        .unwrap();
    let before = std::fs::read(&console.url).unwrap();
    for command in ["serve", "migrate"] {
        let output = console
            .command(&[command])
            .env("HUICAN_KEYS", "some.keys")
            .output()
            .unwrap();
        let said = refused(&output);
        assert!(
            said.contains("not huican's") || said.contains("no key file"),
            "{said}"
        );
    }
    assert!(database.batch_execute("SELECT id FROM payroll").is_ok());
    assert!(
        database
            .batch_execute("SELECT * FROM __diesel_schema_migrations")
            .is_err()
    );
    drop(database);
    assert_eq!(std::fs::read(&console.url).unwrap().len(), before.len());

    let Some(cluster) = cluster() else { return };
    let foreign = cluster.clone_of(|url| {
        PgConnection::establish(url)
            .unwrap()
            .batch_execute("CREATE TABLE payroll (id integer)")
            .unwrap();
    });
    let console = Console {
        folder: tempfile::tempdir().unwrap(),
        url: foreign.url().to_owned(),
    };
    assert!(console.refuses(&["migrate"]).contains("not huican's"));
    let mut database = PgConnection::establish(foreign.url()).unwrap();
    assert!(
        database
            .batch_execute("SELECT * FROM __diesel_schema_migrations")
            .is_err()
    );
}

#[test]
fn a_wrong_setting_is_one_sentence_that_names_it() {
    let console = Console::sqlite();
    for (name, value, said) in [
        ("HUICAN_LISTEN", "nowhere", "listen"),
        ("HUICAN_DATABASE_URL", "mysql://x", "database_url"),
        ("HUICAN_WORKERS", "0", "workers"),
        ("HUICAN_CONFIG", "missing.toml", "missing.toml"),
    ] {
        let output = console
            .command(&["serve"])
            .env(name, value)
            .output()
            .unwrap();
        assert!(refused(&output).contains(said), "{name}");
    }
    std::fs::write(
        console.folder.path().join("huican.toml"),
        "lisen = \"127.0.0.1:1\"\n",
    )
    .unwrap();
    assert!(console.refuses(&["serve"]).contains("lisen"));
}

#[test]
fn no_secret_is_printed() {
    let console = Console::sqlite();
    let url = "postgres://huican:se%20cret@127.0.0.1:1/huican?password=other-se";
    let output = console
        .command(&["migrate"])
        .env("HUICAN_DATABASE_URL", url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success() && !said.contains("cret") && !said.contains("other-se"),
        "{said}"
    );
}

#[test]
fn the_document_is_printed() {
    let said = Console::sqlite().says(&["openapi"]);
    assert!(said == include_str!("../openapi.yaml"));
}
