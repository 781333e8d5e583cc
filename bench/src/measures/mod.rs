//! The measurements, one function a row of the budgets.

mod growth;
mod reads;
mod runs;
mod seals;
mod simulations;
mod writes;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use huican::db::{DatabaseUrl, Db};
use huican::kernel::crypto::Keys;
use huican::kernel::given::{Given, SystemClock};

use crate::city::{City, Rows, resident_id};
use crate::cluster::Cluster;
use crate::load::{Asking, Client, Measured, Request};
use crate::report::{Budget, Finding, median};
use crate::server::{Server, program};
use crate::{Outcome, city, load, machine};

const PASSWORD: &str = "huican-demo-2022";
const DATABASE: &str = "huican_bench";
const LOGIN: &str = "huican_bench_service";

pub struct Bench {
    pub folder: PathBuf,
    pub residents: usize,
    pub rounds: usize,
    pub clients: usize,
}

/// A database with a city in it, and its keys.
struct Place {
    url: String,
    keys: PathBuf,
    city: City,
}

pub fn open(url: &str, keys: &Path) -> Outcome<Db> {
    let url: DatabaseUrl = url.parse()?;
    let keys = Arc::new(Keys::read(keys)?);
    Ok(url.connect(&Given::new(Arc::new(SystemClock)), &keys)?)
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many rows there are of what stands after FROM.
fn count(db: &mut Db, of: &str) -> Outcome<i64> {
    let query = diesel::sql_query(format!("SELECT count(*) AS count FROM {of}"));
    Ok(query.get_result::<Counted>(db.conn())?.count)
}

/// The database on PostgreSQL that is kept between runs.
fn template(rows: Rows) -> &'static str {
    match rows {
        Rows::Beneficiaries => "huican_bench_beneficiaries",
        Rows::People | Rows::Everything => "huican_bench_template",
    }
}

/// The database that is measured, as what is kept: what was approved or paid cannot be again.
fn fresh_on_postgres(cluster: &Cluster, rows: Rows) -> Outcome<()> {
    let mut admin = cluster.connect("postgres")?;
    admin.batch_execute(&format!("DROP DATABASE IF EXISTS {DATABASE}"))?;
    let kept = template(rows);
    admin.batch_execute(&format!(
        "CREATE DATABASE {DATABASE} TEMPLATE {kept} STRATEGY file_copy"
    ))?;
    Ok(())
}

/// Lets the demonstration make its city, and stops it when it serves.
fn demonstrate(folder: &Path, url: Option<&str>) -> Outcome<()> {
    let mut command = Command::new(program()?);
    command
        .args(["demo", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder);
    if let Some(url) = url {
        command.env("HUICAN_DATABASE_URL", url);
    }
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let lines = std::io::BufReader::new(child.stdout.take().ok_or("no output")?);
    let ready = std::io::BufRead::lines(lines)
        .map_while(Result::ok)
        .any(|line| line.contains("Ctrl-C ends it"));
    child.kill()?;
    child.wait()?;
    if ready {
        Ok(())
    } else {
        Err("the demonstration did not start".into())
    }
}

impl Bench {
    fn place(&self, url: String, folder: &Path, rows: Rows) -> Outcome<Place> {
        let keys = folder.join("huican-demo.keys");
        let mut db = open(&url, &keys)?;
        let city = city::grow(&mut db, self.residents, rows, |made| {
            eprint!("\r  {made} of {} residents", self.residents);
        })?;
        Ok(Place { url, keys, city })
    }

    fn signed_in(&self, address: &str, users: &[String]) -> Outcome<Vec<Client>> {
        (0..self.clients)
            .map(|number| {
                let user = users.get(number % users.len()).ok_or("no user")?;
                Client::signed_in(address, user, PASSWORD)
            })
            .collect()
    }

    /// How often each client asks in one round.
    fn times(&self) -> usize {
        (self.residents / (self.clients * 16)).clamp(20, 2_000)
    }

    // ── PostgreSQL ──────────────────────────────────────────────

    fn cluster(&self) -> Outcome<Cluster> {
        Cluster::start(&PathBuf::from(format!(
            "/tmp/huican-bench-{}",
            self.residents
        )))
    }

    /// The city on PostgreSQL that is kept between runs.
    fn kept_on_postgres(&self, cluster: &Cluster, rows: Rows) -> Outcome<Place> {
        let name = match rows {
            Rows::Beneficiaries => "postgres-beneficiaries",
            Rows::People | Rows::Everything => "postgres",
        };
        let folder = self.folder.join(format!("{name}-{}", self.residents));
        std::fs::create_dir_all(&folder)?;
        let kept = template(rows);
        let url = cluster.url("postgres", kept);
        let mut admin = cluster.connect("postgres")?;
        let role = format!(
            "DO $$ BEGIN CREATE ROLE {LOGIN} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        );
        admin.batch_execute(&role)?;
        if cluster.connect(kept).is_err() {
            admin.batch_execute(&format!("CREATE DATABASE {kept}"))?;
            demonstrate(&folder, Some(&url))?;
        }
        let place = self.place(url, &folder, rows)?;
        admin.batch_execute(&format!("GRANT huican_service TO {LOGIN}"))?;
        Ok(place)
    }

    pub fn postgres(&self) -> Outcome<Vec<Finding>> {
        let cluster = self.cluster()?;
        let kept = self.kept_on_postgres(&cluster, Rows::Everything)?;
        fresh_on_postgres(&cluster, Rows::Everything)?;
        let url = cluster.url("postgres", DATABASE);
        let place = Place { url, ..kept };
        let sealed = seals::seal_all(&mut open(&place.url, &place.keys)?)?;
        let server = Server::start(&cluster.url(LOGIN, DATABASE), &place.keys)?;
        let mut findings = vec![self.start("PostgreSQL", &server)];
        let (read, reads) = self.read_on_postgres(&cluster, &server, &place)?;
        findings.extend(read);
        findings.extend(self.list_on_postgres(&cluster, &server, &place)?);
        findings.extend(self.writes_on_postgres(&cluster, &server, &place)?);
        findings.push(self.memory("PostgreSQL", &server));
        drop(server);
        let mut db = open(&place.url, &place.keys)?;
        findings.extend(self.seals("PostgreSQL", &mut db, 250_000.0, sealed, reads)?);
        drop(db);
        let mut admin = cluster.connect("postgres")?;
        admin.batch_execute(&format!("DROP DATABASE {DATABASE}"))?;
        Ok(findings)
    }

    fn at(&self, database: &'static str) -> (usize, &'static str) {
        (self.residents, database)
    }

    fn start(&self, database: &'static str, server: &Server) -> Finding {
        let seconds = server.start.as_secs_f64();
        let figures = format!("{:.0} ms", seconds * 1000.0);
        let budget = Budget::AtMost(1.0);
        Finding::of(
            self.at(database),
            "start until ready",
            "0.5 s",
            vec![seconds / 0.5],
            budget,
            figures,
        )
    }

    fn memory(&self, database: &'static str, server: &Server) -> Finding {
        let (now, highest) = machine::memory_of(server.pid());
        let figures = format!("{now:.0} MiB, at most {highest:.0} MiB");
        let budget = Budget::AtMost(1.0);
        Finding::of(
            self.at(database),
            "memory after all this",
            "96 MiB",
            vec![highest / 96.0],
            budget,
            figures,
        )
    }

    fn cpu<'a>(&self, cluster: &'a Cluster, server: &'a Server) -> impl Fn() -> (f64, f64) + 'a {
        let postmaster = cluster.postmaster().unwrap_or_default();
        move || {
            (
                machine::cpu_of(server.pid()),
                machine::cpu_of_family(postmaster),
            )
        }
    }

    /// Runs both in turn, round by round, each first in every other round.
    fn rounds(
        &self,
        mut ours: impl FnMut(usize) -> Outcome<Measured>,
        mut limit: impl FnMut(usize) -> Outcome<Measured>,
    ) -> Outcome<Vec<(Measured, Measured)>> {
        (0..self.rounds)
            .map(|round| {
                if round % 2 == 0 {
                    let first = ours(round)?;
                    Ok((first, limit(round)?))
                } else {
                    let first = limit(round)?;
                    Ok((ours(round)?, first))
                }
            })
            .collect()
    }

    // ── SQLite ──────────────────────────────────────────────────

    /// The city on SQLite that is kept between runs.
    fn kept_on_sqlite(&self, rows: Rows) -> Outcome<Place> {
        let folder = match rows {
            Rows::Everything => format!("sqlite-{}", self.residents),
            Rows::People => format!("people-{}", self.residents),
            Rows::Beneficiaries => format!("beneficiaries-{}", self.residents),
        };
        let folder = self.folder.join(folder);
        let file = folder.join("huican-demo.db");
        if !file.exists() {
            std::fs::create_dir_all(&folder)?;
            demonstrate(&folder, None)?;
        }
        self.place(file.display().to_string(), &folder, rows)
    }

    /// The database that is measured, as what is kept: what was approved or paid cannot be again.
    fn fresh_on_sqlite(&self, kept: &str) -> Outcome<String> {
        let copy = self.folder.join("bench.db");
        for ending in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{ending}", copy.display())));
        }
        std::fs::copy(kept, &copy)?;
        Ok(copy.display().to_string())
    }

    pub fn sqlite(&self) -> Outcome<Vec<Finding>> {
        let kept = self.kept_on_sqlite(Rows::Everything)?;
        let url = self.fresh_on_sqlite(&kept.url)?;
        let place = Place { url, ..kept };
        let sealed = seals::seal_all(&mut open(&place.url, &place.keys)?)?;
        let mut findings = Vec::new();
        let reads = {
            let server = Server::start(&place.url, &place.keys)?;
            findings.push(self.start("SQLite", &server));
            findings.push(self.deep_page("SQLite", &server)?);
            let users = vec!["supervisor.990100".to_owned()];
            let asking: &Asking<'_> = &|client, time| {
                let n = (client * 7919 + time * 104_729) % place.city.residents;
                Request::get(format!("/v1/residents/{}", resident_id(n)))
            };
            let cpu = || (machine::cpu_of(server.pid()), 0.0);
            let read = load::run(
                self.signed_in(&server.address, &users)?,
                self.times(),
                200,
                asking,
                cpu,
            )?;
            findings.push(self.memory("SQLite", &server));
            read.rate
        };
        findings.extend(crate::sqlite::measure(
            self,
            &place.url,
            &place.keys,
            &place.city,
        )?);
        let mut db = open(&place.url, &place.keys)?;
        findings.extend(self.seals("SQLite", &mut db, 500_000.0, sealed, reads)?);
        Ok(findings)
    }
}

fn rates(pairs: &[(Measured, Measured)]) -> Vec<f64> {
    pairs
        .iter()
        .map(|(ours, limit)| ours.rate / limit.rate)
        .collect()
}

fn said(pairs: &[(Measured, Measured)]) -> String {
    let of = |pick: fn(&(Measured, Measured)) -> f64| {
        median(&pairs.iter().map(pick).collect::<Vec<_>>())
    };
    format!(
        "{:.0}/s beside {:.0}/s; p50 {:.2} ms, p99 {:.2} ms; CPU {:.3} + {:.3} ms beside {:.3} + {:.3} ms",
        of(|(ours, _)| ours.rate),
        of(|(_, limit)| limit.rate),
        of(|(ours, _)| ours.median_ms),
        of(|(ours, _)| ours.p99_ms),
        of(|(ours, _)| ours.server_cpu_ms),
        of(|(ours, _)| ours.database_cpu_ms),
        of(|(_, limit)| limit.server_cpu_ms),
        of(|(_, limit)| limit.database_cpu_ms),
    )
}
