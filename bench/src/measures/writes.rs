//! Filing and approving on PostgreSQL.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Bench, DATABASE, PASSWORD, Place, rates, said};
use crate::city::{case_id, resident_id};
use crate::cluster::Cluster;
use crate::load::{Client, Request};
use crate::report::{Budget, Finding};
use crate::server::Server;
use crate::{Outcome, load, pgbench};

#[derive(Debug, Clone, Copy)]
pub(super) enum Write {
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

    pub(super) fn role(self) -> &'static str {
        match self {
            Self::Create => "county",
            Self::Approve => "approver",
        }
    }

    pub(super) fn request(self, n: usize, version: i64) -> Request {
        match self {
            Self::Create => created("nursing_subsidy", json!({}), n),
            Self::Approve => Request {
                method: "POST",
                path: format!("/v1/cases/{}/transitions", case_id(3 * n)),
                version: Some(version),
                body: json!({"action": "approve"}),
            },
        }
    }
}

/// A case of this program for the n-th resident.
pub(super) fn created(program: &str, details: Value, n: usize) -> Request {
    Request {
        method: "POST",
        path: "/v1/cases".to_owned(),
        version: None,
        body: json!({"resident_id": resident_id(n), "program_code": program, "details": details}),
    }
}

impl Bench {
    pub(super) fn writes_on_postgres(
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
            let statements = pgbench::statements(&heard);
            // Its history refers to it.
            let enrollment = pgbench::made(&statements, "enrollments");
            variables.extend(enrollment.map(|id| (id, pgbench::id("b000", ":n"))));
            match work {
                Write::Create => variables.extend([
                    (text("id"), pgbench::id("b000", ":n")),
                    (text("case_number"), "('bench-' || (:n)::text)".to_owned()),
                ]),
                // What the notice is numbered.
                Write::Approve => variables.push((
                    text("case_number") + "-J1",
                    "('bench-' || (:n)::text || '-J1')".to_owned(),
                )),
            }
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
}
