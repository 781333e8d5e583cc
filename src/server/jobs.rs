//! What happens without anybody asking.

use std::sync::Arc;
use std::time::Duration;

use super::Office;
use crate::casework::{cases, documents, supplements, tasks};
use crate::db::{Db, Reach, Recorded, Store, Tx};
use crate::http::idempotency;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::RequestId;
use crate::outreach::need_scores::service as need_scores;
use crate::outreach::visits::service as visits;
use crate::programs::simulations::service::{self as simulations, Claimed};
use crate::subsidies::runs::service as runs;

const INTERVAL: Duration = Duration::from_secs(10);

/// Works for good, and rests in between; the log says when it could not.
async fn every(rest: Duration, missed: &'static str, work: impl AsyncFn() -> Result<usize>) {
    loop {
        if let Err(error) = work().await {
            tracing::error!(%error, "{missed}");
        }
        actix_web::rt::time::sleep(rest).await;
    }
}

/// Takes what waits, if nobody else did.
type Claim<W, C> = fn(&mut Tx<'_>, RequestId, W) -> Result<Recorded<Option<C>>>;

/// Does what waits, one after another; how many. One that another process took first is left to it.
async fn each<W, C>(
    store: &Store,
    reach: Reach,
    waiting: fn(&mut Db) -> Result<Option<W>>,
    claim: Claim<W, C>,
    work: impl AsyncFn(C, RequestId) -> Result<()>,
) -> Result<usize>
where
    W: Send + 'static,
    C: Send + 'static,
{
    let mut done = 0;
    while let Some(next) = store.read(reach.clone(), waiting).await? {
        let request: RequestId = store.given().new_id();
        let claimed = store
            .write(reach.clone(), move |tx| claim(tx, request, next))
            .await;
        match claimed {
            Ok(Some(claimed)) => work(claimed, request).await?,
            Ok(None) => {}
            Err(error) if error.code() == Code::IfMatchStale => continue,
            Err(error) => return Err(error),
        }
        done += 1;
    }
    Ok(done)
}

/// What was begun here and is another's by now, or was cancelled, is no failure.
fn unless_taken(outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.code() == Code::IfMatchStale => Ok(()),
        outcome => outcome,
    }
}

pub(super) async fn tick(office: Office) {
    every(INTERVAL, "the jobs could not run", async || {
        run_due(&office).await
    })
    .await;
}

/// How long an entry of the record may wait for its seal.
const SEAL_INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn seal(office: Office) {
    every(
        SEAL_INTERVAL,
        "the record could not be sealed",
        async || seal_due(&office).await,
    )
    .await;
}

/// How often contents are looked for that no document has.
const SWEEP_INTERVAL: Duration = Duration::from_hours(6);

pub(super) async fn sweep(office: Office) {
    every(
        SWEEP_INTERVAL,
        "the documents could not be swept",
        async || sweep_due(&office).await,
    )
    .await;
}

/// Removes contents that no document has; how many.
pub async fn sweep_due(office: &Office) -> Result<usize> {
    documents::service::sweep(office.store(), &office.archive, Reach::EVERYTHING).await
}

/// Seals the entries that are new, with the keys that are in use by now; how many.
pub async fn seal_due(office: &Office) -> Result<usize> {
    office.store().keys().refresh();
    office.sealer.run_due(office.store()).await
}

/// Does what is due by now; how many public notices ended. Several processes may do this at once: each public
/// notice ends once, for its place in the case's history is unique.
pub async fn run_due(office: &Office) -> Result<usize> {
    let store = office.store();
    if store
        .read(Reach::EVERYTHING, idempotency::forgettable)
        .await?
    {
        let request: RequestId = store.given().new_id();
        store
            .write(Reach::EVERYTHING, move |tx| {
                idempotency::forget(tx, request)
            })
            .await?;
    }
    let mut done = 0;
    while store
        .read(Reach::EVERYTHING, cases::service::notice_waits)
        .await?
    {
        let request: RequestId = store.given().new_id();
        let desk = office.desk().clone();
        match store
            .write(Reach::EVERYTHING, move |tx| {
                cases::service::close_notice(tx, &desk, request)
            })
            .await
        {
            Ok(()) => done += 1,
            // Another process was first.
            Err(error) if matches!(error.code(), Code::IfMatchStale | Code::CaseNotFound) => {}
            Err(error) => return Err(error),
        }
    }
    lapse(office).await?;
    pass_on(office).await?;
    remind(office).await?;
    end_visits(office).await?;
    Ok(done)
}

/// Cancels planned visits to whoever has died or left the county.
async fn end_visits(office: &Office) -> Result<()> {
    let store = office.store();
    while store
        .read(Reach::EVERYTHING, visits::pointless_waits)
        .await?
    {
        let request: RequestId = store.given().new_id();
        let ended = store
            .write(Reach::EVERYTHING, move |tx| {
                visits::end_pointless(tx, request)
            })
            .await;
        match ended {
            Ok(()) => {}
            // Somebody went, or another process was first.
            Err(error) if matches!(error.code(), Code::IfMatchStale | Code::VisitNotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// How long an assessment of need waits to be taken.
const ASSESSMENT_INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn assess(office: Office) {
    every(
        ASSESSMENT_INTERVAL,
        "an assessment of need could not go on",
        async || assess_due(&office).await,
    )
    .await;
}

/// Does the assessments of need that wait; how many.
pub async fn assess_due(office: &Office) -> Result<usize> {
    let store = office.store();
    let work = async |claimed, request| unless_taken(assess_all(store, claimed, request).await);
    each(
        store,
        Reach::EVERYTHING,
        need_scores::waiting,
        need_scores::claim,
        work,
    )
    .await
}

/// Piece by piece, so that others write in between; who scores what is found by readers.
async fn assess_all(
    store: &Store,
    claimed: need_scores::Claimed,
    request: RequestId,
) -> Result<()> {
    let claimed = Arc::new(claimed);
    let mut reached = claimed.reached;
    loop {
        let run = Arc::clone(&claimed);
        let found = store
            .read(Reach::EVERYTHING, move |db| {
                need_scores::next_piece(db, &run, reached, request)
            })
            .await?;
        let run = Arc::clone(&claimed);
        let Some(piece) = found else {
            return store
                .write(Reach::EVERYTHING, move |tx| {
                    need_scores::finish(tx, request, &run)
                })
                .await;
        };
        reached = Some(piece.reached);
        store
            .write(Reach::EVERYTHING, move |tx| {
                need_scores::keep(tx, request, &run, &piece)
            })
            .await?;
    }
}

/// How long a simulation waits to be taken.
const SIMULATION_INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn simulate(office: Office) {
    every(
        SIMULATION_INTERVAL,
        "a simulation could not run",
        async || simulate_due(&office).await,
    )
    .await;
}

/// Runs the simulations that wait; how many.
pub async fn simulate_due(office: &Office) -> Result<usize> {
    let store = office.store();
    let work = async |claimed, request| run(store, claimed, request).await;
    each(
        store,
        Reach::NOTHING,
        simulations::waiting,
        simulations::claim,
        work,
    )
    .await
}

/// County by county, so that no look at the database takes long.
async fn run(store: &Store, claimed: Claimed, request: RequestId) -> Result<()> {
    let claimed = Arc::new(claimed);
    let mut counties = Vec::new();
    for division in claimed.counties.iter().copied() {
        let asked = Arc::clone(&claimed);
        let county = store
            .read(Reach::EVERYTHING, move |db| {
                simulations::county(db, &asked, division, request)
            })
            .await?;
        counties.push(county);
        let (asked, done) = (Arc::clone(&claimed), counties.len());
        store
            .write(Reach::NOTHING, move |tx| {
                simulations::note(tx, request, &asked, done)
            })
            .await?;
    }
    store
        .write(Reach::NOTHING, move |tx| {
            simulations::finish(tx, request, &claimed, &counties)
        })
        .await
}

/// Sends back what was not supplemented in time.
async fn lapse(office: &Office) -> Result<()> {
    let store = office.store();
    while store
        .read(Reach::EVERYTHING, supplements::service::lapse_waits)
        .await?
    {
        let request: RequestId = store.given().new_id();
        let desk = office.desk().clone();
        let lapsed = store
            .write(Reach::EVERYTHING, move |tx| {
                supplements::service::lapse(tx, &desk, request)
            })
            .await;
        match lapsed {
            Ok(()) => {}
            // It was answered, or another process was first.
            Err(error)
                if matches!(
                    error.code(),
                    Code::IfMatchStale | Code::SupplementEnded | Code::SupplementNotFound
                ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Passes on what waits with somebody who is related.
async fn pass_on(office: &Office) -> Result<()> {
    let store = office.store();
    while store
        .read(Reach::EVERYTHING, tasks::service::tied_waits)
        .await?
    {
        let request: RequestId = store.given().new_id();
        let passed = store
            .write(Reach::EVERYTHING, move |tx| {
                tasks::service::pass_on_tied(tx, request)
            })
            .await;
        match passed {
            Ok(()) => {}
            // It was done, or another process was first.
            Err(error) if matches!(error.code(), Code::IfMatchStale | Code::TaskNotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Points out what comes near its due date or is past it.
async fn remind(office: &Office) -> Result<()> {
    let store = office.store();
    loop {
        let desk = office.desk().clone();
        let waits = move |db: &mut Db| tasks::service::reminder_waits(db, &desk);
        if !store.read(Reach::EVERYTHING, waits).await? {
            return Ok(());
        }
        let request: RequestId = store.given().new_id();
        let desk = office.desk().clone();
        store
            .write(Reach::EVERYTHING, move |tx| {
                tasks::service::remind(tx, &desk, request)
            })
            .await?;
    }
}

/// How long a monthly run waits to be taken.
const RUN_INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn entitle(office: Office) {
    every(RUN_INTERVAL, "a monthly run could not go on", async || {
        entitle_due(&office).await
    })
    .await;
}

/// Does the monthly runs that wait; how many.
pub async fn entitle_due(office: &Office) -> Result<usize> {
    let store = office.store();
    let work = async |claimed, request| unless_taken(entitle_all(store, claimed, request).await);
    each(store, Reach::EVERYTHING, runs::waiting, runs::claim, work).await
}

/// How often a piece is looked at anew because somebody else was first.
const MOST_ANEW: usize = 3;

/// Piece by piece, so that others write in between; what is found is found by readers.
async fn entitle_all(store: &Store, claimed: runs::Claimed, request: RequestId) -> Result<()> {
    let claimed = Arc::new(claimed);
    let (mut reached, mut anew) = (claimed.reached, 0);
    loop {
        let run = Arc::clone(&claimed);
        let found = store
            .read(Reach::EVERYTHING, move |db| {
                runs::next_piece(db, &run, reached, request)
            })
            .await?;
        let run = Arc::clone(&claimed);
        let Some(piece) = found else {
            return store
                .write(Reach::EVERYTHING, move |tx| runs::finish(tx, request, &run))
                .await;
        };
        let next = piece.reached;
        let kept = store
            .write(Reach::EVERYTHING, move |tx| {
                runs::keep(tx, request, &run, piece)
            })
            .await;
        match kept {
            Ok(()) => (reached, anew) = (Some(next), 0),
            // Another run, or a payment, was first at one of these months.
            Err(error)
                if anew < MOST_ANEW
                    && matches!(
                        error.code(),
                        Code::EntitledAlready | Code::EntitlementInPayment
                    ) =>
            {
                anew += 1;
            }
            Err(error) => return Err(error),
        }
    }
}
