//! On SQLite: what waits together shares a commit, beside a transaction for each on one connection.

use std::future::Future;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use huican::access::acts;
use huican::casework::calendar;
use huican::casework::cases::{self, Desk, NewCase, NewTransition};
use huican::cli::demo::residents::permit_of;
use huican::db::{DatabaseUrl, Db, Size, Store};
use huican::http::IfMatch;
use huican::kernel::crypto::Keys;
use huican::kernel::error::Result;
use huican::kernel::given::{Given, SystemClock};
use huican::kernel::id::{CaseId, ResidentId};
use huican::registry::residents;
use huican::server::SERVICES;
use serde_json::Map;

use crate::city::{City, case_id, resident_id};
use crate::measures::{Bench, open};
use crate::report::{Budget, Finding, median};
use crate::{Outcome, Problem};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Read,
    Create,
    Approve,
}

/// Units of one kind, each used once.
struct Units {
    work: Work,
    desk: Arc<Desk>,
    counties: Vec<String>,
    /// The next that is unused.
    next: usize,
    version: i32,
}

impl Units {
    fn resident(n: usize) -> Result<ResidentId, Problem> {
        Ok(resident_id(n).parse()?)
    }

    fn county(&self, n: usize) -> String {
        self.counties
            .get(n % self.counties.len())
            .cloned()
            .unwrap_or_default()
    }
}

pub fn measure(bench: &Bench, url: &str, keys: &Path, city: &City) -> Outcome<Vec<Finding>> {
    let database: DatabaseUrl = url.parse()?;
    let given = Given::new(Arc::new(SystemClock));
    let size = Size {
        readers: NonZeroUsize::new(4).ok_or("four")?,
        writers: NonZeroUsize::MIN,
    };
    let store = Store::open(&database, size, &given, &Arc::new(Keys::read(keys)?))?;
    let mut db = open(url, keys)?;
    let desk = Arc::new(Desk::new(SERVICES, calendar::service::load(&mut db)?));
    let permit = permit_of::<acts::CaseRead>(&mut db, "supervisor.990100")?;
    let last: CaseId = case_id(3 * (city.residents - 1)).parse()?;
    let looked = cases::service::view(&mut db, &permit, last)?;
    let version = db.write(|tx| tx.keep(looked))?.case.version;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut findings = Vec::new();
    for (work, name, budgets) in [
        (Work::Read, "read one resident", vec![(16, 2.0)]),
        (
            Work::Create,
            "create a case",
            vec![(1, 0.95), (16, 2.5), (64, 3.0)],
        ),
        (
            Work::Approve,
            "approve a case",
            vec![(1, 0.95), (16, 2.5), (64, 3.0)],
        ),
    ] {
        let mut units = Units {
            work,
            desk: Arc::clone(&desk),
            counties: city.counties.clone(),
            next: 0,
            version,
        };
        let runs = 2 * bench.rounds * budgets.len();
        let each = if work == Work::Read {
            2_000
        } else {
            (city.residents / runs).min(1_000)
        };
        for (waiting, budget) in budgets {
            let mut pairs = Vec::new();
            for round in 0..bench.rounds {
                let mut ours = 0.0;
                let mut limit = 0.0;
                for turn in 0..2 {
                    if (round + turn) % 2 == 0 {
                        ours = together(&runtime, &store, &mut db, &mut units, each, waiting)?;
                    } else {
                        limit = alone(&mut db, &mut units, each)?;
                    }
                }
                pairs.push((ours, limit));
            }
            let ratios: Vec<_> = pairs.iter().map(|(ours, limit)| ours / limit).collect();
            let of =
                |pick: fn(&(f64, f64)) -> f64| median(&pairs.iter().map(pick).collect::<Vec<_>>());
            let figures = format!(
                "{:.0}/s beside {:.0}/s",
                of(|pair| pair.0),
                of(|pair| pair.1)
            );
            findings.push(Finding::of(
                (bench.residents, "SQLite"),
                &format!("{name}, {waiting} at once"),
                "a transaction each",
                ratios,
                Budget::AtLeast(budget),
                figures,
            ));
        }
    }
    Ok(findings)
}

fn rate(count: usize, since: Instant) -> Outcome<f64> {
    Ok(f64::from(u32::try_from(count)?) / since.elapsed().as_secs_f64())
}

macro_rules! permit {
    ($act:ident, $db:expr, $units:expr, $role:literal, $n:expr) => {
        permit_of::<acts::$act>($db, &format!("{}.{}", $role, $units.county($n)))
    };
}

/// One connection, a transaction for each.
fn alone(db: &mut Db, units: &mut Units, count: usize) -> Outcome<f64> {
    let numbers = units.take(count);
    let desk = Arc::clone(&units.desk);
    let reader = permit_of::<acts::ResidentRead>(db, "supervisor.990100")?;
    let since = Instant::now();
    for n in numbers {
        match units.work {
            Work::Read => {
                let id = Units::resident(n)?;
                db.write(|tx| {
                    let at = residents::service::as_of(tx, None, None);
                    let looked = residents::service::view(tx, &reader, id, at)?;
                    tx.keep(looked)
                })?;
            }
            Work::Create => {
                let permit = permit!(CaseFile, db, units, "county", n)?;
                let new = new_case(n)?;
                db.write(|tx| cases::service::create(tx, &permit, &desk, new))?;
            }
            Work::Approve => {
                let permit = permit!(CaseAct, db, units, "approver", n)?;
                let id: CaseId = case_id(3 * n).parse()?;
                let (seen, approval) = (IfMatch::seen(units.version), approval()?);
                db.write(|tx| cases::service::act(tx, &permit, &desk, id, seen, approval))?;
            }
        }
    }
    rate(count, since)
}

/// So many at once, through the store.
fn together(
    runtime: &tokio::runtime::Runtime,
    store: &Store,
    db: &mut Db,
    units: &mut Units,
    count: usize,
    waiting: usize,
) -> Outcome<f64> {
    let numbers: Vec<_> = units.take(count).collect();
    let reader = permit_of::<acts::ResidentRead>(db, "supervisor.990100")?;
    let shares: Vec<Vec<usize>> = (0..waiting)
        .map(|place| {
            numbers
                .iter()
                .copied()
                .skip(place)
                .step_by(waiting)
                .collect()
        })
        .collect();
    let since = Instant::now();
    let local = tokio::task::LocalSet::new();
    let (work, version) = (units.work, units.version);
    let tasks: Vec<_> = shares
        .into_iter()
        .map(|share| {
            let (store, desk, reader) = (store.clone(), Arc::clone(&units.desk), reader.clone());
            let counties = units.counties.clone();
            local.spawn_local(async move {
                for n in share {
                    let county = counties
                        .get(n % counties.len())
                        .cloned()
                        .unwrap_or_default();
                    one(&store, &desk, &reader, work, version, &county, n).await?;
                }
                Ok::<_, Problem>(())
            })
        })
        .collect();
    local.block_on(runtime, async {
        for task in tasks {
            task.await??;
        }
        Ok::<_, Problem>(())
    })?;
    rate(count, since)
}

fn one<'a>(
    store: &'a Store,
    desk: &Arc<Desk>,
    reader: &huican::access::Permit<acts::ResidentRead>,
    work: Work,
    version: i32,
    county: &str,
    n: usize,
) -> impl Future<Output = Outcome<()>> + 'a {
    let (desk, reader, county) = (Arc::clone(desk), reader.clone(), county.to_owned());
    async move {
        let reach = reader.reach();
        match work {
            Work::Read => {
                let id = Units::resident(n)?;
                store
                    .look(reach, move |db| {
                        let at = residents::service::as_of(db, None, None);
                        residents::service::view(db, &reader, id, at)
                    })
                    .await?;
            }
            Work::Create => {
                let new = new_case(n)?;
                store
                    .write(reach, move |tx| {
                        let permit = permit_of::<acts::CaseFile>(tx, &format!("county.{county}"))?;
                        cases::service::create(tx, &permit, &desk, new)
                    })
                    .await?;
            }
            Work::Approve => {
                let id: CaseId = case_id(3 * n).parse()?;
                let approval = approval()?;
                store
                    .write(reach, move |tx| {
                        let permit = permit_of::<acts::CaseAct>(tx, &format!("approver.{county}"))?;
                        cases::service::act(
                            tx,
                            &permit,
                            &desk,
                            id,
                            IfMatch::seen(version),
                            approval,
                        )
                    })
                    .await?;
            }
        }
        Ok(())
    }
}

fn new_case(n: usize) -> Outcome<NewCase> {
    Ok(NewCase {
        resident_id: Units::resident(n)?,
        program_code: "nursing_subsidy".to_owned(),
        details: Map::new(),
    })
}

fn approval() -> Outcome<NewTransition> {
    Ok(serde_json::from_value(
        serde_json::json!({"action": "approve"}),
    )?)
}

impl Units {
    fn take(&mut self, count: usize) -> std::ops::Range<usize> {
        // Looking does not use anything up.
        let from = if self.work == Work::Read {
            0
        } else {
            self.next
        };
        self.next = from + count;
        from..from + count
    }
}
