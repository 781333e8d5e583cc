//! Five programs' next versions against everybody, over the past 24 months, as a supervisor asks for them.

use std::time::{Duration, Instant};

use huican::kernel::given::{Given, SystemClock};
use huican::kernel::month::Month;
use serde_json::{Value, json};

use super::{Bench, PASSWORD};
use crate::Outcome;
use crate::city::Rows;
use crate::load::{Client, Request};
use crate::machine;
use crate::report::{Budget, Finding};
use crate::rules::MEASURED;
use crate::server::Server;

const MONTHS: i32 = 24;
/// Five programs of 24 months, all in all.
const MINUTES: f64 = 5.0;

fn asked(method: &'static str, path: String, body: Value) -> Request {
    Request {
        method,
        path,
        version: None,
        body,
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> Outcome<&'v str> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| format!("no {pointer} in {value}").into())
}

impl Bench {
    /// How long all five take together, beside five minutes.
    pub fn simulations(&self) -> Outcome<Vec<Finding>> {
        let place = self.kept_on_sqlite(Rows::People)?;
        let server = Server::start(&place.url, &place.keys)?;
        let mut supervisor = Client::signed_in(&server.address, "supervisor.990100", PASSWORD)?;
        let given = Given::new(std::sync::Arc::new(SystemClock));
        let to = Month::of(given.now().office_date());
        let from = (1..MONTHS).fold(to, |month, _| month.previous());
        let began = Instant::now();
        let mut figures = Vec::new();
        for code in MEASURED {
            let begun = Instant::now();
            let simulation = ask(&mut supervisor, code, from, to)?;
            let result = finished(&mut supervisor, &simulation)?;
            let people = result.pointer("/result/months/23/residents");
            let people = people.and_then(Value::as_u64).unwrap_or_default();
            if people < u64::try_from(self.residents)? {
                return Err(format!("{code} was asked of {people} people only").into());
            }
            figures.push(format!("{code} {:.0} s", begun.elapsed().as_secs_f64()));
        }
        let seconds = began.elapsed().as_secs_f64();
        let (_, highest) = machine::memory_of(server.pid());
        Ok(vec![Finding::of(
            self.at("SQLite"),
            "5 programs × 24 months, before and after",
            "5 minutes",
            vec![seconds / (MINUTES * 60.0)],
            Budget::AtMost(1.0),
            format!(
                "{seconds:.0} s ({}); at most {highest:.0} MiB",
                figures.join(", ")
            ),
        )])
    }
}

/// Drafts a program's version anew, from the year after next, and asks what it would have come to; where
/// the simulation is.
fn ask(supervisor: &mut Client, code: &str, from: Month, to: Month) -> Outcome<String> {
    let program = format!("/v1/programs/{code}");
    let versions = supervisor.expect(200, &Request::get(format!("{program}/versions")))?;
    let mut terms = versions
        .pointer("/items/0")
        .cloned()
        .ok_or("a program has a version")?;
    if let Some(terms) = terms.as_object_mut() {
        for own in ["id", "program_code", "version"] {
            terms.remove(own);
        }
        terms.insert("effective_from".to_owned(), json!("2099-01-01"));
        terms.insert("effective_to".to_owned(), Value::Null);
    }
    let drafts = asked("POST", format!("{program}/drafts"), terms);
    let draft = supervisor.expect(201, &drafts)?;
    let body = json!({"draft_id": text(&draft, "/id")?, "from_month": from, "to_month": to});
    let simulations = asked("POST", format!("{program}/simulations"), body);
    let simulation = supervisor.expect(202, &simulations)?;
    Ok(format!(
        "{program}/simulations/{}",
        text(&simulation, "/id")?
    ))
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is nothing else to do until it is done"
)]
fn finished(supervisor: &mut Client, path: &str) -> Outcome<Value> {
    loop {
        let now = supervisor.expect(200, &Request::get(path.to_owned()))?;
        match text(&now, "/state")? {
            "done" => return Ok(now),
            "failed" => return Err(format!("{path} failed").into()),
            _ => std::thread::sleep(Duration::from_millis(200)),
        }
    }
}
