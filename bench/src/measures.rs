//! The measurements, one function a row of the budgets.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use diesel::connection::SimpleConnection;
use huican::db::{DatabaseUrl, Db};
use huican::kernel::crypto::Keys;
use huican::kernel::given::{Given, SystemClock};
use serde_json::json;

use crate::city::{City, case_id, resident_id};
use crate::cluster::Cluster;
use crate::load::{Asking, Client, Measured, Request};
use crate::report::{Budget, Finding, median};
use crate::server::{Server, program};
use crate::{Outcome, city, load, machine, pgbench};

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
    fn place(&self, url: String, folder: &Path) -> Outcome<Place> {
        let keys = folder.join("huican-demo.keys");
        let mut db = open(&url, &keys)?;
        let city = city::grow(&mut db, self.residents)?;
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

    pub fn postgres(&self) -> Outcome<Vec<Finding>> {
        let folder = self.folder.join(format!("postgres-{}", self.residents));
        std::fs::create_dir_all(&folder)?;
        let cluster = Cluster::start(&PathBuf::from(format!(
            "/tmp/huican-bench-{}",
            self.residents
        )))?;
        let mut admin = cluster.connect("postgres")?;
        let url = cluster.url("postgres", DATABASE);
        // What an earlier run approved cannot be approved again.
        let fresh = "DROP DATABASE IF EXISTS huican_bench; ";
        let kept = "CREATE DATABASE huican_bench TEMPLATE huican_bench_template STRATEGY file_copy";
        if cluster.connect("huican_bench_template").is_err() {
            admin.batch_execute("CREATE DATABASE huican_bench_template")?;
            let url = cluster.url("postgres", "huican_bench_template");
            demonstrate(&folder, Some(&url))?;
            self.place(url, &folder)?;
        }
        for sql in fresh
            .split(';')
            .chain([kept])
            .filter(|sql| !sql.trim().is_empty())
        {
            admin.batch_execute(sql)?;
        }
        let place = self.place(url.clone(), &folder)?;
        let role = format!(
            "DO $$ BEGIN CREATE ROLE {LOGIN} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT huican_service TO {LOGIN}"
        );
        admin.batch_execute(&role)?;
        let server = Server::start(&cluster.url(LOGIN, DATABASE), &place.keys)?;
        let mut findings = vec![self.start("PostgreSQL", &server)];
        findings.extend(self.read_on_postgres(&cluster, &server, &place)?);
        findings.extend(self.list_on_postgres(&cluster, &server, &place)?);
        findings.extend(self.writes_on_postgres(&cluster, &server, &place)?);
        findings.push(self.memory("PostgreSQL", &server));
        drop(server);
        let mut db = open(&url, &place.keys)?;
        findings.extend(self.seal("PostgreSQL", &mut db, 250_000.0)?);
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

    fn read_on_postgres(
        &self,
        cluster: &Cluster,
        server: &Server,
        place: &Place,
    ) -> Outcome<Vec<Finding>> {
        let users = vec!["supervisor.990100".to_owned()];
        let known = resident_id(1);
        let mut client = Client::signed_in(&server.address, "supervisor.990100", PASSWORD)?;
        let request = Request::get(format!("/v1/residents/{known}"));
        client.expect(200, &request)?;
        let heard = cluster.overheard(|| client.expect(200, &request).map(drop))?;
        let head = format!("\\set n random(0, {})", self.residents - 1);
        let variables = [
            (known, pgbench::id("8000", ":n")),
            (
                "0190a000-0000-7000-a000-000000000001".to_owned(),
                pgbench::id("a000", ":n"),
            ),
        ];
        let script = pgbench::script(&head, &pgbench::statements(&heard), &variables);
        let file = pgbench::write(&self.folder, "read.sql", &script)?;
        let times = self.times() * 4;
        let asking: &Asking<'_> = &|client, time| {
            let n = (client * 7919 + time * 104_729) % place.city.residents;
            Request::get(format!("/v1/residents/{}", resident_id(n)))
        };
        let pairs = self.rounds(
            |_| {
                load::run(
                    self.signed_in(&server.address, &users)?,
                    times,
                    200,
                    asking,
                    self.cpu(cluster, server),
                )
            },
            |_| pgbench::run(cluster, DATABASE, &file, self.clients, times, 0),
        )?;
        let (work, beside) = (
            "read one resident",
            "pgbench: same selects and audit insert, a transaction each",
        );
        let cpu = |one: &Measured| one.server_cpu_ms + one.database_cpu_ms;
        let cpus: Vec<_> = pairs.iter().map(|(ours, _)| cpu(ours) / 0.2).collect();
        let figures = format!("{:.3} ms", median(&cpus) * 0.2);
        Ok(vec![
            Finding::of(
                self.at("PostgreSQL"),
                work,
                beside,
                rates(&pairs),
                Budget::AtLeast(1.0),
                said(&pairs),
            ),
            Finding::of(
                self.at("PostgreSQL"),
                "CPU of that, server and database",
                "0.2 ms",
                cpus,
                Budget::AtMost(1.0),
                figures,
            ),
        ])
    }

    fn list_on_postgres(
        &self,
        cluster: &Cluster,
        server: &Server,
        place: &Place,
    ) -> Outcome<Vec<Finding>> {
        let county = place.city.counties.first().ok_or("no county")?;
        let users = vec![format!("county.{county}")];
        let path = format!("/v1/cases?state=in_review&division_code={county}&limit=50");
        let request = Request::get(path.clone());
        let mut client = Client::signed_in(&server.address, &format!("county.{county}"), PASSWORD)?;
        client.expect(200, &request)?;
        let heard = cluster.overheard(|| client.expect(200, &request).map(drop))?;
        let mut statements = pgbench::statements(&heard);
        statements.truncate(1);
        let script = pgbench::script("", &statements, &[]);
        let script = script.replace("BEGIN;\n", "").replace("COMMIT;\n", "");
        let file = pgbench::write(&self.folder, "list.sql", &script)?;
        let times = self.times();
        let asking: &Asking<'_> = &|_, _| Request::get(path.clone());
        let pairs = self.rounds(
            |_| {
                load::run(
                    self.signed_in(&server.address, &users)?,
                    times,
                    200,
                    asking,
                    self.cpu(cluster, server),
                )
            },
            |_| pgbench::run(cluster, DATABASE, &file, self.clients, times, 0),
        )?;
        let (work, beside) = ("list 50 cases by county and state", "pgbench: same select");
        let mut findings = vec![Finding::of(
            self.at("PostgreSQL"),
            work,
            beside,
            rates(&pairs),
            Budget::AtLeast(0.35),
            said(&pairs),
        )];
        findings.push(self.deep_page("PostgreSQL", server)?);
        Ok(findings)
    }

    /// The last page of up to 2,000 beside the first, in turn.
    fn deep_page(&self, database: &'static str, server: &Server) -> Outcome<Finding> {
        let mut client = Client::signed_in(&server.address, "supervisor.990100", PASSWORD)?;
        let first = "/v1/cases?state=in_review&limit=50".to_owned();
        let mut deep = first.clone();
        let mut pages = 1;
        while pages < 2_000 {
            let page = client.expect(200, &Request::get(deep.clone()))?;
            let Some(next) = page.get("next").and_then(serde_json::Value::as_str) else {
                break;
            };
            // The last page may be short; the one before is as full as the first.
            let whole = page
                .get("items")
                .and_then(serde_json::Value::as_array)
                .is_some_and(|items| items.len() == 50);
            if !whole {
                break;
            }
            deep = format!("{first}&cursor={next}");
            pages += 1;
        }
        let mut timed = |path: &str| -> Outcome<f64> {
            let start = Instant::now();
            for _ in 0..100 {
                client.expect(200, &Request::get(path.to_owned()))?;
            }
            Ok(start.elapsed().as_secs_f64())
        };
        let mut ratios = Vec::new();
        for _ in 0..self.rounds {
            let one = timed(&first)?;
            ratios.push(timed(&deep)? / one);
        }
        let work = format!("list page {pages} of all cases in review");
        Ok(Finding::of(
            self.at(database),
            &work,
            "its first page",
            ratios,
            Budget::AtMost(1.1),
            String::new(),
        ))
    }

    fn writes_on_postgres(
        &self,
        cluster: &Cluster,
        server: &Server,
        place: &Place,
    ) -> Outcome<Vec<Finding>> {
        let counties = &place.city.counties;
        // The k-th case of each county is used once: the first for being overheard.
        let share = self.clients.div_ceil(counties.len());
        let most = (self.residents / counties.len() - 1) / (2 * self.rounds * share);
        let times = most.min(300);
        let first =
            |round: usize, limit: bool| 1 + (2 * round + usize::from(limit)) * share * times;
        let mut findings = Vec::new();
        for work in [Write::Create, Write::Approve] {
            let script = self.script(cluster, server, counties, work)?;
            let users: Vec<_> = counties
                .iter()
                .map(|county| format!("{}.{county}", work.role()))
                .collect();
            let version = self.version(server)?;
            let pairs = self.rounds(
                |round| {
                    let asking = |client: usize, time: usize| {
                        let k = first(round, false) + client / counties.len() * times + time;
                        work.request(k * counties.len() + client % counties.len(), version)
                    };
                    load::run(
                        self.signed_in(&server.address, &users)?,
                        times,
                        201,
                        &asking,
                        self.cpu(cluster, server),
                    )
                },
                |round| {
                    pgbench::run(
                        cluster,
                        DATABASE,
                        &script,
                        self.clients,
                        times,
                        first(round, true),
                    )
                },
            )?;
            let beside = "pgbench: same statements";
            let cpus = pairs.iter().map(|(ours, limit)| {
                (ours.server_cpu_ms + ours.database_cpu_ms)
                    / (limit.server_cpu_ms + limit.database_cpu_ms)
            });
            let name = format!("CPU: {}", work.name());
            findings.push(Finding::of(
                self.at("PostgreSQL"),
                work.name(),
                beside,
                rates(&pairs),
                Budget::AtLeast(0.6),
                said(&pairs),
            ));
            findings.push(Finding::of(
                self.at("PostgreSQL"),
                &name,
                beside,
                cpus.collect(),
                Budget::AtMost(1.7),
                String::new(),
            ));
        }
        Ok(findings)
    }

    /// Of the cases that wait for their approval: all were copied from one at the same version.
    fn version(&self, server: &Server) -> Outcome<i64> {
        let mut client = Client::signed_in(&server.address, "supervisor.990100", PASSWORD)?;
        let last = case_id(3 * (self.residents - 1));
        let case = client.expect(200, &Request::get(format!("/v1/cases/{last}")))?;
        Ok(case
            .get("version")
            .and_then(serde_json::Value::as_i64)
            .ok_or("no version")?)
    }

    /// A script in which each client works for one county, as its officer was overheard to.
    fn script(
        &self,
        cluster: &Cluster,
        server: &Server,
        counties: &[String],
        work: Write,
    ) -> Outcome<PathBuf> {
        let count = counties.len();
        let mut script = format!(
            "\\set k :k + 1\n\\set county :client_id % {count}\n\\set n (:k - 1 + :client_id / {count} * :each) * {count} + :county\n"
        );
        let version = self.version(server)?;
        for (n, county) in counties.iter().enumerate() {
            let mut client = Client::signed_in(
                &server.address,
                &format!("{}.{county}", work.role()),
                PASSWORD,
            )?;
            let mut made = serde_json::Value::Null;
            let heard = cluster.overheard(|| {
                made = client.expect(201, &work.request(n, version))?;
                Ok(())
            })?;
            let text = |name: &str| {
                made.get(name)
                    .and_then(serde_json::Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let mut variables = vec![
                (resident_id(n), pgbench::id("8000", ":n")),
                (
                    format!("0190a000-0000-7000-a000-{n:012}"),
                    pgbench::id("a000", ":n"),
                ),
                (case_id(3 * n), pgbench::id("9000", "3 * :n")),
            ];
            if matches!(work, Write::Create) {
                variables.push((text("id"), pgbench::id("b000", ":n")));
                variables.push((text("case_number"), "('bench-' || (:n)::text)".to_owned()));
            }
            let statements = pgbench::statements(&heard);
            for fresh in pgbench::fresh_ids(&statements) {
                variables.push((fresh, "gen_random_uuid()".to_owned()));
            }
            script += &format!(
                "\\if :county = {n}\n{}\\endif\n",
                pgbench::script("", &statements, &variables)
            );
        }
        pgbench::write(&self.folder, &format!("{}.sql", work.role()), &script)
    }

    // ── Sealing, on both ────────────────────────────────────────

    fn seal(&self, database: &'static str, db: &mut Db, budget: f64) -> Outcome<Vec<Finding>> {
        use huican::audit::sealing;
        let begun = Instant::now();
        let mut entries = 0.0;
        while let Some(checkpoint) = sealing::next(db)? {
            entries += f64::from(u32::try_from(checkpoint.leaves.len())?);
            db.write(|tx| sealing::seal(tx, checkpoint))?;
        }
        let sealing_rate = entries / begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let verified = sealing::verify(db, 0, |_| true)?;
        if let Some(fault) = verified.fault {
            return Err(fault.to_string().into());
        }
        let all = f64::from(u32::try_from(verified.entries)?);
        let verifying_rate = all / begun.elapsed().as_secs_f64();
        let beside = format!("{budget} entries/s");
        let one = |work: &str, rate: f64, count: f64| {
            let figures = format!("{count} entries, {rate:.0}/s");
            Finding::of(
                self.at(database),
                work,
                &beside,
                vec![rate / budget],
                Budget::AtLeast(1.0),
                figures,
            )
        };
        let mut findings = Vec::new();
        if entries > 1_000.0 {
            findings.push(one("seal the record", sealing_rate, entries));
        }
        findings.push(one("verify the record", verifying_rate, all));
        Ok(findings)
    }

    // ── SQLite ──────────────────────────────────────────────────

    pub fn sqlite(&self) -> Outcome<Vec<Finding>> {
        let folder = self.folder.join(format!("sqlite-{}", self.residents));
        let file = folder.join("huican-demo.db");
        if !file.exists() {
            std::fs::create_dir_all(&folder)?;
            demonstrate(&folder, None)?;
            self.place(file.display().to_string(), &folder)?;
        }
        // What an earlier run approved cannot be approved again.
        let copy = folder.join("bench.db");
        for ending in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{ending}", copy.display())));
        }
        std::fs::copy(&file, &copy)?;
        let place = self.place(copy.display().to_string(), &folder)?;
        let mut findings = Vec::new();
        {
            let server = Server::start(&place.url, &place.keys)?;
            findings.push(self.start("SQLite", &server));
            findings.push(self.deep_page("SQLite", &server)?);
            let users = vec!["supervisor.990100".to_owned()];
            let asking: &Asking<'_> = &|client, time| {
                let n = (client * 7919 + time * 104_729) % place.city.residents;
                Request::get(format!("/v1/residents/{}", resident_id(n)))
            };
            let cpu = || (machine::cpu_of(server.pid()), 0.0);
            load::run(
                self.signed_in(&server.address, &users)?,
                self.times(),
                200,
                asking,
                cpu,
            )?;
            findings.push(self.memory("SQLite", &server));
        }
        findings.extend(crate::sqlite::measure(
            self,
            &place.url,
            &place.keys,
            &place.city,
        )?);
        let mut db = open(&place.url, &place.keys)?;
        findings.extend(self.seal("SQLite", &mut db, 500_000.0)?);
        Ok(findings)
    }
}

#[derive(Debug, Clone, Copy)]
enum Write {
    Create,
    Approve,
}

impl Write {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create a case",
            Self::Approve => "approve a case",
        }
    }

    fn role(self) -> &'static str {
        match self {
            Self::Create => "county",
            Self::Approve => "approver",
        }
    }

    fn request(self, n: usize, version: i64) -> Request {
        match self {
            Self::Create => Request {
                method: "POST",
                path: "/v1/cases".to_owned(),
                version: None,
                body: json!({"resident_id": resident_id(n), "program_code": "nursing_subsidy", "details": {}}),
            },
            Self::Approve => Request {
                method: "POST",
                path: format!("/v1/cases/{}/transitions", case_id(3 * n)),
                version: Some(version),
                body: json!({"action": "approve"}),
            },
        }
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
