//! The demonstration, as a person on a fresh machine meets it: the program itself, over the network.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use diesel::prelude::*;
use diesel::sql_types::Text;
use huican::audit::is_look;
use huican::cli::demo::offices::PASSWORD;
use huican::inspection::timeline::label;
use serde_json::{Value, json};

use crate::support::postgres::cluster;

fn huican(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huican"));
    command
        .current_dir(folder)
        .env_remove("HUICAN_DATABASE_URL");
    command
}

/// A demonstration that runs, and what it printed.
struct Demo {
    child: Child,
    address: String,
    printed: String,
}

impl Demo {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = huican(folder)
            .args(["demo", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut printed = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !printed.contains("Ctrl-C") {
            assert!(
                lines.read_line(&mut printed).unwrap() > 0,
                "it ended after: {printed}"
            );
        }
        let address = printed
            .split("http://")
            .nth(1)
            .unwrap()
            .split('/')
            .next()
            .unwrap()
            .to_owned();
        Self {
            child,
            address,
            printed,
        }
    }

    fn call(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let token = token
            .map(|token| format!("Authorization: Bearer {token}\r\n"))
            .unwrap_or_default();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n{token}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn sign_in(&self, username: &str) -> String {
        let (status, pair) = self.call(
            "POST",
            "/v1/sessions",
            None,
            &json!({"username": username, "password": PASSWORD}),
        );
        assert_eq!(status, 201, "{username}: {pair}");
        pair["access_token"].as_str().unwrap().to_owned()
    }

    fn items(&self, token: &str, path: &str) -> Vec<Value> {
        let (status, page) = self.call("GET", path, Some(token), &Value::Null);
        assert_eq!(status, 200, "{path}: {page}");
        page["items"].as_array().unwrap().clone()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

const COUNTIES: [&str; 8] = [
    "990102", "990103", "990121", "990122", "990123", "990124", "990181", "990182",
];

/// Of a year that was paid: what is settled, what waits at which desk, and books that balance.
fn was_paid(demo: &Demo) {
    let mut waiting = Vec::new();
    for county in COUNTIES {
        let finance = demo.sign_in(&format!("finance.{county}"));
        let there = |path: &str| demo.items(&finance, path).len();
        assert!(there("/v1/payment-batches?state=settled&limit=200") > 10);
        for state in ["draft", "submitted", "checked", "released"] {
            if there(&format!("/v1/payment-batches?state={state}")) > 0 {
                waiting.push(state);
            }
        }
        for run in demo.items(&finance, "/v1/entitlement-runs?limit=200") {
            assert_eq!(run["state"], "done", "{run}");
        }
        for path in [
            "/v1/matches?state=suspected",
            "/v1/matches?state=confirmed",
            "/v1/public-lists",
            "/v1/budgets",
        ] {
            assert!(there(path) > 0, "{path} in {county}");
        }
        let recoveries = demo.items(&finance, "/v1/recoveries?state=notified");
        let [recovery] = recoveries.as_slice() else {
            panic!("{recoveries:?} in {county}");
        };
        assert_eq!(recovery["reason"], "death");
        assert_eq!(recovery["recovered_fen"], 10_000);
        let (_, books) = demo.call("GET", "/v1/ledger-balances", Some(&finance), &Value::Null);
        assert_eq!(books["debit_fen"], books["credit_fen"]);
        let accounts = books["accounts"].as_array().unwrap();
        let balances = accounts
            .iter()
            .map(|one| one["balance_fen"].as_i64().unwrap());
        assert_eq!(balances.sum::<i64>(), 0, "{books}");
    }
    waiting.sort_unstable();
    waiting.dedup();
    assert_eq!(waiting, ["checked", "draft", "released", "submitted"]);
    // What waits to be checked is flagged.
    let finance = demo.sign_in("finance.990102");
    let submitted = demo.items(&finance, "/v1/payment-batches?state=submitted");
    let flags = submitted.iter().flat_map(|batch| {
        let id = batch["id"].as_str().unwrap();
        demo.items(&finance, &format!("/v1/payment-batches/{id}/flags"))
    });
    assert!(
        flags
            .into_iter()
            .any(|flag| flag["kind"] == "same_account" && flag["cleared_at"].is_null())
    );
    // One payment came back, and was paid again with the next month's.
    let finance = demo.sign_in("finance.990121");
    let failed = demo.items(&finance, "/v1/payments?state=failed");
    let [failed] = failed.as_slice() else {
        panic!("{failed:?}");
    };
    let path = format!(
        "/v1/payments?state=paid&resident_id={}&limit=200",
        failed["resident_id"].as_str().unwrap()
    );
    let again = demo.items(&finance, &path);
    assert!(again.iter().any(|one| one["retry_of"] == failed["id"]));
}

/// What is delivered, and in which states a county has it.
const DELIVERED: [(&str, &[&str]); 11] = [
    ("/v1/job-seekers?state=", &["open", "closed"]),
    (
        "/v1/job-referrals?state=",
        &[
            "referred",
            "interviewed",
            "offered",
            "accepted",
            "declined",
            "rejected",
            "withdrawn",
        ],
    ),
    (
        "/v1/placements?state=",
        &["entered", "returned", "verified", "left"],
    ),
    ("/v1/retention-checks?state=", &["due", "done", "cancelled"]),
    ("/v1/job-fairs?kind=", &["job_fair", "assistance_month"]),
    (
        "/v1/public-venues?state=",
        &["listed", "remedied", "accepted", "cancelled"],
    ),
    ("/v1/rehabilitation-plans?state=", &["active"]),
    ("/v1/device-allocations?state=", &["delivered"]),
    ("/v1/stocktakes?state=", &["approved"]),
    ("/v1/elderly-renovations?limit=", &["1"]),
    (
        "/v1/follow-ups?kind=renovation_visit&state=",
        &["open", "done"],
    ),
];

const RENOVATIONS: [&str; 12] = [
    "surveyed",
    "assessed",
    "designed",
    "consented",
    "contracted",
    "under_construction",
    "finished",
    "rework",
    "accepted",
    "settlement_proposed",
    "settled",
    "cancelled",
];

fn services_are_delivered(demo: &Demo) {
    let mut homes = Vec::new();
    for county in COUNTIES {
        let office = demo.sign_in(&format!("county.{county}"));
        let is_there = |path: &str| !demo.items(&office, path).is_empty();
        for (path, values) in DELIVERED {
            for value in values {
                assert!(
                    is_there(&format!("{path}{value}")),
                    "no {path}{value} in {county}"
                );
            }
        }
        for state in RENOVATIONS {
            if is_there(&format!("/v1/renovation-projects?state={state}")) {
                homes.push(state);
            }
        }
        let open = demo.items(&office, "/v1/disability-homes");
        let sheets = open.iter().flat_map(|home| {
            let id = home["id"].as_str().unwrap();
            demo.items(&office, &format!("/v1/disability-homes/{id}/pay-sheets"))
        });
        let mut states: Vec<_> = sheets.map(|one| one["state"].to_string()).collect();
        states.sort_unstable();
        assert_eq!(states, ["\"confirmed\"", "\"discarded\"", "\"made\""]);
    }
    // As far as a county has people for it, and in the city as a whole all the way.
    homes.sort_unstable();
    homes.dedup();
    assert_eq!(homes.len(), RENOVATIONS.len(), "{homes:?}");
}

/// In every county petitions and applications for legal aid stand in every state, some of them late.
fn was_heard(demo: &Demo) {
    for county in COUNTIES {
        let approver = demo.sign_in(&format!("approver.{county}"));
        let states = [
            "received",
            "transferred",
            "accepted",
            "not_accepted",
            "decided",
            "review_asked",
            "reviewed",
            "rereview_asked",
            "final",
            "closed",
            "withdrawn",
        ];
        let petitions = states.map(|state| format!("/v1/petitions?state={state}"));
        let states = [
            "applied",
            "granted",
            "refused",
            "assigned",
            "closed",
            "objected",
            "upheld",
            "withdrawn",
        ];
        let aided = states.map(|state| format!("/v1/legal-aid-applications?state={state}"));
        let late = ["petitions", "legal-aid-applications"]
            .map(|what| format!("/v1/{what}?overdue=true"))
            .into_iter()
            .chain(["/v1/petitions?late=true".to_owned()]);
        for path in petitions.into_iter().chain(aided).chain(late) {
            assert!(
                !demo.items(&approver, &path).is_empty(),
                "no {path} in {county}"
            );
        }
    }
}

fn is_the_fictional_city(demo: &Demo) {
    was_paid(demo);
    services_are_delivered(demo);
    was_heard(demo);
    // Whoever is named in the table can sign in.
    let named: Vec<_> = demo
        .printed
        .lines()
        .skip_while(|line| !line.contains(PASSWORD))
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| word.contains('.') || word.ends_with("admin"))
        .collect();
    assert_eq!(named.len(), 13, "{}", demo.printed);
    for username in named {
        demo.sign_in(username);
    }
    // In every county something waits at every step, and the approver may approve.
    for county in COUNTIES {
        let approver = demo.sign_in(&format!("approver.{county}"));
        for step in [
            "initial_review",
            "verification",
            "determination",
            "public_notice",
            "approval",
        ] {
            let waiting = demo.items(&approver, &format!("/v1/cases?state=in_review&step={step}"));
            assert!(!waiting.is_empty(), "nothing waits at {step} in {county}");
            if step == "approval" {
                assert!(
                    waiting
                        .iter()
                        .all(|case| case["allowed_actions"].to_string().contains("approve"))
                );
            }
        }
        for state in [
            "draft",
            "returned",
            "rejected",
            "withdrawn",
            "approved",
            "terminated",
            "under_reconsideration",
        ] {
            assert!(
                !demo
                    .items(&approver, &format!("/v1/cases?state={state}"))
                    .is_empty(),
                "no {state} in {county}"
            );
        }
        assert!(
            !demo
                .items(
                    &approver,
                    "/v1/enrollments?state=active&program_code=living_subsidy"
                )
                .is_empty()
        );
        assert!(
            !demo
                .items(
                    &approver,
                    "/v1/enrollments?state=active&program_code=nursing_subsidy"
                )
                .is_empty()
        );
    }
    // What goes between offices stands in every state.
    let worker = demo.sign_in("institution.990121");
    for state in ["offered", "accepted", "declined", "done", "cancelled"] {
        let path = format!("/v1/referrals?direction=incoming&state={state}");
        assert!(
            !demo.items(&worker, &path).is_empty(),
            "no referral is {state}"
        );
    }
    for (county, direction) in [("990121", "outgoing"), ("990122", "incoming")] {
        let caseworker = demo.sign_in(&format!("county.{county}"));
        for state in ["offered", "accepted", "declined"] {
            let path = format!("/v1/transfers?direction={direction}&state={state}");
            assert!(
                !demo.items(&caseworker, &path).is_empty(),
                "no transfer is {state}"
            );
        }
    }
    // Some were registered twice, some live together, and most have an address and an account.
    let county = demo.sign_in("county.990121");
    for state in ["proposed", "approved"] {
        let merges = demo.items(&county, &format!("/v1/resident-merges?state={state}"));
        assert_eq!(merges.len(), 1, "{state}");
    }
    let people = demo.items(&county, "/v1/residents?limit=200");
    let ids = people.iter().map(|one| one["id"].as_str().unwrap());
    let mut together = 0;
    let mut addressed = 0;
    let mut paid = 0;
    for id in ids {
        let path = format!("/v1/residents/{id}");
        let (_, home) = demo.call(
            "GET",
            &format!("{path}/household"),
            Some(&county),
            &Value::Null,
        );
        together += usize::from(home["disabled_count"].as_u64() > Some(1));
        addressed += demo.items(&county, &format!("{path}/addresses")).len();
        paid += demo.items(&county, &format!("{path}/bank-accounts")).len();
    }
    assert!(
        together > 0 && addressed > 100 && paid > 150,
        "{together} {addressed} {paid}"
    );
    let supervisor = demo.sign_in("supervisor.990100");
    let valid = demo.items(
        &supervisor,
        "/v1/residents?certificate_state=valid&limit=200",
    );
    assert_eq!(valid.len(), 200, "most certificates are valid");
    let programs = demo.items(&supervisor, "/v1/programs");
    assert_eq!(programs.len(), 9);
    for program in ["living_subsidy", "nursing_subsidy"] {
        assert_eq!(
            demo.items(&supervisor, &format!("/v1/programs/{program}/versions"))
                .len(),
            2
        );
    }
}

/// Whatever the year did to anybody, a timeline has words for it; and none of it is a look.
fn has_words_for_all_that_was_done(data: &Path) {
    #[derive(QueryableByName)]
    struct Kind {
        #[diesel(sql_type = Text)]
        action: String,
    }
    let mut files = std::fs::read_dir(data)
        .unwrap()
        .map(|file| file.unwrap().path());
    let database = files
        .find(|file| file.extension().is_some_and(|end| end == "db"))
        .unwrap();
    let mut db = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
    let written = "SELECT DISTINCT action FROM audit_events WHERE done AND resident_id IS NOT NULL";
    let kinds: Vec<Kind> = diesel::sql_query(written).load(&mut db).unwrap();
    assert!(kinds.len() > 10);
    for Kind { action } in kinds {
        assert!(
            label(&action).is_some(),
            "say in inspection/timeline/model.rs what {action} is"
        );
        assert!(!is_look(&action), "{action}");
    }
}

/// What is not a demonstration is refused in one sentence.
fn refuses(folder: &Path, url: &str) {
    let output = huican(folder)
        .args(["demo", "--listen", "127.0.0.1:0", "--database-url", url])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("a database of its own"), "{said}");
}

#[test]
fn the_demonstration_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("city");
    let data = data.to_str().unwrap();
    let first = Demo::start(folder.path(), &["--data", data]);
    is_the_fictional_city(&first);
    let token = first.sign_in("township.990121103");
    let new = json!({"name": "张晓宝", "id_number": "990121199003070010", "division_code": "990121103201"});
    let (status, registered) = first.call("POST", "/v1/residents", Some(&token), &new);
    assert_eq!(status, 201, "{registered}");
    drop(first);
    has_words_for_all_that_was_done(&folder.path().join("city"));

    // Started again, it goes on with its own.
    let again = Demo::start(folder.path(), &["--data", data]);
    let token = again.sign_in("township.990121103");
    let (status, _) = again.call(
        "GET",
        &format!("/v1/residents/{}", registered["id"].as_str().unwrap()),
        Some(&token),
        &Value::Null,
    );
    assert_eq!(status, 200);

    // It does not take an office's database, nor one of somebody else.
    let office = folder.path().join("office.db");
    let office = office.to_str().unwrap();
    assert!(
        huican(folder.path())
            .args(["--database-url", office, "migrate"])
            .status()
            .unwrap()
            .success()
    );
    refuses(folder.path(), office);
}

#[test]
fn the_demonstration_on_postgres() {
    let Some(cluster) = cluster() else { return };
    let database = cluster.clone_of(|_empty| {});
    let folder = tempfile::tempdir().unwrap();
    is_the_fictional_city(&Demo::start(
        folder.path(),
        &["--database-url", database.url()],
    ));

    let foreign = cluster.clone_of(|url| {
        use diesel::connection::SimpleConnection;
        use diesel::{Connection, PgConnection};
        let mut connection = PgConnection::establish(url).unwrap();
        connection
            .batch_execute("CREATE TABLE payroll (id integer)")
            .unwrap();
    });
    refuses(folder.path(), foreign.url());
}
