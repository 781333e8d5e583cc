//! Monthly runs that two processes work at, and whose process is killed, or is away for a while: every
//! month of everybody is found once, and the run, its rows and the books say the same.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use huican::cli::demo::offices::PASSWORD;
use huican::kernel::crypto::hex;
use huican::kernel::given::{Clock, SystemClock};
use serde_json::{Value, json};

use super::{chance, rounds};
use crate::multiplied::city;
use crate::support::served::Served;
use crate::support::{Backend, TestOffice, on_both};

const PEOPLE: usize = 3_000;
/// Longer than a process has for one piece before another may go on.
const AWAY: Duration = Duration::from_mins(3);
const PATIENCE: Duration = Duration::from_mins(5);

#[derive(QueryableByName)]
struct One {
    #[diesel(sql_type = BigInt)]
    one: i64,
}

/// The month that is so many after the one in which all began.
fn month(after: usize) -> String {
    format!("{}-{:02}", 2022 + (6 + after) / 12, (6 + after) % 12 + 1)
}

/// Asks again and again, until there is an answer.
fn eventually<T>(mut asked: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = asked() {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "it takes too long");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .args([name, &process.to_string()])
        .status();
    assert!(sent.unwrap().success(), "{name} {process}");
}

/// Somebody who works at one of the processes.
struct Desk<'a> {
    served: &'a Served,
    token: String,
}

impl<'a> Desk<'a> {
    fn at(served: &'a Served) -> Self {
        let body = json!({"username": "civil.990121", "password": PASSWORD});
        let (status, pair) = served.call("POST", "/v1/sessions", None, &body);
        assert_eq!(status, 201, "{pair}");
        let token = pair["access_token"].as_str().unwrap().to_owned();
        Self { served, token }
    }

    /// Who is told that the office is busy asks again.
    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        eventually(|| {
            let (status, answer) = self.served.call(method, path, Some(&self.token), body);
            (status != 503).then_some((status, answer))
        })
    }

    /// Where a new run is followed.
    fn asks(&self, month: &str) -> String {
        let body = json!({"division_code": "990121000000", "month": month});
        let path = "/v1/entitlement-runs";
        let (status, run) = self.call("POST", path, &body);
        assert_eq!(status, 202, "{run}");
        format!("{path}/{}", run["id"].as_str().unwrap())
    }

    fn sees(&self, path: &str) -> Value {
        let (status, seen) = self.call("GET", path, &Value::Null);
        assert_eq!(status, 200, "{seen}");
        seen
    }

    /// How far a run is, once it is farther than that.
    fn beyond(&self, run: &str, done: i64) -> i64 {
        eventually(|| self.sees(run)["done"].as_i64().filter(|now| *now > done))
    }

    fn waits_for(&self, run: &str) {
        eventually(|| {
            let state = self.sees(run)["state"].clone();
            assert!(state != "failed", "{run}");
            (state == "done").then_some(())
        });
    }
}

impl TestOffice {
    /// A town of people who are paid from July on, and what time it really is.
    async fn town(&self) {
        self.beneficiary().await;
        city::grow(
            &mut self.db(),
            PEOPLE,
            city::Rows::Beneficiaries,
            |_made| {},
        )
        .unwrap();
        self.clock.set(SystemClock.now());
        // As `huican migrate` notes it in a new database.
        let mark = hex(&self.db().keys().blind_index("installation", "keys"));
        self.sql(&format!(
            "INSERT INTO installation VALUES ('keys', '{mark}')"
        ))
        .unwrap();
    }

    /// A process of its own that serves this office.
    fn served(&self, folder: &Path, name: &str) -> Served {
        let mut command = Command::new(env!("CARGO_BIN_EXE_huican"));
        command
            .arg("serve")
            .current_dir(folder)
            .env("HUICAN_DATABASE_URL", self.service_url())
            .env("HUICAN_KEYS", TestOffice::keys_file())
            .env("HUICAN_CHECKPOINTS", format!("{name}.checkpoints"))
            .env("HUICAN_DOCUMENTS", self.archive())
            .env("HUICAN_FICTIONAL_DIVISIONS", "true");
        Served::start(&mut command)
    }

    fn number(&self, sql: &str) -> i64 {
        let query = diesel::sql_query(format!("SELECT CAST({sql} AS BIGINT) AS one"));
        query.get_result::<One>(self.db().conn()).unwrap().one
    }

    fn rows(&self, of: &str) -> i64 {
        self.number(&format!("(SELECT count(*) FROM {of})"))
    }

    /// So many months of everybody are found, each once; and the runs, their rows and the books agree.
    fn paid_once(&self, folder: &Path, months: usize) {
        let people = i64::try_from(PEOPLE).unwrap() + 1;
        let all = people * i64::try_from(months).unwrap();
        assert_eq!(self.rows("entitlements WHERE state <> 'reversed'"), all);
        for none in [
            "(SELECT 1 FROM entitlements WHERE state <> 'reversed' GROUP BY resident_id, program_code, month HAVING count(*) > 1) d",
            "entitlement_runs WHERE state <> 'done' OR done <> total",
            "entitlement_runs r WHERE due_count <> (SELECT count(*) FROM entitlements e WHERE e.run_id = r.id AND e.state = 'due')",
            "entitlement_runs r WHERE due_fen <> (SELECT coalesce(sum(e.amount_fen), 0) FROM entitlements e WHERE e.run_id = r.id AND e.state = 'due')",
            "entitlements e WHERE e.state = 'due' AND NOT EXISTS (SELECT 1 FROM ledger_entries l WHERE l.entitlement_id = e.id AND l.entry = 'due' AND l.amount_fen = e.amount_fen)",
        ] {
            assert_eq!(self.rows(none), 0, "{none}");
        }
        let finished = "audit_events WHERE action = 'entitlement_run.finished'";
        assert_eq!(self.rows(finished), self.rows("entitlement_runs"));
        let due = "entitlements WHERE state = 'due'";
        assert_eq!(self.rows("ledger_entries"), self.rows(due));
        let sum = |of: &str| self.number(&format!("(SELECT sum(amount_fen) FROM {of})"));
        assert_eq!(sum("ledger_entries"), sum(due));
        let verified = Command::new(env!("CARGO_BIN_EXE_huican"))
            .args(["audit", "verify", "--checkpoints", "one.checkpoints"])
            .current_dir(folder)
            .env("HUICAN_DATABASE_URL", self.owner_url())
            .env("HUICAN_KEYS", TestOffice::keys_file())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&verified.stdout);
        assert!(said.contains("is sound"), "{said}{verified:?}");
    }

    /// Every tenth is said to have died in July.
    fn lose_some(&self) {
        let (fresh, id) = match self.backend {
            Backend::Sqlite => ("randomblob(16)", "lower(hex(r.id))"),
            Backend::Postgres => ("gen_random_uuid()", "CAST(r.id AS text)"),
        };
        let sql = format!(
            "INSERT INTO circumstances (id, resident_id, kind, value, valid_from, recorded_at, recorded_by, source)
             SELECT {fresh}, r.id, 'death', '2022-07-15', '2022-07-15', r.updated_at, r.created_by, 'caseworker'
             FROM residents r WHERE {id} LIKE '0190a000%0'"
        );
        self.sql(&sql).unwrap();
    }

    /// They live.
    fn find_them(&self) {
        let sql = "UPDATE circumstances SET superseded_at = recorded_at, superseded_by = recorded_by WHERE kind = 'death'";
        self.sql(sql).unwrap();
    }

    /// Whether nobody is within a transaction that others would have to wait for.
    fn is_at_rest(&self) -> bool {
        let take = match self.backend {
            Backend::Sqlite => "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK",
            Backend::Postgres => {
                "BEGIN; SELECT 1 FROM entitlement_runs FOR UPDATE NOWAIT; ROLLBACK"
            }
        };
        self.sql(take).is_ok()
    }

    /// Halts a process within a run, where it keeps nobody waiting.
    fn halts(&self, process: u32) {
        eventually(|| {
            signal(process, "-STOP");
            let rests = self.is_at_rest();
            if !rests {
                signal(process, "-CONT");
            }
            rests.then_some(())
        });
    }
}

/// Looks at somebody again and again while something happens; how long each look took.
fn looks_at_somebody(desk: &Desk<'_>, stop: &AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        desk.sees(&format!("/v1/residents/{}", city::resident_id(7)));
        took.push(began.elapsed());
        std::thread::park_timeout(Duration::from_millis(20));
    }
    took.sort_unstable();
    took
}

#[expect(clippy::print_stdout, reason = "shown when it is asked for")]
fn tell(took: &[Duration]) {
    println!(
        "{} looks at somebody meanwhile: half within {:?}, the slowest {:?}",
        took.len(),
        took[took.len() / 2],
        took[took.len() - 1]
    );
}

on_both! {
    async fn two_processes_run_two_months(office: &TestOffice) {
        office.town().await;
        office.lose_some();
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| office.served(folder.path(), name));
        let (here, there) = (Desk::at(&one), Desk::at(&other));
        // August pays July as well, where nobody else does.
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let looks = scope.spawn(|| looks_at_somebody(&here, &stop));
            let runs = [here.asks(&month(0)), there.asks(&month(1))];
            for run in &runs {
                here.waits_for(run);
            }
            stop.store(true, Ordering::Relaxed);
            tell(&looks.join().unwrap());
        });
        office.paid_once(folder.path(), 2);
        let lost = i64::try_from(PEOPLE / 10).unwrap();
        assert_eq!(office.rows("entitlements WHERE state = 'held'"), lost);
        assert_eq!(office.number("(SELECT sum(held_count) FROM entitlement_runs)"), lost);

        // What was held becomes due, by whichever of two runs is first.
        office.find_them();
        let runs = [here.asks(&month(1)), there.asks(&month(2))];
        for run in &runs {
            there.waits_for(run);
        }
        office.paid_once(folder.path(), 3);
        assert_eq!(office.rows("entitlements WHERE state = 'held'"), 0);
    }

    async fn the_process_that_runs_a_month_is_killed(office: &TestOffice) {
        office.town().await;
        let folder = tempfile::tempdir().unwrap();
        let mut chance = chance();
        let (mut killed, mut months) = (0, 0);
        while killed < rounds(1) {
            assert!(months < rounds(1) + 10, "runs are over before they can be killed");
            let one = office.served(folder.path(), "one");
            let run = {
                let here = Desk::at(&one);
                let run = here.asks(&month(months));
                here.beyond(&run, 0);
                run
            };
            months += 1;
            std::thread::park_timeout(Duration::from_millis(chance.u64(0..600)));
            one.kill();
            if office.rows("entitlement_runs WHERE state = 'running'") == 0 {
                // It was done with this month already.
                continue;
            }
            killed += 1;
            let other = office.served(folder.path(), "other");
            let there = Desk::at(&other);
            let left = there.sees(&run);
            assert_eq!(left["state"], "running");
            let done = left["done"].as_i64().unwrap();
            // Each was looked at by now, perhaps, and it had only to be said.
            assert!((1..=left["total"].as_i64().unwrap()).contains(&done), "{left}");
            assert_eq!(office.rows("entitlements e JOIN entitlement_runs r ON r.id = e.run_id WHERE r.state = 'running'"), done);
            if rounds(1) == 1 {
                // To another process it is three minutes later.
                office.clock.set(SystemClock.now().plus(AWAY));
                assert_eq!(office.entitle().await, 1);
            }
            there.waits_for(&run);
            office.paid_once(folder.path(), months);
        }
    }

    async fn a_process_that_was_away_adds_nothing(office: &TestOffice) {
        office.town().await;
        let folder = tempfile::tempdir().unwrap();
        let one = office.served(folder.path(), "one");
        let other = office.served(folder.path(), "other");
        let here = Desk::at(&one);
        // The other one has nothing to do with it yet.
        office.halts(other.process());
        let mut months = 0;
        let (run, left) = loop {
            assert!(months < 10, "runs are over before their process can be halted");
            let run = here.asks(&month(months));
            months += 1;
            here.beyond(&run, 0);
            office.halts(one.process());
            let left = office.number("(SELECT coalesce(max(done), 0) FROM entitlement_runs WHERE state = 'running')");
            // Enough is left for somebody else to be at it.
            if (1..PEOPLE / 2).contains(&usize::try_from(left).unwrap()) {
                break (run, left);
            }
            signal(one.process(), "-CONT");
            here.waits_for(&run);
        };
        signal(other.process(), "-CONT");
        // It comes back while somebody else is at it.
        let (mut db, away) = (office.db(), one.process());
        let comes_back = std::thread::spawn(move || {
            let now = eventually(|| {
                let done = "SELECT CAST(coalesce(max(done), 0) AS BIGINT) AS one FROM entitlement_runs WHERE attempts > 1";
                let now = diesel::sql_query(done).get_result::<One>(db.conn()).unwrap().one;
                (now > left).then_some(now)
            });
            signal(away, "-CONT");
            now
        });
        office.clock.set(SystemClock.now().plus(AWAY));
        assert_eq!(office.entitle().await, 1);
        let now = comes_back.join().unwrap();
        let total = here.sees(&run)["total"].as_i64().unwrap();
        assert!(now < total, "it came back too late: {now} of {total}");
        assert_eq!(here.sees(&run)["state"], "done");
        // It is over it when it has done something else.
        other.kill();
        here.waits_for(&here.asks(&month(months)));
        office.paid_once(folder.path(), months + 1);
    }
}
