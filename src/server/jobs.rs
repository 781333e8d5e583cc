//! What happens without anybody asking.

use std::sync::Arc;
use std::time::Duration;

use super::Office;
use crate::casework::{cases, documents, supplements, tasks};
use crate::db::{Db, Reach, Store};
use crate::http::idempotency;
use crate::kernel::error::{Code, Result};
use crate::kernel::id::RequestId;
use crate::outreach::need_scores::service as need_scores;
use crate::outreach::visits::service as visits;
use crate::programs::simulations::service::{self as simulations, Claimed};
use crate::subsidies::runs::service as runs;

const INTERVAL: Duration = Duration::from_secs(10);

pub(super) async fn tick(office: Office) {
    loop {
        if let Err(error) = run_due(&office).await {
            tracing::error!(%error, "the jobs could not run");
        }
        actix_web::rt::time::sleep(INTERVAL).await;
    }
}

/// How long an entry of the record may wait for its seal.
const SEAL_INTERVAL: Duration = Duration::from_secs(1);

pub(super) async fn seal(office: Office) {
    loop {
        if let Err(error) = seal_due(&office).await {
            tracing::error!(%error, "the record could not be sealed");
        }
        actix_web::rt::time::sleep(SEAL_INTERVAL).await;
    }
}

/// How often contents are looked for that no document has.
const SWEEP_INTERVAL: Duration = Duration::from_hours(6);

pub(super) async fn sweep(office: Office) {
    loop {
        if let Err(error) = sweep_due(&office).await {
            tracing::error!(%error, "the documents could not be swept");
        }
        actix_web::rt::time::sleep(SWEEP_INTERVAL).await;
    }
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
    loop {
        if let Err(error) = assess_due(&office).await {
            tracing::error!(%error, "an assessment of need could not go on");
        }
        actix_web::rt::time::sleep(ASSESSMENT_INTERVAL).await;
    }
}

/// Does the assessments of need that wait; how many. One that another process took first is left to it.
pub async fn assess_due(office: &Office) -> Result<usize> {
    let store = office.store();
    let mut ran = 0;
    while let Some(waiting) = store.read(Reach::EVERYTHING, need_scores::waiting).await? {
        let request: RequestId = store.given().new_id();
        let claimed = store
            .write(Reach::EVERYTHING, move |tx| {
                need_scores::claim(tx, request, waiting)
            })
            .await;
        match claimed {
            Ok(Some(claimed)) => match assess_all(store, claimed, request).await {
                // It is another's by now.
                Err(error) if error.code() == Code::IfMatchStale => {}
                outcome => outcome?,
            },
            Ok(None) => {}
            Err(error) if error.code() == Code::IfMatchStale => continue,
            Err(error) => return Err(error),
        }
        ran += 1;
    }
    Ok(ran)
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
    loop {
        if let Err(error) = simulate_due(&office).await {
            tracing::error!(%error, "a simulation could not run");
        }
        actix_web::rt::time::sleep(SIMULATION_INTERVAL).await;
    }
}

/// Runs the simulations that wait; how many. One that another process took first is left to it.
pub async fn simulate_due(office: &Office) -> Result<usize> {
    let store = office.store();
    let mut ran = 0;
    while let Some(waiting) = store.read(Reach::NOTHING, simulations::waiting).await? {
        let request: RequestId = store.given().new_id();
        let claimed = store
            .write(Reach::NOTHING, move |tx| {
                simulations::claim(tx, request, waiting)
            })
            .await;
        match claimed {
            Ok(Some(claimed)) => run(store, claimed, request).await?,
            Ok(None) => {}
            Err(error) if error.code() == Code::IfMatchStale => continue,
            Err(error) => return Err(error),
        }
        ran += 1;
    }
    Ok(ran)
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
    loop {
        if let Err(error) = entitle_due(&office).await {
            tracing::error!(%error, "a monthly run could not go on");
        }
        actix_web::rt::time::sleep(RUN_INTERVAL).await;
    }
}

/// Does the monthly runs that wait; how many. One that another process took first is left to it.
pub async fn entitle_due(office: &Office) -> Result<usize> {
    let store = office.store();
    let mut ran = 0;
    while let Some(waiting) = store.read(Reach::EVERYTHING, runs::waiting).await? {
        let request: RequestId = store.given().new_id();
        let claimed = store
            .write(Reach::EVERYTHING, move |tx| {
                runs::claim(tx, request, waiting)
            })
            .await;
        match claimed {
            Ok(Some(claimed)) => match entitle_all(store, claimed, request).await {
                // It was cancelled, or is another's by now.
                Err(error) if error.code() == Code::IfMatchStale => {}
                outcome => outcome?,
            },
            Ok(None) => {}
            Err(error) if error.code() == Code::IfMatchStale => continue,
            Err(error) => return Err(error),
        }
        ran += 1;
    }
    Ok(ran)
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
