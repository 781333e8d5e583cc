//! Asking for a simulation, running it county by county, and whom it would touch.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{
    CountyResult, Fare, Known, MonthResult, NewSimulation, Simulation, SimulationResult,
    SimulationState, Touched, YearResult,
};
use super::store;
use super::tally::{Room, Side, Tally, compare};
use super::timeline::{Moment, Timeline};
use crate::access::users::{self, UserState};
use crate::access::{Act, Permit, acts, divisions, sessions};
use crate::audit::{Event, Origin};
use crate::db::types::to_json;
use crate::db::{Db, Looked, Recorded, Tx};
use crate::kernel::crypto::sha256;
use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{ProgramVersionId, RequestId, SimulationId};
use crate::kernel::money::Fen;
use crate::kernel::month::Month;
use crate::kernel::time::Timestamp;
use crate::programs::drafts::service as drafts;
use crate::programs::model::{DraftState, ProgramVersion};
use crate::programs::rules::{self, Compiled, Tables};
use crate::programs::service::{self, Offers};
use crate::registry::facts::{self, AsOf};
use crate::registry::residents::{self, Mark};
use crate::registry::{Resident, roll};

pub use super::store::waiting;

/// Queues a simulation; whichever process is free computes it.
pub fn ask(
    tx: &mut Tx<'_>,
    permit: &Permit<acts::ProgramDraft>,
    code: &str,
    asked: &NewSimulation,
) -> Result<Recorded<Simulation>> {
    let draft = drafts::get(tx, code, asked.draft_id)?;
    if draft.state == DraftState::Discarded {
        return Err(Code::ProgramDraftDecided.into());
    }
    let division = asked.division_code.unwrap_or(draft.terms.division_code);
    if !permit.scope().sees(division) || !draft.terms.division_code.contains(division) {
        return Err(Code::DivisionNotFound.into());
    }
    let (from_month, to_month) = asked.months().map_err(|wrong| Error::fields(vec![wrong]))?;
    let counties = counties(tx, division)?.len();
    let simulation = Simulation {
        id: tx.new_id(),
        program_code: draft.program_code,
        draft_id: draft.id,
        draft_revision: draft.revision,
        division_code: division,
        from_month,
        to_month,
        known: asked.known,
        rules: draft.terms.rules,
        state: SimulationState::Queued,
        done: 0,
        total: i32::try_from(counties).map_err(Error::internal)?,
        requested_by: permit.actor().user,
        requested_at: tx.now(),
        finished_at: None,
        digest: None,
        result: None,
    };
    store::insert(tx, &simulation)?;
    let event = event(permit.origin(), "simulation.requested", &simulation)
        .change("draft_id", simulation.draft_id)
        .change("months", [from_month, to_month]);
    tx.record(event, simulation)
}

fn event(origin: &Origin, action: &'static str, simulation: &Simulation) -> Event {
    Event::new(origin, action)
        .on(&simulation.id)
        .within(simulation.division_code)
        .change("program_code", &simulation.program_code)
}

/// The counties of a division, or itself where it lies in one.
fn counties(db: &mut Db, division: DivisionCode) -> Result<Vec<DivisionCode>> {
    let all = divisions::service::all(db)?;
    let mut within: Vec<_> = all
        .values()
        .filter(|one| one.level == DivisionLevel::County && division.contains(one.code))
        .map(|one| one.code)
        .collect();
    within.sort_unstable();
    if within.is_empty() {
        within.push(division);
    }
    Ok(within)
}

pub fn get<A: Act>(
    db: &mut Db,
    permit: &Permit<A>,
    code: &str,
    id: SimulationId,
) -> Result<Simulation> {
    store::find(db, id)?
        .filter(|one| one.program_code == code && permit.scope().sees(one.division_code))
        .ok_or_else(|| Code::SimulationNotFound.into())
}

/// Of a program, in sight, newest first.
pub fn page(
    db: &mut Db,
    permit: &Permit<acts::ProgramDraft>,
    code: &str,
    after: Option<SimulationId>,
    count: i64,
) -> Result<Vec<Simulation>> {
    service::find(db, code)?;
    store::page(db, permit.scope(), code, after, count)
}

/// A simulation that this process has taken.
#[derive(Debug)]
pub struct Claimed {
    pub simulation: Simulation,
    pub counties: Vec<DivisionCode>,
    attempt: i32,
    username: String,
}

/// Takes a waiting simulation; nothing where it was tried too often, or whoever asked has no account any
/// more, which ends it.
pub fn claim(
    tx: &mut Tx<'_>,
    request: RequestId,
    (id, attempts): (SimulationId, i32),
) -> Result<Recorded<Option<Claimed>>> {
    let may_be_tried = store::claim(tx, id, attempts)?;
    let simulation = store::find(tx, id)?.ok_or(Code::SimulationNotFound)?;
    let origin = Origin::system(request);
    let user = users::service::get(tx, simulation.requested_by)?;
    if !may_be_tried || user.state != UserState::Active {
        store::finish(tx, id, attempts + 1, None)?;
        return tx.record(
            event(&origin, "simulation.failed", &simulation).failed(),
            None,
        );
    }
    let event = event(&origin, "simulation.started", &simulation).change("attempt", attempts + 1);
    let claimed = Claimed {
        counties: counties(tx, simulation.division_code)?,
        simulation,
        attempt: attempts + 1,
        username: user.username,
    };
    tx.record(event, Some(claimed))
}

/// What one county comes to, month by month.
#[derive(Debug)]
pub struct County {
    division: DivisionCode,
    months: Vec<(Moment, Tally)>,
    versions: Vec<ProgramVersionId>,
}

/// Computes one county, with the rights of whoever asked, as they are now.
pub fn county(
    db: &mut Db,
    claimed: &Claimed,
    division: DivisionCode,
    request: RequestId,
) -> Result<County> {
    let asked = &claimed.simulation;
    let actor = sessions::service::actor_named(db, &claimed.username, request)?;
    let permit = Arc::new(actor).permit::<acts::ProgramDraft>()?;
    let scope = permit.scope_in(Some(division))?;
    let moments = moments(asked);
    let roll = roll::service::read(db, &scope)?;
    let (proposed, _doubts) = rules::read(&asked.rules)
        .map_err(|problems| Error::internal(format!("{}: {problems:?}", asked.id)))?;
    let proposed_tables = Tables::of(&proposed.parameters, division);
    let mut before = BTreeMap::new();
    for moment in &moments {
        let day = moment.month.first_day();
        match service::in_force(db, &asked.program_code, division, day) {
            Ok(version) => drop(before.insert(moment.month, version)),
            Err(error) if error.code() == Code::ProgramNoVersion => {}
            Err(error) => return Err(error),
        }
    }
    let compiled = before
        .iter()
        .map(|(month, version)| Ok((*month, rules::of_version(version)?)))
        .collect::<Result<BTreeMap<_, _>>>()?;
    let tables: BTreeMap<_, _> = compiled
        .iter()
        .map(|(month, rules)| (*month, Tables::of(&rules.parameters, division)))
        .collect();
    let (mut months, mut room) = (Vec::new(), Room::default());
    Timeline::new(roll, moments).walk(|moment, people| {
        let in_force = compiled.get(&moment.month).zip(tables.get(&moment.month));
        let in_force = in_force.map(|(rules, tables)| Side { rules, tables });
        let proposed = Side {
            rules: &proposed,
            tables: &proposed_tables,
        };
        months.push((moment, compare(people, in_force, proposed, &mut room)));
    });
    let mut versions: Vec<_> = before
        .values()
        .map(|version: &ProgramVersion| version.id)
        .collect();
    versions.dedup();
    Ok(County {
        division,
        months,
        versions,
    })
}

/// Each month's first day, as known at its end, or now.
fn moments(asked: &Simulation) -> Vec<Moment> {
    let known_at = |month: Month| match asked.known {
        Known::Now => asked.requested_at,
        Known::Then => Timestamp::start_of(month.next().first_day()).min(asked.requested_at),
    };
    std::iter::successors(Some(asked.from_month), |month| Some(month.next()))
        .take_while(|month| *month <= asked.to_month)
        .map(|month| Moment {
            month,
            known_at: known_at(month),
        })
        .collect()
}

/// Notes that so many counties are done.
pub fn note(
    tx: &mut Tx<'_>,
    request: RequestId,
    claimed: &Claimed,
    done: usize,
) -> Result<Recorded<()>> {
    let done = i32::try_from(done).map_err(Error::internal)?;
    store::progress(tx, claimed.simulation.id, claimed.attempt, done)?;
    let origin = Origin::system(request);
    let event = event(&origin, "simulation.progressed", &claimed.simulation).change("done", done);
    tx.record(event, ())
}

/// Keeps what all counties come to.
pub fn finish(
    tx: &mut Tx<'_>,
    request: RequestId,
    claimed: &Claimed,
    counties: &[County],
) -> Result<Recorded<()>> {
    let asked = &claimed.simulation;
    let draft = drafts::get(tx, &asked.program_code, asked.draft_id)?;
    let result = sum(asked, draft.terms.effective_from, counties);
    let text = to_json(&result)?;
    // The same question of the same knowledge gives the same digest, whoever asks and when.
    let question = to_json(&(
        &asked.program_code,
        asked.division_code,
        [asked.from_month, asked.to_month],
        asked.known,
        &asked.rules,
    ))?;
    let figures: Vec<_> = result
        .months
        .iter()
        .map(|month| (month.month, month.tally))
        .collect();
    let digest =
        sha256(format!("{question}\n{}", to_json(&(figures, &result.counties))?).as_bytes());
    store::finish(tx, asked.id, claimed.attempt, Some((text, digest)))?;
    let origin = Origin::system(request);
    tx.record(event(&origin, "simulation.finished", asked), ())
}

fn sum(asked: &Simulation, from: chrono::NaiveDate, counties: &[County]) -> SimulationResult {
    let plus = |one: Fen, other: Fen| Fen::new(one.get() + other.get());
    let asked_on = Month::of(asked.requested_at.office_date());
    let mut months: BTreeMap<Month, MonthResult> = BTreeMap::new();
    let (mut arrears, mut overpayments) = (Fen::new(0), Fen::new(0));
    let mut by_county = Vec::new();
    for county in counties {
        let mut total = Tally::default();
        for (moment, tally) in &county.months {
            total.add(tally);
            months
                .entry(moment.month)
                .or_insert_with(|| MonthResult {
                    month: moment.month,
                    known_at: moment.known_at,
                    tally: Tally::default(),
                })
                .tally
                .add(tally);
            if moment.month >= Month::of(from) && moment.month < asked_on {
                arrears = plus(arrears, tally.gains_fen);
                overpayments = plus(overpayments, tally.losses_fen);
            }
        }
        by_county.push(CountyResult {
            division_code: county.division,
            versions: county.versions.clone(),
            cost_before_fen: total.cost_before_fen,
            cost_after_fen: total.cost_after_fen,
            gains_fen: total.gains_fen,
            losses_fen: total.losses_fen,
        });
    }
    let mut years: BTreeMap<i32, YearResult> = BTreeMap::new();
    for month in months.values() {
        let year = years
            .entry(month.month.year())
            .or_insert_with(|| YearResult {
                year: month.month.year(),
                cost_before_fen: Fen::new(0),
                cost_after_fen: Fen::new(0),
            });
        year.cost_before_fen = plus(year.cost_before_fen, month.tally.cost_before_fen);
        year.cost_after_fen = plus(year.cost_after_fen, month.tally.cost_after_fen);
    }
    SimulationResult {
        months: months.into_values().collect(),
        years: years.into_values().collect(),
        counties: by_county,
        arrears_fen: arrears,
        overpayments_fen: overpayments,
    }
}

/// Whom to look for among those a simulation touches.
#[derive(Debug)]
pub struct Search {
    pub month: Month,
    pub fare: Fare,
    pub after: Option<Mark>,
    pub count: usize,
}

/// Who would have more or less in a month of the simulation, and from where to go on: found again by the
/// same rules and the same knowledge, which is kept.
pub fn touched(
    db: &mut Db,
    permit: &Permit<acts::ResidentRead>,
    (code, id): (&str, SimulationId),
    search: &Search,
) -> Result<Looked<(Vec<Touched>, Option<Mark>)>> {
    let asked = get(db, permit, code, id)?;
    let moment = moments(&asked)
        .into_iter()
        .find(|moment| moment.month == search.month)
        .ok_or_else(|| {
            Error::parameter(
                "month",
                "simulation.month",
                "not a month of this simulation",
                "不在模拟月份内",
            )
        })?;
    let scope = permit.scope_in(Some(asked.division_code))?;
    let (proposed, _doubts) = rules::read(&asked.rules)
        .map_err(|problems| Error::internal(format!("{}: {problems:?}", asked.id)))?;
    let day = moment.month.first_day();
    let offers = Offers::of(db, code, day)?;
    let at = AsOf {
        valid_at: day,
        known_at: Some(moment.known_at),
    };
    let look = |db: &mut Db, chunk: Vec<Resident>| {
        let ids: Vec<_> = chunk.iter().map(|resident| resident.id).collect();
        let mut snapshots = facts::service::snapshots(db, &ids, at)?;
        let touched = |resident: Resident| {
            let snapshot = snapshots.remove(&resident.id).unwrap_or_default();
            let due = |rules: &Compiled| {
                rules::due(rules, (&resident, &snapshot), day).unwrap_or(Fen::new(0))
            };
            let before = match offers.there(resident.division_code).next() {
                Some((_, version)) => due(&*rules::of_version(version)?),
                None => Fen::new(0),
            };
            let after = due(&proposed);
            let fares = match search.fare {
                Fare::Winner => after > before,
                Fare::Loser => after < before,
            };
            Ok(fares.then_some(Touched {
                resident,
                before,
                after,
            }))
        };
        chunk.into_iter().map(touched).collect()
    };
    let (found, next) = residents::service::walk(db, &scope, search.after, search.count, look)?;
    let ids: Vec<_> = found.iter().map(|one| one.resident.id).collect();
    let event = event(permit.origin(), "simulation.residents_listed", &asked)
        .change("month", search.month)
        .change("kind", search.fare)
        .change("resident_ids", ids);
    db.looked(event, (found, next))
}
