//! One resident, and lists of cases.

use std::time::Instant;

use super::{Bench, DATABASE, PASSWORD, Place, rates, said};
use crate::city::resident_id;
use crate::cluster::Cluster;
use crate::load::{Asking, Client, Measured, Request};
use crate::report::{Budget, Finding, median};
use crate::server::Server;
use crate::{Outcome, load, pgbench};

impl Bench {
    /// With the reads a second that were measured.
    pub(super) fn read_on_postgres(
        &self,
        cluster: &Cluster,
        server: &Server,
        place: &Place,
    ) -> Outcome<(Vec<Finding>, f64)> {
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
        let findings = vec![
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
        ];
        let reads: Vec<_> = pairs.iter().map(|(ours, _)| ours.rate).collect();
        Ok((findings, median(&reads)))
    }

    pub(super) fn list_on_postgres(
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
    pub(super) fn deep_page(&self, database: &'static str, server: &Server) -> Outcome<Finding> {
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
}
