//! The city's residents: the rows of its roster that can be taken over, with most of the expired
//! certificates renewed and the need of care of many assessed.

use std::fs;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use serde_json::json;

use crate::access::{Permit, acts, divisions, sessions};
use crate::audit::{Event, Origin};
use crate::db::{Db, Tx};
use crate::exchange::roster::service::{self as roster, Job};
use crate::http::IfMatch;
use crate::kernel::certificate_number::CertificateNumber;
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{RequestId, ResidentId};
use crate::registry::Registrar;
use crate::registry::facts::service::{certify, state};
use crate::registry::facts::{
    Certificate, CertificateState, CircumstanceKind, NewCertificate, NewCircumstance, Snapshot,
};
use crate::registry::residents::service::{Window, list};
use crate::registry::residents::{Filter, Resident};

const ROSTER: &[u8] = include_bytes!("../../../data/demo/roster.xlsx");

/// The most a page of residents has.
const PAGE: i64 = 200;

pub fn register(db: &mut Db, origin: &Origin) -> Result<()> {
    let file = std::env::temp_dir().join(format!("huican-demo-roster-{}.xlsx", std::process::id()));
    fs::write(&file, ROSTER).map_err(Error::internal)?;
    let job = Job {
        file: &file,
        dry_run: false,
        registrar: Registrar { fictional: true },
        scope: divisions::service::everywhere(db)?,
    };
    let imported = roster::run(db, origin, &job, |_row| Ok(()));
    fs::remove_file(&file).map_err(Error::internal)?;
    imported?;
    for county in counties(db)? {
        renew_and_assess(db, county)?;
    }
    Ok(())
}

pub fn counties(db: &mut Db) -> Result<Vec<DivisionCode>> {
    let mut all: Vec<_> = divisions::service::all(db)?
        .into_values()
        .filter(|division| division.level == DivisionLevel::County)
        .map(|division| division.code)
        .collect();
    all.sort_unstable();
    Ok(all)
}

/// A permit of somebody who works there.
pub fn permit_of<A: crate::access::Act>(db: &mut Db, username: &str) -> Result<Permit<A>> {
    let request: RequestId = db.new_id();
    Arc::new(sessions::service::actor_named(db, username, request)?).permit()
}

/// `county.990121`
pub fn at_county(office: &str, division: DivisionCode) -> String {
    let short: String = division.as_str().chars().take(6).collect();
    format!("{office}.{short}")
}

/// All residents of a county, as its caseworker sees them.
pub fn of_county(tx: &mut Tx<'_>, county: DivisionCode) -> Result<Vec<(Resident, Snapshot)>> {
    let permit = permit_of::<acts::ResidentRead>(tx, &at_county("county", county))?;
    let mut all = Vec::new();
    let mut after: Option<ResidentId> = None;
    loop {
        let window = Window {
            division: None,
            after,
            count: PAGE,
        };
        let listed = list(tx, &permit, &Filter::default(), &window)?;
        let listed = tx.keep(listed)?;
        let Some((last, _)) = listed.value().last() else {
            return Ok(all);
        };
        after = Some(last.id);
        all.extend(listed.value().iter().cloned());
    }
}

fn renew_and_assess(db: &mut Db, county: DivisionCode) -> Result<()> {
    let permit = permit_of::<acts::ResidentWrite>(db, &at_county("county", county))?;
    db.write(|tx| {
        let today = tx.today();
        for ((resident, believed), number) in of_county(tx, county)?.into_iter().zip(0_u64..) {
            let mut version = resident.version;
            let Some(held) = believed.certificate else {
                continue;
            };
            // Nine of ten had theirs renewed, at some time in the months before.
            if held.state_on(today) == CertificateState::Expired && number % 10 != 0 {
                let renewed = renewal(&held, today, number);
                version = certify(tx, &permit, resident.id, IfMatch::seen(version), &renewed)?
                    .value()
                    .version;
            }
            if held.severity_level.is_severe() && number % 3 != 0 {
                let degree = ["full", "substantial", "partial", "partial", "none"];
                let statement = NewCircumstance {
                    kind: CircumstanceKind::CareNeed,
                    value: json!(
                        degree
                            .into_iter()
                            .cycle()
                            .nth(usize::try_from(number / 3 % 5).unwrap_or(0))
                    ),
                    valid_from: None,
                    valid_to: None,
                    source: Some("assessment".to_owned()),
                };
                drop(state(
                    tx,
                    &permit,
                    resident.id,
                    IfMatch::seen(version),
                    &statement,
                )?);
            }
        }
        tx.record(
            Event::new(permit.origin(), "demo.residents_renewed").within(county),
            (),
        )
    })
}

fn renewal(held: &Certificate, today: NaiveDate, number: u64) -> NewCertificate {
    NewCertificate {
        number: reissued(&held.number),
        issued_date: today
            .checked_sub_days(Days::new(number % 300))
            .unwrap_or(today),
        components: held.components.clone(),
        state: None,
        valid_from: None,
    }
}

/// The number with the next reissue's suffix: none, B1, B2 …
fn reissued(number: &CertificateNumber) -> String {
    match number.as_str().split_once('B') {
        None => format!("{}B1", number.as_str()),
        Some((plain, times)) => format!("{plain}B{}", times.parse::<u32>().unwrap_or(0) + 1),
    }
}
