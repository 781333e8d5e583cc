//! A month of everybody, as a supervisor has it run, beside one statement that writes the same rows.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use huican::db::{Db, Kind};
use serde_json::{Value, json};

use super::{Bench, LOGIN, PASSWORD, Place, open};
use crate::city::{Rows, resident_id};
use crate::cluster::Cluster;
use crate::load::{Client, Request};
use crate::report::{Budget, Finding, median};
use crate::server::Server;
use crate::{Database, Outcome};

/// The whole city.
const CITY: &str = "990100000000";
/// How often a run is asked how far it is.
const LOOK: Duration = Duration::from_millis(25);
/// Between two reads of somebody who works at the counter.
const PAUSE: Duration = Duration::from_millis(10);
const READS: usize = 500;

/// How long something took.
type Seconds = f64;

#[derive(QueryableByName)]
struct First {
    #[diesel(sql_type = Text)]
    month: String,
}

/// Where each round begins: nobody has been paid yet.
enum Home<'a> {
    Sqlite(&'a Bench),
    Postgres(&'a Cluster),
}

impl Home<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// The database anew, and where the service connects.
    fn fresh(&self, kept: &Place) -> Outcome<String> {
        match self {
            Self::Sqlite(bench) => bench.fresh_on_sqlite(&kept.url),
            Self::Postgres(cluster) => {
                super::fresh_on_postgres(cluster, Rows::Beneficiaries)?;
                Ok(cluster.url(LOGIN, super::DATABASE))
            }
        }
    }
}

impl Bench {
    pub fn runs(&self, database: Database) -> Outcome<Vec<Finding>> {
        match database {
            Database::Sqlite => {
                let kept = self.kept_on_sqlite(Rows::Beneficiaries)?;
                self.run_at(&Home::Sqlite(self), &kept)
            }
            Database::Postgres => {
                let cluster = self.cluster()?;
                let kept = self.kept_on_postgres(&cluster, Rows::Beneficiaries)?;
                self.run_at(&Home::Postgres(&cluster), &kept)
            }
        }
    }

    fn run_at(&self, home: &Home<'_>, kept: &Place) -> Outcome<Vec<Finding>> {
        // The first month in which nearly everybody is paid.
        let first = "SELECT start_month AS month FROM enrollments GROUP BY start_month ORDER BY count(*) DESC LIMIT 1";
        let mut db = open(&kept.url, &kept.keys)?;
        let month = diesel::sql_query(first).get_result::<First>(db.conn())?;
        drop(db);
        let month = month.month;
        let (mut ours, mut limit, mut again) = (Vec::new(), Vec::new(), Vec::new());
        let mut memory = None;
        for round in 0..self.rounds {
            let mut ask = || -> Outcome<i64> {
                let server = Server::start(&home.fresh(kept)?, &kept.keys)?;
                let mut supervisor = supervisor(&server)?;
                let (seconds, run) = run(&mut supervisor, &month)?;
                ours.push(seconds);
                memory = Some(self.memory(home.name(), &server));
                again.push(run_again(&mut supervisor, &month)?);
                Ok(count(&run, "due_count"))
            };
            let mut insert = || -> Outcome<i64> {
                let (seconds, made) = insert_select(&home.fresh(kept)?, &kept.keys, &month)?;
                limit.push(seconds);
                Ok(made)
            };
            let (found, made) = if round % 2 == 0 {
                let found = ask()?;
                (found, insert()?)
            } else {
                let made = insert()?;
                (ask()?, made)
            };
            if found.abs_diff(made) > made.unsigned_abs() / 100 {
                return Err(format!("{found} months are due, and {made} were written").into());
            }
        }
        let ratios = ours.iter().zip(&limit).map(|(ours, limit)| ours / limit);
        let figures = format!(
            "{:.1} s beside {:.1} s; {:.1} s where all was found before",
            median(&ours),
            median(&limit),
            median(&again)
        );
        let mut findings = vec![Finding::of(
            self.at(home.name()),
            "run a month",
            "INSERT … SELECT",
            ratios.collect(),
            Budget::AtMost(3.0),
            figures,
        )];
        findings.extend(memory);
        findings.push(self.reads_meanwhile(home, kept, &month)?);
        Ok(findings)
    }

    /// How long others wait while a month is run.
    fn reads_meanwhile(&self, home: &Home<'_>, kept: &Place, month: &str) -> Outcome<Finding> {
        let server = Server::start(&home.fresh(kept)?, &kept.keys)?;
        let mut reader = Client::signed_in(&server.address, "supervisor.990100", PASSWORD)?;
        let mut read = |time: usize| -> Outcome<f64> {
            let n = (time * 104_729) % self.residents;
            let path = format!("/v1/residents/{}", resident_id(n));
            pause(PAUSE);
            let began = Instant::now();
            reader.expect(200, &Request::get(path))?;
            Ok(began.elapsed().as_secs_f64() * 1000.0)
        };
        let alone = (0..READS).map(&mut read).collect::<Outcome<Vec<_>>>()?;
        let mut supervisor = supervisor(&server)?;
        let asked = ask(&mut supervisor, month)?;
        let mut meanwhile = Vec::new();
        // A look at the run for every few reads.
        while state(&follow(&mut supervisor, &asked)?) != "done" {
            for _ in 0..5 {
                meanwhile.push(read(meanwhile.len())?);
            }
        }
        let slowest = meanwhile.iter().copied().fold(0.0, f64::max);
        let (median_alone, median_meanwhile) = (median(&alone), median(&meanwhile));
        let figures = format!(
            "p50 {median_meanwhile:.2} ms beside {median_alone:.2} ms; the slowest of {} took {slowest:.0} ms",
            meanwhile.len()
        );
        Ok(Finding::of(
            self.at(home.name()),
            "read a resident while a month is run",
            "the same while nothing is run",
            vec![median_meanwhile / median_alone],
            Budget::AtMost(2.0),
            figures,
        ))
    }
}

fn supervisor(server: &Server) -> Outcome<Client> {
    Client::signed_in(&server.address, "supervisor.990100", PASSWORD)
}

fn count(run: &Value, name: &str) -> i64 {
    run.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn state(run: &Value) -> &str {
    run.get("state").and_then(Value::as_str).unwrap_or_default()
}

/// Where a new run is followed.
fn ask(supervisor: &mut Client, month: &str) -> Outcome<String> {
    let run = supervisor.expect(
        202,
        &Request {
            method: "POST",
            path: "/v1/entitlement-runs".to_owned(),
            version: None,
            body: json!({"division_code": CITY, "month": month}),
        },
    )?;
    let id = run.get("id").and_then(Value::as_str);
    Ok(format!("/v1/entitlement-runs/{}", id.ok_or("no id")?))
}

fn follow(supervisor: &mut Client, path: &str) -> Outcome<Value> {
    let run = supervisor.expect(200, &Request::get(path.to_owned()))?;
    match state(&run) {
        "failed" | "cancelled" => Err(format!("it did not end well: {run}").into()),
        _ => Ok(run),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is nothing else to do meanwhile"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// From when a process took it until it was done, and what came of it.
fn run(supervisor: &mut Client, month: &str) -> Outcome<(Seconds, Value)> {
    let path = ask(supervisor, month)?;
    while state(&follow(supervisor, &path)?) == "queued" {
        pause(LOOK);
    }
    let began = Instant::now();
    loop {
        let run = follow(supervisor, &path)?;
        if state(&run) == "done" {
            let (done, total) = (count(&run, "done"), count(&run, "total"));
            if done < total {
                return Err(format!("{done} of {total} were looked at").into());
            }
            return Ok((began.elapsed().as_secs_f64(), run));
        }
        pause(LOOK);
    }
}

/// The same month once more: everybody is looked at, and nothing is new.
fn run_again(supervisor: &mut Client, month: &str) -> Outcome<Seconds> {
    let (seconds, run) = run(supervisor, month)?;
    match count(&run, "due_count") {
        0 => Ok(seconds),
        twice => Err(format!("{twice} months were found twice").into()),
    }
}

/// The same rows without rules, in one statement of the same login; how many.
fn insert_select(url: &str, keys: &Path, month: &str) -> Outcome<(Seconds, i64)> {
    let mut db = open(url, keys)?;
    if db.kind() == Kind::Postgres {
        let whole = "SET statement_timeout = 0; SET huican.reach = '{(,)}'";
        db.conn().batch_execute(whole)?;
    }
    let words = words(&db);
    let a_run = format!(
        "INSERT INTO entitlement_runs (id, division_code, month, state, done, total, due_count, held_count, due_fen, attempts, tries,
            requested_by, requested_at, version)
         SELECT {run}, '{CITY}', '{month}', 'running', 0, 0, 0, 0, 0, 1, 1, u.id, u.created_at, 1
         FROM users u WHERE u.username = 'supervisor.990100'",
        run = words.run
    );
    db.conn().batch_execute(&a_run)?;
    let insert = format!(
        "INSERT INTO entitlements (id, resident_id, enrollment_id, program_code, division_code, month, run_month, run_id, state, amount_fen,
            program_version_id, facts, version, created_at, updated_at)
         SELECT {id}, e.resident_id, e.id, e.program_code, e.division_code, m.month, '{month}', {run}, 'due', e.rate_fen,
            v.id, {facts}, 1, e.created_at, e.created_at
         FROM enrollments e
         JOIN (SELECT DISTINCT start_month AS month FROM enrollments) m ON m.month BETWEEN e.start_month AND '{month}'
         JOIN (SELECT program_code, {some} AS id FROM program_versions GROUP BY program_code) v ON v.program_code = e.program_code
         WHERE e.state = 'active' AND e.last_transition = 1 AND e.id BETWEEN {first} AND {last}
         ORDER BY e.id, m.month",
        id = words.id,
        run = words.run,
        facts = words.facts,
        some = words.some,
        first = words.first,
        last = words.last
    );
    let began = Instant::now();
    db.conn().batch_execute(&insert)?;
    let seconds = began.elapsed().as_secs_f64();
    let made = format!("entitlements WHERE run_id = {}", words.run);
    Ok((seconds, super::count(&mut db, &made)?))
}

struct Words {
    /// Rises from row to row, as ours do: indexes are filled in order.
    id: &'static str,
    run: &'static str,
    facts: &'static str,
    some: &'static str,
    /// Those that were multiplied: the demonstration's own were paid.
    first: &'static str,
    last: &'static str,
}

fn words(db: &Db) -> Words {
    match db.kind() {
        Kind::Sqlite => Words {
            id: "unhex(printf('0190b000000070008000%012d', row_number() OVER (ORDER BY e.id, m.month)))",
            run: "x'0190b000000070009000000000000001'",
            facts: "zeroblob(32)",
            some: "min(id)",
            first: "x'0190a000000000000000000000000000'",
            last: "x'0190a0ffffffffffffffffffffffffff'",
        },
        Kind::Postgres => Words {
            id: "('0190b000-0000-7000-8000-' || lpad((row_number() OVER (ORDER BY e.id, m.month))::text, 12, '0'))::uuid",
            run: "'0190b000-0000-7000-9000-000000000001'::uuid",
            facts: "decode(repeat('00', 32), 'hex')",
            some: "min(id::text)::uuid",
            first: "'0190a000-0000-0000-0000-000000000000'::uuid",
            last: "'0190a0ff-ffff-ffff-ffff-ffffffffffff'::uuid",
        },
    }
}
